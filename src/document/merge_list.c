/* SPDX-License-Identifier: Apache-2.0 */

/* Lists whose entries have a key: merge_rules.c says which. */

#include "document/scalar.h"

#include "merge_value.h"

struct keyed_list {
	struct merge *merge;
	const struct merge_rule *rule;
	struct draft *draft;
};

/* By the second key, whatever kind of value it has. */
static int find_by_value(const struct keyed_list *list, const struct node *item, size_t *atp)
{
	const char *name = list->rule->keys[1];
	const struct node *key = name ? node_find(item, name) : NULL;

	if (!key || scalar_is_null(key))
		return 0;
	for (size_t i = 0; i < list->draft->n; i++) {
		const struct node *other = slot_find(&list->draft->slots[i], name);

		bool equal = false;
		int r = other ? node_equal(other, key, &equal) : 0;

		if (r < 0)
			return r;
		if (equal) {
			*atp = i;
			return 0;
		}
	}
	return 0;
}

/*
 * Which entry of the list item stands for; DRAFT_NONE: a new one. Of entries with the same key it
 * is the first, or the last where the last is the one that is served.
 */
static int find_item(const struct keyed_list *list, const struct node *item, size_t *atp)
{
	const struct draft *draft = list->draft;
	const char *text;
	size_t n_text;
	int r;

	*atp = DRAFT_NONE;
	r = list_index_text(list->merge->arena, node_find(item, list->rule->keys[0]), &text,
	                    &n_text);
	if (r < 0)
		return r;
	if (!text || n_text == 0)
		return find_by_value(list, item, atp);
	*atp = list_index_first(draft, text, n_text);
	for (size_t at = *atp; list->rule->merge == MERGE_KEYED_LAST && at != DRAFT_NONE;
	     at = list_index_next(draft, at))
		*atp = at;
	return 0;
}

/* Puts the values of item in the place of those of the entry in slot; an equal one keeps its text.
 * What item does not have goes, a merge key too. */
static int replace_entry(struct merge *merge, struct slot *slot, const struct node *item)
{
	const struct entry *entries;
	size_t n_entries;
	int r;

	r = node_flatten(merge->arena, item, NULL, &entries, &n_entries, merge->diag);
	if (r)
		return r;
	r = slot_open(slot);
	if (r < 0)
		return r;
	for (size_t i = 0; i < slot->draft->n; i++) {
		const struct node *key = node_resolve(slot->draft->slots[i].key);

		if (slot->draft->slots[i].value && !node_find(item, key->text))
			draft_drop(slot->draft, i);
	}
	for (size_t i = 0; i < n_entries; i++) {
		const struct node *key = node_resolve(entries[i].key);
		size_t at = draft_find(slot->draft, key->text, key->n);

		if (at == DRAFT_NONE)
			r = draft_insert(slot->draft, slot->draft->n, key, entries[i].value);
		else
			r = merge_replace(merge, &slot->draft->slots[at], entries[i].value);
		if (r < 0)
			return r;
	}
	return 0;
}

static int replace_item(struct merge *merge, struct slot *slot, const struct node *item)
{
	bool equal;
	int r;

	r = slot_close(slot, merge->arena, merge->source);
	if (r < 0)
		return r;
	r = node_equal(slot->value, item, &equal);
	if (r < 0 || equal)
		return r;
	return replace_entry(merge, slot, item);
}

static int merge_item(struct keyed_list *list, const struct node *item, const struct path *path)
{
	struct merge *merge = list->merge;
	const struct node *mapping = node_resolve(item);
	size_t at;
	int r;

	if (mapping->kind != NODE_MAPPING) {
		merge_error(merge, item, path, "an entry must be a mapping, found %s",
		            node_describe(item));
		return 0;
	}
	merge_check_directives(merge, mapping, path);
	r = find_item(list, mapping, &at);
	if (r < 0)
		return r;
	if (at == DRAFT_NONE) {
		at = list->draft->n;
		r = draft_insert(list->draft, at, NULL, item);
		if (r < 0)
			return r;
		return list_index_update(list->draft, merge->arena);
	}
	if (list->rule->merge == MERGE_KEYED_LAST)
		return replace_item(merge, &list->draft->slots[at], mapping);
	return merge_value(merge, &list->draft->slots[at], mapping, path, MERGE_COMMON);
}

int merge_keyed_list(struct merge *merge, struct slot *slot, const struct node *patch,
                     const struct path *path, const struct merge_rule *rule)
{
	struct keyed_list list = { .merge = merge, .rule = rule };
	int r;

	if (patch->n == 0)
		return 0;
	r = slot_open(slot);
	if (r < 0)
		return r;
	list.draft = slot->draft;
	r = list_index_open(list.draft, merge->arena, rule->keys[0]);
	for (size_t i = 0; r == 0 && i < patch->n; i++) {
		struct path below = { .up = path, .index = i };

		r = merge_item(&list, patch->items[i], &below);
	}
	return r;
}
