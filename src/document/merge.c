/* SPDX-License-Identifier: Apache-2.0 */

#include "merge.h"

#include <errno.h>
#include <string.h>

#include "classify.h"
#include "text.h"

bool merge_is_key(const struct node *key)
{
	enum scalar_type wanted;
	struct scalar scalar;

	/* Most keys are told apart without a look at their type. */
	if (key->kind != NODE_SCALAR || (!key->tag && (key->n != 2 || key->text[0] != '<')))
		return false;
	return !scalar_classify(key, &scalar, &wanted) && scalar.type == SCALAR_MERGE;
}

static bool is_mapping(const struct node *node)
{
	node = node_resolve(node);
	return node && node->kind == NODE_MAPPING;
}

const struct node *merge_find_bad(const struct node *value)
{
	if (value->kind != NODE_SEQUENCE)
		return is_mapping(value) ? NULL : value;
	for (size_t i = 0; i < value->n; i++) {
		if (!is_mapping(value->items[i]))
			return value->items[i];
	}
	return NULL;
}

/*
 * One entry that a flattened mapping may get. Of entries with the same key the one with the lowest
 * rank stays, at the place of the one that comes first in the text.
 */
struct candidate {
	const struct entry *entry;
	const struct node *key; /* resolved */
	size_t rank;            /* in the order in which keys win */
	size_t order;           /* in the order of the text */
};

struct flattening {
	const char *path;
	struct diag *diag;
	struct candidate *candidates;
	size_t n_candidates;
	size_t n_allocated;
	size_t n_mappings;
	unsigned int depth;
};

static int add_candidate(struct flattening *flattening, const struct entry *entry, size_t order)
{
	struct candidate *grown;
	size_t n = flattening->n_candidates;

	if (n == flattening->n_allocated) {
		size_t n_allocated = n ? n * 2 : 16;

		grown = reallocarray(flattening->candidates, n_allocated, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		flattening->candidates = grown;
		flattening->n_allocated = n_allocated;
	}
	flattening->candidates[flattening->n_candidates++] = (struct candidate){
		.entry = entry,
		.key = node_resolve(entry->key),
		.rank = n,
		.order = order,
	};
	return 0;
}

static int fail(struct flattening *flattening, const struct node *node, const char *reason)
{
	struct place place = node_place(node);

	diag_error(flattening->diag, &place, flattening->path, "%s", reason);
	return NODE_E_INVALID;
}

static int collect(struct flattening *flattening, const struct node *mapping, size_t *orderp);

static int collect_merge(struct flattening *flattening, const struct node *value, size_t *orderp)
{
	const struct node *bad = merge_find_bad(value);
	int r = 0;

	if (bad)
		return fail(flattening, bad, MERGE_BAD_MESSAGE);
	if (flattening->depth >= NODE_DEPTH_MAX)
		return fail(flattening, value, "merges (<<) are nested too deep");
	flattening->depth++;
	if (value->kind != NODE_SEQUENCE)
		r = collect(flattening, value, orderp);
	for (size_t i = 0; value->kind == NODE_SEQUENCE && i < value->n && !r; i++)
		r = collect(flattening, value->items[i], orderp);
	flattening->depth--;
	return r;
}

/* Moves the candidates [first, end) that stand behind order in the text by n. */
static void make_room(struct flattening *flattening, size_t first, size_t end, size_t order,
                      size_t n)
{
	for (size_t i = first; i < end; i++) {
		if (flattening->candidates[i].order >= order)
			flattening->candidates[i].order += n;
	}
}

/*
 * First the keys of the mapping itself, then those that it merges: the order in which keys win.
 * *orderp is the first number in the order of the text, and gets the one behind the mapping.
 */
static int collect(struct flattening *flattening, const struct node *mapping, size_t *orderp)
{
	size_t first = flattening->n_candidates, end, next = *orderp;
	int r = 0;

	mapping = node_resolve(mapping);
	if (++flattening->n_mappings > NODE_EXPANDED_MAX ||
	    flattening->n_candidates + mapping->n > NODE_EXPANDED_MAX)
		return fail(flattening, mapping, "too many keys are merged (<<)");
	for (size_t i = 0; i < mapping->n && !r; i++) {
		if (!merge_is_key(mapping->entries[i].key))
			r = add_candidate(flattening, &mapping->entries[i], *orderp + i);
	}
	end = flattening->n_candidates;
	for (size_t i = 0; i < mapping->n && !r; i++, next++) {
		size_t behind = next;

		if (!merge_is_key(mapping->entries[i].key))
			continue;
		r = collect_merge(flattening, mapping->entries[i].value, &behind);
		make_room(flattening, first, end, next + 1, behind - next);
		next = behind;
	}
	*orderp = next;
	return r;
}

/* Keys that are no scalars are never the same. */
static int compare_keys(const struct candidate *a, const struct candidate *b)
{
	bool a_is_scalar = a->key->kind == NODE_SCALAR, b_is_scalar = b->key->kind == NODE_SCALAR;

	if (a_is_scalar && b_is_scalar)
		return text_compare(a->key->text, a->key->n, b->key->text, b->key->n);
	if (a_is_scalar != b_is_scalar)
		return a_is_scalar ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static int compare_candidates(const void *a_data, const void *b_data)
{
	const struct candidate *a = a_data, *b = b_data;
	int r = compare_keys(a, b);

	return r ? r : (a->rank < b->rank ? -1 : a->rank > b->rank);
}

static int compare_order(const void *a_data, const void *b_data)
{
	const struct candidate *a = a_data, *b = b_data;

	return a->order < b->order ? -1 : a->order > b->order;
}

/* Leaves one candidate for each key, in the order of the text. */
static void choose(struct flattening *flattening)
{
	struct candidate *candidates = flattening->candidates;
	size_t n = 0;

	qsort(candidates, flattening->n_candidates, sizeof(*candidates), compare_candidates);
	for (size_t i = 0; i < flattening->n_candidates; i++) {
		if (!n || compare_keys(&candidates[n - 1], &candidates[i]) != 0)
			candidates[n++] = candidates[i];
		else if (candidates[i].order < candidates[n - 1].order)
			candidates[n - 1].order = candidates[i].order;
	}
	flattening->n_candidates = n;
	qsort(candidates, n, sizeof(*candidates), compare_order);
}

bool merge_has(const struct node *mapping)
{
	for (size_t i = 0; i < mapping->n; i++) {
		if (merge_is_key(mapping->entries[i].key))
			return true;
	}
	return false;
}

static int flatten(struct flattening *flattening, struct arena *arena, const struct node *mapping,
                   const struct entry **entriesp, size_t *n_entriesp)
{
	struct entry *entries;
	size_t order = 0;
	int r = collect(flattening, mapping, &order);

	if (r)
		return r;
	if (flattening->n_candidates)
		choose(flattening);
	entries = arena_alloc_array(arena, flattening->n_candidates, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < flattening->n_candidates; i++)
		entries[i] = *flattening->candidates[i].entry;
	*entriesp = entries;
	*n_entriesp = flattening->n_candidates;
	return 0;
}

int node_flatten(struct arena *arena, const struct node *mapping, const char *path,
                 const struct entry **entriesp, size_t *n_entriesp, struct diag *diag)
{
	struct flattening flattening = { .path = path, .diag = diag };
	int r;

	mapping = node_resolve(mapping);
	if (!merge_has(mapping)) {
		*entriesp = mapping->entries;
		*n_entriesp = mapping->n;
		return 0;
	}
	r = flatten(&flattening, arena, mapping, entriesp, n_entriesp);
	free(flattening.candidates);
	return r;
}
