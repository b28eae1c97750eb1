/* SPDX-License-Identifier: Apache-2.0 */

#include "list_index.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "document/canonical_json.h"
#include "document/scalar.h"

#include "draft.h"

void list_index_deinit(struct list_index *index)
{
	text_table_deinit(&index->first);
	free(index->next);
	*index = (struct list_index){ 0 };
}

int list_index_text(struct arena *arena, const struct node *node, const char **textp,
                    size_t *n_textp)
{
	struct scalar scalar;
	int r;

	*textp = NULL;
	node = node_resolve(node);
	if (!node || node->kind != NODE_SCALAR)
		return 0;
	*textp = scalar_is_null(node) ? "" : node->text;
	*n_textp = scalar_is_null(node) ? 0 : node->n;
	if (!node->tag)
		return 0;
	r = scalar_resolve(arena, node, NULL, &scalar, NULL);
	if (r < 0)
		return r;
	if (r == 0 && scalar.type == SCALAR_BINARY) {
		*textp = scalar.text;
		*n_textp = scalar.n_text;
	}
	return 0;
}

int list_index_whole(struct arena *arena, const struct node *entry, const char **textp,
                     size_t *n_textp)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r;

	*textp = NULL;
	entry = node_resolve(entry);
	if (!entry || entry->kind != NODE_MAPPING)
		return 0;
	r = canonical_json_write(entry, NULL, &text, &diag);
	if (r)
		return r < 0 ? r : 0;
	*textp = arena_copy(arena, text.data, text.n_data);
	*n_textp = text.n_data;
	return *textp ? 0 : -ENOMEM;
}

/* The text by which a slot is found; NULL: none. */
static int text_of_slot(const struct list_index *index, struct arena *arena,
                        const struct slot *slot, const char **textp, size_t *n_textp)
{
	if (strcmp(index->key, LIST_INDEX_WHOLE) == 0)
		return list_index_whole(arena, slot->value, textp, n_textp);
	return list_index_text(arena, slot_find(slot, index->key), textp, n_textp);
}

static int index_reserve(struct list_index *index, size_t n)
{
	size_t n_allocated = index->n_allocated ? index->n_allocated : 16;
	size_t *next;

	if (n <= index->n_allocated)
		return 0;
	while (n_allocated < n)
		n_allocated *= 2;
	next = reallocarray(index->next, n_allocated, sizeof(*next));
	if (!next)
		return -ENOMEM;
	index->next = next;
	index->n_allocated = n_allocated;
	return 0;
}

/* Behind the others with the same text: there are seldom any. */
static int index_add(struct list_index *index, size_t at, const char *text, size_t n_text)
{
	size_t last = text_table_find(&index->first, text, n_text);

	if (last == TEXT_TABLE_NONE)
		return text_table_put(&index->first, text, n_text, at, false);
	while (index->next[last] != DRAFT_NONE)
		last = index->next[last];
	index->next[last] = at;
	return 0;
}

int list_index_update(struct draft *draft, struct arena *arena)
{
	struct list_index *index = &draft->list_index;
	int r = index_reserve(index, draft->n);

	for (; r == 0 && index->n_next < draft->n; index->n_next++) {
		const struct slot *slot = &draft->slots[index->n_next];
		const char *text;
		size_t n_text;

		index->next[index->n_next] = DRAFT_NONE;
		r = text_of_slot(index, arena, slot, &text, &n_text);
		if (r == 0 && text)
			r = index_add(index, index->n_next, text, n_text);
	}
	return r;
}

int list_index_open(struct draft *draft, struct arena *arena, const char *key)
{
	struct list_index *index = &draft->list_index;

	if (!index->key || strcmp(index->key, key) != 0) {
		list_index_deinit(index);
		index->key = key;
	}
	return list_index_update(draft, arena);
}

static size_t skip_removed(const struct draft *draft, size_t at)
{
	while (at != DRAFT_NONE && !draft->slots[at].value)
		at = draft->list_index.next[at];
	return at;
}

size_t list_index_first(const struct draft *draft, const char *text, size_t n_text)
{
	size_t at = text_table_find(&draft->list_index.first, text, n_text);

	return skip_removed(draft, at);
}

size_t list_index_next(const struct draft *draft, size_t at)
{
	return skip_removed(draft, draft->list_index.next[at]);
}
