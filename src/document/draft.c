/* SPDX-License-Identifier: Apache-2.0 */

#include "draft.h"

#include <errno.h>
#include <string.h>

#include "document/scalar.h"

#include "merge.h"

#define INDEX_MIN 16 /* slots: below, looking at each is as fast */

static void draft_free(struct draft *draft)
{
	if (!draft)
		return;
	for (size_t i = 0; i < draft->n; i++)
		draft_free(draft->slots[i].draft);
	free(draft->slots);
	text_table_deinit(&draft->index);
	list_index_deinit(&draft->list_index);
	free(draft);
}
DEFINE_CLEANUP(struct draft *, draft_free);

void slot_deinit(struct slot *slot)
{
	draft_free(slot->draft);
	*slot = (struct slot){ 0 };
}

static bool key_text(const struct node *key, const char **textp, size_t *n_textp)
{
	key = node_resolve(key);
	if (!key || key->kind != NODE_SCALAR)
		return false;
	*textp = key->text;
	*n_textp = key->n;
	return true;
}

static bool slot_has_key(const struct slot *slot, const char *text, size_t n_text)
{
	const char *other;
	size_t n_other;

	return slot->value && key_text(slot->key, &other, &n_other) && n_other == n_text &&
	       memcmp(other, text, n_text) == 0 && !merge_is_key(slot->key);
}

/* Small mappings have no index. */
static int index_add(struct draft *draft, size_t at)
{
	const struct slot *slot = &draft->slots[at];
	const char *text;
	size_t n_text;

	if (draft->n < INDEX_MIN || !slot->value || merge_is_key(slot->key) ||
	    !key_text(slot->key, &text, &n_text))
		return 0;
	return text_table_put(&draft->index, text, n_text, at, true);
}

static int index_build(struct draft *draft)
{
	for (size_t i = 0; draft->is_mapping && i < draft->n; i++) {
		int r = index_add(draft, i);

		if (r < 0)
			return r;
	}
	return 0;
}

