/* SPDX-License-Identifier: Apache-2.0 */

#include "patch_pieces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "document/splice.h"
#include "model/patch.h"

struct value {
	struct span span;
	size_t index; /* of the profile */
};

struct choice {
	const struct snapshot *before;
	bool *is_named;       /* one for each profile: the patch has its name */
	struct value *places; /* sorted by offset */
	size_t n_places;
};

static void choice_deinit(struct choice *choice)
{
	free(choice->is_named);
	free(choice->places);
}

void pieces_deinit(struct pieces *pieces)
{
	folds_deinit(&pieces->folds);
	free(pieces->indices);
}

static int note_text(struct choice *choice, const struct node *node)
{
	size_t i = snapshot_index(choice->before, node->text);

	if (strncmp(node->text, FOLD_WORD, strlen(FOLD_WORD)) == 0 ||
	    (node->style == NODE_STYLE_PLAIN && node_is_text(node, "<<")))
		return PATCH_E_FULL;
	if (i < choice->before->n_profiles)
		choice->is_named[i] = true;
	return 0;
}

/* Notes the profiles that are named anywhere below node. */
static int note_names(struct choice *choice, const struct node *node)
{
	int r = 0;

	if (node->kind == NODE_ALIAS || node->anchor || node->tag)
		return PATCH_E_FULL;
	if (node->kind == NODE_SCALAR)
		return note_text(choice, node);
	for (size_t i = 0; i < node->n && !r; i++) {
		if (node->kind == NODE_SEQUENCE) {
			r = note_names(choice, node->items[i]);
			continue;
		}
		r = note_names(choice, node->entries[i].key);
		if (!r)
			r = note_names(choice, node->entries[i].value);
	}
	return r;
}

static int compare_places(const void *a, const void *b)
{
	const struct value *left = a, *right = b;

	return left->span.offset < right->span.offset ? -1 : left->span.offset > right->span.offset;
}

static bool are_sorted(const struct choice *choice)
{
	for (size_t i = 1; i < choice->n_places; i++) {
		if (choice->places[i - 1].span.offset > choice->places[i].span.offset)
			return false;
	}
	return true;
}

/* Two names can have one value, by aliases and merge keys. */
static bool do_overlap(const struct choice *choice)
{
	for (size_t i = 1; i < choice->n_places; i++) {
		const struct span *span = &choice->places[i - 1].span;

		if (span_end(span) > choice->places[i].span.offset)
			return true;
	}
	return false;
}

/* All spans, in the order of the text. */
static int find_places(struct choice *choice)
{
	const struct snapshot *before = choice->before;

	choice->places = reallocarray(NULL, before->n_profiles + 1, sizeof(*choice->places));
	if (!choice->places)
		return -ENOMEM;
	for (size_t i = 0; i < before->n_profiles; i++) {
		if (before->spans[i].n)
			choice->places[choice->n_places++] = (struct value){ before->spans[i], i };
	}
	if (!are_sorted(choice))
		qsort(choice->places, choice->n_places, sizeof(*choice->places), compare_places);
	return do_overlap(choice) ? PATCH_E_FULL : 0;
}

/* A text that is compared with what is expected, piece by piece. */
struct cursor {
	const char *at;
	const char *end;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* Over blanks, line breaks and comments. False where there is none. */
static bool skip_separation(struct cursor *cursor)
{
	const char *start = cursor->at;

	while (cursor->at < cursor->end) {
		if (*cursor->at == '#' && cursor->at > start) {
			while (cursor->at < cursor->end && !is_break(*cursor->at))
				cursor->at++;
		} else if (is_blank(*cursor->at) || is_break(*cursor->at)) {
			cursor->at++;
		} else {
			break;
		}
	}
	return cursor->at > start;
}

static bool skip_word(struct cursor *cursor, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(cursor->end - cursor->at) < n || memcmp(cursor->at, word, n) != 0)
		return false;
	cursor->at += n;
	return skip_separation(cursor);
}

