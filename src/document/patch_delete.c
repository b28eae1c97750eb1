/* SPDX-License-Identifier: Apache-2.0 */

#include "patch_delete.h"

#include <errno.h>
bool patch_delete_is(const struct node *node)
{
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		if (node_is_text(node_resolve(node->entries[i].key), PATCH_DIRECTIVE) &&
		    node_is_text(node->entries[i].value, "delete"))
			return true;
	}
	return false;
}

bool patch_delete_has(const struct node *node)
{
	if (patch_delete_is(node))
		return true;
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		if (patch_delete_has(node->entries[i].value))
			return true;
	}
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++) {
		if (patch_delete_has(node->items[i]))
			return true;
	}
	return false;
}

/* The place of a child of slot by its key, opened where it is a collection; NULL: none. */
static int open_child(struct slot *slot, const struct node *key, struct slot **childp)
{
	size_t at;
	int r;

	*childp = NULL;
	if (!slot)
		return 0;
	r = draft_find_own(slot->draft, key, &at);
	if (r < 0 || at == DRAFT_NONE)
		return r;
	r = slot_open(&slot->draft->slots[at]);
	if (r == -EINVAL)
		return 0; /* a scalar: nothing below it */
	if (r == 0)
		*childp = &slot->draft->slots[at];
	return r;
}

static int delete_key(struct merge *merge, struct slot *slot, const struct node *key,
                      const struct path *path)
{
	size_t at = DRAFT_NONE;
	int r;

	if (slot && draft_find_inherited(slot->draft, key->text)) {
		r = draft_flatten(slot->draft, merge->arena);
		if (r < 0)
			return r;
	}
	if (slot)
		at = draft_find(slot->draft, key->text, key->n);
	if (at == DRAFT_NONE)
		node_warning(merge->diag, key, path, "nothing to delete: there is no such key");
	else
		draft_drop(slot->draft, at);
	return 0;
}

/* The entry that selects: the first with a scalar value beside the directive. */
static const struct entry *find_selector(const struct node *item)
{
	for (size_t i = 0; i < item->n; i++) {
		const struct node *key = node_resolve(item->entries[i].key);
		const struct node *value = node_resolve(item->entries[i].value);

		if (key->kind == NODE_SCALAR && value->kind == NODE_SCALAR &&
		    !node_is_text(key, PATCH_DIRECTIVE))
			return &item->entries[i];
	}
	return NULL;
}

/* Whether an entry of the list has all that item says beside the directive. */
static int has_all(const struct node *entry, const struct node *item, bool *hasp)
{
	*hasp = true;
	for (size_t i = 0; *hasp && i < item->n; i++) {
		const struct node *key = node_resolve(item->entries[i].key);
		const struct node *value;
		int r;

		if (node_is_text(key, PATCH_DIRECTIVE))
			continue;
		value = key->kind == NODE_SCALAR ? node_find(entry, key->text) : NULL;
		*hasp = false;
		r = value ? node_equal(value, item->entries[i].value, hasp) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Of the entries from number at with the same selector, those that item describes. */
static int delete_matching(struct merge *merge, struct slot *slot, const struct node *item,
                           size_t at, const struct path *path)
{
	bool is_found = false;

	for (; at != DRAFT_NONE; at = list_index_next(slot->draft, at)) {
		bool has;
		int r = has_all(node_resolve(slot->draft->slots[at].value), item, &has);

		if (r < 0)
			return r;
		if (has)
			draft_drop(slot->draft, at);
		is_found = is_found || has;
	}
	if (!is_found)
		node_warning(merge->diag, item, path,
		             "nothing to delete: no entry has all that is given here");
	return 0;
}

static int delete_item(struct merge *merge, struct slot *slot, const struct node *item,
                       const struct path *path)
{
	const struct merge_rule *rule = merge_rule_find(merge->kind, path->up);
	const struct entry *selector = find_selector(item);
	size_t at = DRAFT_NONE;
	const char *text;
	const char *key;
	size_t n_text;
	int r;

	if (!selector) {
		merge_error(merge, item, path,
		            "no key says which entry is to be deleted: add one, as `%s: x`",
		            rule && rule->keys[0] ? rule->keys[0] : "name");
		return 0;
	}
	key = node_resolve(selector->key)->text;
	r = list_index_text(merge->arena, selector->value, &text, &n_text);
	if (r == 0 && slot && !slot->draft->is_mapping) {
		r = list_index_open(slot->draft, merge->arena, key);
		at = r < 0 ? DRAFT_NONE : list_index_first(slot->draft, text, n_text);
	}
	if (r < 0)
		return r;
	if (at == DRAFT_NONE) {
		node_warning(merge->diag, item, path,
		             "nothing to delete: there is no entry with %s \"%s\"", key, text);
		return 0;
	}
	if (rule && rule->merge == MERGE_DISTINCT)
		return delete_matching(merge, slot, item, at, path);
	draft_drop(slot->draft, at);
	if (list_index_next(slot->draft, at) != DRAFT_NONE)
		node_warning(merge->diag, item, path,
		             "one entry with %s \"%s\" was deleted, but there is another", key,
		             text);
	return 0;
}

/* Reports the first directive below a list entry: Talos has no way to say where that would be. */
static void refuse_inner(struct merge *merge, const struct node *node, const struct path *path)
{
	if (patch_delete_is(node)) {
		merge_error(merge, node, path,
		            "nothing inside a list entry can be deleted: write the entry anew");
		return;
	}
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		const struct node *key = node_resolve(node->entries[i].key);
		struct path below = { .up = path,
			              .key = key->kind == NODE_SCALAR ? key->text : "?" };

		refuse_inner(merge, node->entries[i].value, &below);
	}
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++) {
		struct path below = { .up = path, .index = i };

		refuse_inner(merge, node->items[i], &below);
	}
}