static int draft_reserve(struct draft *draft, size_t n)
{
	size_t capacity = draft->capacity ? draft->capacity : 8;
	struct slot *slots;

	if (n <= draft->capacity)
		return 0;
	while (capacity < n)
		capacity *= 2;
	slots = reallocarray(draft->slots, capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	draft->slots = slots;
	draft->capacity = capacity;
	return 0;
}

int slot_open(struct slot *slot)
{
	_cleanup_(draft_freep) struct draft *draft = NULL;
	const struct node *node = node_resolve(slot->value);
	int r;

	if (slot->draft)
		return 0;
	if (!node || (node->kind != NODE_SEQUENCE && node->kind != NODE_MAPPING))
		return -EINVAL;
	draft = calloc(1, sizeof(*draft));
	if (!draft)
		return -ENOMEM;
	draft->node = slot->value;
	draft->is_mapping = node->kind == NODE_MAPPING;
	draft->merge_at = DRAFT_NONE;
	r = draft_reserve(draft, node->n);
	if (r < 0)
		return r;
	for (size_t i = 0; i < node->n; i++) {
		if (draft->is_mapping)
			draft->slots[i] = (struct slot){ .key = node->entries[i].key,
				                         .value = node->entries[i].value };
		else
			draft->slots[i] = (struct slot){ .value = node->items[i] };
		if (draft->is_mapping && merge_is_key(draft->slots[i].key))
			draft->merge_at = i;
	}
	draft->n = node->n;
	r = index_build(draft);
	if (r < 0)
		return r;
	slot->draft = steal_ptr(draft);
	return 0;
}

void slot_put(struct slot *slot, const struct node *value)
{
	draft_free(slot->draft);
	slot->draft = NULL;
	slot->value = value;
}

enum node_kind slot_kind(const struct slot *slot)
{
	if (slot->draft)
		return slot->draft->is_mapping ? NODE_MAPPING : NODE_SEQUENCE;
	return node_resolve(slot->value)->kind;
}

bool slot_is_null(const struct slot *slot)
{
	return !slot->draft && scalar_is_null(slot->value);
}

/* The children are closed. */
static bool is_changed(const struct draft *draft)
{
	const struct node *opened = node_resolve(draft->node);

	if (draft->changed)
		return true;
	for (size_t i = 0; i < draft->n; i++) {
		if (draft->slots[i].value !=
		    (draft->is_mapping ? opened->entries[i].value : opened->items[i]))
			return true;
	}
	return false;
}

/* NULL without memory. */
static struct node *build_mapping(const struct draft *draft, struct arena *arena,
                                  const struct node *origin)
{
	_cleanup_(freep) struct entry *entries = calloc(draft->n + 1, sizeof(*entries));
	size_t n = 0;

	if (!entries)
		return NULL;
	for (size_t i = 0; i < draft->n; i++) {
		const struct slot *slot = &draft->slots[i];

		if (slot->value)
			entries[n++] = (struct entry){ slot->key, slot->value };
	}
	return node_new_mapping(arena, origin, entries, n);
}

static struct node *build_sequence(const struct draft *draft, struct arena *arena,
                                   const struct node *origin)
{
	_cleanup_(freep)
		const struct node **items = calloc(draft->n + 1, sizeof(const struct node *));
	size_t n = 0;

	if (!items)
		return NULL;
	for (size_t i = 0; i < draft->n; i++) {
		if (draft->slots[i].value)
			items[n++] = draft->slots[i].value;
	}
	return node_new_sequence(arena, origin, items, n);
}

/* Sets *nodep when the draft differs from what was opened, else leaves it. */
static int draft_build(const struct draft *draft, struct arena *arena, const struct source *source,
                       const struct node **nodep)
{
	const struct node *origin = draft->node->source == source ? draft->node : NULL;
	struct node *built;

	if (!is_changed(draft))
		return 0;
	if (draft->is_mapping)
		built = build_mapping(draft, arena, origin);
	else
		built = build_sequence(draft, arena, origin);
	if (!built)
		return -ENOMEM;
	built->style = node_resolve(draft->node)->style;
	*nodep = built;
	return 0;
}

int slot_close(struct slot *slot, struct arena *arena, const struct source *source)
{
	struct draft *draft = slot->draft;
	int r;

	if (!draft)
		return 0;
	for (size_t i = 0; i < draft->n; i++) {
		r = slot_close(&draft->slots[i], arena, source);
		if (r < 0)
			return r;
	}
	r = draft_build(draft, arena, source, &slot->value);
	if (r < 0)
		return r;
	draft_free(draft);
	slot->draft = NULL;
	return 0;
}

const struct node *slot_find(const struct slot *slot, const char *key)
{
	size_t at;

	if (!slot->draft)
		return node_find(slot->value, key);
	at = draft_find(slot->draft, key, strlen(key));
	return at == DRAFT_NONE ? NULL : slot->draft->slots[at].value;
}

size_t draft_find(const struct draft *draft, const char *text, size_t n_text)
{
	size_t i;

	if (!draft->is_mapping)
		return DRAFT_NONE;
	if (draft->n >= INDEX_MIN) {
		i = text_table_find(&draft->index, text, n_text);
		return i != TEXT_TABLE_NONE && draft->slots[i].value ? i : DRAFT_NONE;
	}
	for (i = 0; i < draft->n; i++) {
		if (slot_has_key(&draft->slots[i], text, n_text))
			return i;
	}
	return DRAFT_NONE;
}

const struct node *draft_find_inherited(const struct draft *draft, const char *text)
{
	const struct slot *slot;
	struct entry entry;
	struct node merge = { .kind = NODE_MAPPING, .n = 1, .entries = &entry };

	if (draft->merge_at == DRAFT_NONE)
		return NULL;
	slot = &draft->slots[draft->merge_at];
	if (!slot->value)
		return NULL;
	entry = (struct entry){ slot->key, slot->value };
	return node_find(&merge, text);
}

int draft_find_own(struct draft *draft, const struct node *key, size_t *atp)
{
	const struct node *inherited;
	const char *text;
	size_t n_text;

	*atp = DRAFT_NONE;
	if (!key_text(key, &text, &n_text))
		return 0;
	*atp = draft_find(draft, text, n_text);
	if (*atp != DRAFT_NONE)
		return 0;
	inherited = draft_find_inherited(draft, text);
	if (!inherited)
		return 0;
	*atp = draft->n;
	return draft_insert(draft, draft->n, key, inherited);
}

int draft_insert(struct draft *draft, size_t at, const struct node *key, const struct node *value)
{
	int r = draft_reserve(draft, draft->n + 1);

	if (r < 0)
		return r;
	memmove(&draft->slots[at + 1], &draft->slots[at], (draft->n - at) * sizeof(*draft->slots));
	draft->slots[at] = (struct slot){ .key = key, .value = value };
	draft->n++;
	draft->changed = true;
	if (!draft->is_mapping)
		return 0;
	if (merge_is_key(key))
		draft->merge_at = at;

	return draft->n == INDEX_MIN ? index_build(draft) : index_add(draft, at);
}

void draft_drop(struct draft *draft, size_t at)
{
	slot_put(&draft->slots[at], NULL);
	draft->changed = true;
}

void draft_remove_item(struct draft *draft, size_t at)
{
	draft_drop(draft, at);

	draft->n--;
	memmove(&draft->slots[at], &draft->slots[at + 1], (draft->n - at) * sizeof(*draft->slots));
}

/* Nodes that are part of a merge have been checked by the reader, so node_flatten() has nothing to
 * say but that memory is short. */
int draft_flatten(struct draft *draft, struct arena *arena)
{
	for (size_t i = 0; i < draft->n; i++) {
		struct slot slot = draft->slots[i];
		struct entry entry = { slot.key, slot.value };
		struct node merge = { .kind = NODE_MAPPING, .n = 1, .entries = &entry };
		const struct entry *entries;
		size_t n_entries;
		int r;

		if (!slot.value || !merge_is_key(slot.key))
			continue;
		r = node_flatten(arena, &merge, NULL, &entries, &n_entries, NULL);
		if (r)
			return r < 0 ? r : -EINVAL;
		draft_drop(draft, i);
		for (size_t j = 0; j < n_entries; j++) {
			const struct node *key = node_resolve(entries[j].key);

			if (draft_find(draft, key->text, key->n) != DRAFT_NONE)
				continue;
			r = draft_insert(draft, draft->n, entries[j].key, entries[j].value);
			if (r < 0)
				return r;
		}
	}
	return 0;
}