/* Whether nothing stands between two values but the beginning of the second one's entry, in block
 * style, so that they and all between can be one piece. */
static bool are_neighbours(const struct choice *choice, const struct value *a,
                           const struct value *b)
{
	const char *text = choice->before->config;
	struct cursor cursor = { text + a->span.offset + a->span.n, text + b->span.offset };

	return skip_separation(&cursor) && skip_word(&cursor, "-") && skip_word(&cursor, "name:") &&
	       skip_word(&cursor, choice->before->profiles[b->index]->name) &&
	       skip_word(&cursor, "value:") && cursor.at == cursor.end;
}

static int add_fold(struct folds *folds)
{
	struct fold *array = array_make_room(folds->folds, folds->n_folds, sizeof(*array));

	if (!array)
		return -ENOMEM;
	folds->folds = array;
	array[folds->n_folds++] = (struct fold){ .first = folds->n_spans };
	return 0;
}

/* The first items stay, for the style; of those behind them what is not named goes. */
static int add_folds(struct pieces *pieces, const struct choice *choice)
{
	struct folds *folds = &pieces->folds;
	const struct value *last = NULL;

	for (size_t i = SPLICE_STYLE_ITEMS; i < choice->n_places; i++) {
		const struct value *place = &choice->places[i];

		if (choice->is_named[place->index]) {
			last = NULL;
			continue;
		}
		if (!last || !are_neighbours(choice, last, place)) {
			int r = add_fold(folds);

			if (r)
				return r;
		}
		folds->spans[folds->n_spans] = place->span;
		pieces->indices[folds->n_spans++] = place->index;
		folds->folds[folds->n_folds - 1].n++;
		last = place;
	}
	return folds->n_folds ? 0 : PATCH_E_FULL;
}

int pieces_choose(struct pieces *pieces, const struct snapshot *before, const struct stream *patch)
{
	_cleanup_(choice_deinit) struct choice choice = { .before = before };
	size_t n = before->n_profiles + 1;
	int r = 0;

	choice.is_named = calloc(n, sizeof(*choice.is_named));
	pieces->indices = reallocarray(NULL, n, sizeof(*pieces->indices));
	pieces->folds.spans = reallocarray(NULL, n, sizeof(*pieces->folds.spans));
	if (!choice.is_named || !pieces->indices || !pieces->folds.spans)
		return -ENOMEM;
	for (size_t i = 0; i < patch->n_documents && !r; i++)
		r = note_names(&choice, patch->documents[i].root);
	if (!r)
		r = find_places(&choice);
	return r ? r : add_folds(pieces, &choice);
}

static const struct node *find_list(const struct stream *reduced)
{
	for (size_t i = 0; i < reduced->n_documents; i++) {
		const struct node *root = reduced->documents[i].root;
		const struct entry *machine, *list;

		if (root->kind != NODE_MAPPING || !document_is_machine_config(root))
			continue;
		machine = node_find_entry(root, "machine");
		list = machine && machine->value->kind == NODE_MAPPING
		               ? node_find_entry(machine->value, "seccompProfiles")
		               : NULL;
		return list && list->value->kind == NODE_SEQUENCE ? list->value : NULL;
	}
	return NULL;
}

bool pieces_are_entries(const struct pieces *pieces, const struct stream *reduced)
{
	const struct node *list = find_list(reduced);
	char text[FOLD_PREFIX_MAX + 32];
	size_t n = 0;

	for (size_t i = 0; list && i < list->n && n < pieces->folds.n_folds; i++) {
		const struct entry *value = NULL;

		snprintf(text, sizeof(text), "%s%zu", pieces->folds.prefix, n);
		if (list->items[i]->kind == NODE_MAPPING)
			value = node_find_entry(list->items[i], "value");
		if (!value || !node_is_text(value->value, text))
			continue;
		if (i < SPLICE_STYLE_ITEMS)
			return false;
		n++;
	}
	return n == pieces->folds.n_folds;
}