static int delete_items(struct merge *merge, struct slot *slot, const struct node *patch,
                        const struct path *path)
{
	for (size_t i = 0; i < patch->n; i++) {
		struct path below = { .up = path, .index = i };
		int r = 0;

		if (patch_delete_is(patch->items[i]))
			r = delete_item(merge, slot, patch->items[i], &below);
		else
			refuse_inner(merge, patch->items[i], &below);
		if (r < 0)
			return r;
	}
	return 0;
}

int patch_delete_apply(struct merge *merge, struct slot *slot, const struct node *patch,
                       const struct path *path)
{
	if (slot && !slot->draft->is_mapping)
		slot = NULL;
	for (size_t i = 0; i < patch->n; i++) {
		const struct node *key = node_resolve(patch->entries[i].key);
		const struct node *value = patch->entries[i].value;
		struct path below = { .up = path, .key = key->text };
		struct slot *child;
		int r;

		if (key->kind != NODE_SCALAR || !patch_delete_has(value))
			continue;
		if (patch_delete_is(value)) {
			r = delete_key(merge, slot, key, &below);
			if (r < 0)
				return r;
			continue;
		}
		r = open_child(slot, key, &child);
		if (r < 0)
			return r;
		if (value->kind == NODE_SEQUENCE)
			r = delete_items(merge, child, value, &below);
		else
			r = patch_delete_apply(merge, child, value, &below);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A rest keeps the place and style of the node that it comes from. */
static int finish_rest(const struct node *patch, struct node *rest, const struct node **strippedp)
{
	if (!rest)
		return -ENOMEM;
	rest->style = patch->style;
	rest->source = patch->source;
	rest->start = patch->start;
	rest->end = patch->end;
	rest->properties = patch->properties;
	*strippedp = rest;
	return 0;
}

static int strip_mapping(struct arena *arena, const struct node *patch,
                         const struct node **strippedp)
{
	_cleanup_(freep) struct entry *entries = calloc(patch->n, sizeof(*entries));
	size_t n = 0;

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < patch->n; i++) {
		const struct node *rest;
		int r = patch_delete_strip(arena, patch->entries[i].value, &rest);

		if (r < 0)
			return r;
		if (rest)
			entries[n++] = (struct entry){ patch->entries[i].key, rest };
	}
	if (n == 0)
		return 0;
	return finish_rest(patch, node_new_mapping(arena, NULL, entries, n), strippedp);
}

static int strip_sequence(struct arena *arena, const struct node *patch,
                          const struct node **strippedp)
{
	_cleanup_(freep) const struct node **items = calloc(patch->n, sizeof(const struct node *));
	size_t n = 0;

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < patch->n; i++) {
		int r = patch_delete_strip(arena, patch->items[i], &items[n]);

		if (r < 0)
			return r;
		n += items[n] != NULL;
	}
	if (n == 0)
		return 0;
	return finish_rest(patch, node_new_sequence(arena, NULL, items, n), strippedp);
}

int patch_delete_strip(struct arena *arena, const struct node *patch, const struct node **strippedp)
{
	*strippedp = NULL;
	if (patch_delete_is(patch))
		return 0;
	if (!patch_delete_has(patch)) {
		*strippedp = patch;
		return 0;
	}
	if (patch->kind == NODE_MAPPING)
		return strip_mapping(arena, patch, strippedp);
	return strip_sequence(arena, patch, strippedp);
}
