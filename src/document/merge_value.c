/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How Talos merges, as far as it can be known without its types:
 *
 *   - null says nothing; in a free-form value it would have to remove, and is refused (D7);
 *   - the empty string and the number 0 say nothing, since a field of a Go struct that was not
 * given holds them; false says something;
 *   - mappings are merged key by key, lists are appended, other scalars take the place of the old;
 *   - in free-form values the types of old and new must be the same.
 */

#include "merge_value.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "document/scalar.h"

#include "patch_delete.h"

void merge_error(struct merge *merge, const struct node *node, const struct path *path,
                 const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;
	va_list args;

	va_start(args, format);
	buffer_vprintf(&message, format, args);
	va_end(args);
	node_error(merge->diag, node, path, "%s", message.data ? message.data : "no memory");
	merge->invalid = true;
}

static const char *kind_name(enum node_kind kind)
{
	switch (kind) {
	case NODE_SEQUENCE:
		return "a list";
	case NODE_MAPPING:
		return "a mapping";
	default:
		return "a scalar";
	}
}

int merge_replace(struct merge *merge, struct slot *slot, const struct node *patch)
{
	bool equal;
	int r;

	r = slot_close(slot, merge->arena, merge->source);
	if (r < 0)
		return r;
	r = node_equal(slot->value, patch, &equal);
	if (r < 0)
		return r;
	if (!equal)
		slot_put(slot, patch);
	return 0;
}

void merge_check_directives(struct merge *merge, const struct node *node, const struct path *path)
{
	const struct merge_rule *rule = merge_rule_find(merge->kind, path);

	if (rule && rule->merge == MERGE_FREE)
		return;
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++) {
		struct path below = { .up = path, .index = i };

		merge_check_directives(merge, node->items[i], &below);
	}
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		const struct node *key = node_resolve(node->entries[i].key);
		struct path below = { .up = path,
			              .key = key->kind == NODE_SCALAR ? key->text : "?" };

		if (node_is_text(key, PATCH_DIRECTIVE))
			merge_error(merge, key, &below, PATCH_DIRECTIVE_UNKNOWN);
		else
			merge_check_directives(merge, node->entries[i].value, &below);
	}
}

/* The type that Go's decoder gives a scalar of a free-form value. */
static const char *go_type(const struct scalar *scalar)
{
	switch (scalar->type) {
	case SCALAR_UINT:
		return scalar_type_name(SCALAR_INT);
	case SCALAR_BINARY:
		return scalar_type_name(SCALAR_STRING);
	default:
		return scalar_type_name(scalar->type);
	}
}

/* What a Go field holds that was not given. */
static bool is_zero(const struct scalar *scalar)
{
	switch (scalar->type) {
	case SCALAR_STRING:
	case SCALAR_BINARY:
		return scalar->n_text == 0;
	case SCALAR_INT:
		return scalar->integer == 0;
	case SCALAR_FLOAT:
		return !(scalar->number < 0 || scalar->number > 0);
	default:
		return false;
	}
}

static int merge_scalar(struct merge *merge, struct slot *slot, const struct node *patch,
                        const struct path *path, enum merge_kind how)
{
	struct scalar old;
	struct scalar new;
	int r;

	r = scalar_resolve(merge->arena, patch, path, &new, merge->diag);
	if (r < 0)
		return r;
	if (r) {
		merge->invalid = true;
		return 0;
	}
	if (how == MERGE_STRINGS)
		return patch->n == 0 ? 0 : merge_replace(merge, slot, patch);
	if (is_zero(&new) && how == MERGE_COMMON)
		return 0;
	if (how == MERGE_FREE) {
		r = scalar_resolve(merge->arena, node_resolve(slot->value), path, &old,
		                   merge->diag);
		if (r < 0)
			return r;
		if (r || strcmp(go_type(&old), go_type(&new)) != 0) {
			merge_error(merge, patch, path, "found %s, but the config has %s here",
			            node_describe(patch), node_describe(slot->value));
			return 0;
		}
		if (is_zero(&new))
			return 0;
	}
	return merge_replace(merge, slot, patch);
}

/* Whether item is in the list, which is open, already. */
static int is_there(struct merge *merge, struct draft *draft, const struct node *item, bool *therep)
{
	const char *text;
	size_t n_text;
	int r;

	r = list_index_open(draft, merge->arena, LIST_INDEX_WHOLE);
	if (r == 0)
		r = list_index_whole(merge->arena, item, &text, &n_text);
	if (r == 0)
		*therep = text && list_index_first(draft, text, n_text) != DRAFT_NONE;
	return r;
}

static int append_items(struct merge *merge, struct slot *slot, const struct node *patch,
                        const struct path *path, enum merge_kind how)
{
	int r;

	if (patch->n == 0)
		return 0;
	r = slot_open(slot);
	if (r < 0)
		return r;
	for (size_t i = 0; i < patch->n; i++) {
		struct path below = { .up = path, .index = i };
		bool there = false;

		if (how != MERGE_FREE)
			merge_check_directives(merge, patch->items[i], &below);
		if (how == MERGE_DISTINCT)
			r = is_there(merge, slot->draft, patch->items[i], &there);
		if (r == 0 && !there)
			r = draft_insert(slot->draft, slot->draft->n, NULL, patch->items[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int merge_null(struct merge *merge, struct slot *slot, const struct node *patch,
                      const struct path *path, enum merge_kind how)
{
	if (how == MERGE_FREE && !slot_is_null(slot))
		merge_error(merge, patch, path,
		            "null cannot take the place of %s in a free-form value; to remove the "
		            "key write `{$patch: delete}`",
		            slot->draft ? kind_name(slot_kind(slot)) : node_describe(slot->value));
	else if (how == MERGE_OVERRIDE)
		return merge_replace(merge, slot, patch);
	return 0;
}

/* Both are of the same kind, and no rule of the place itself says otherwise. */
static int merge_same_kind(struct merge *merge, struct slot *slot, const struct node *patch,
                           const struct path *path, enum merge_kind how)
{
	if (patch->kind == NODE_MAPPING)
		return merge_mapping(merge, slot, patch, path, how);
	if (how == MERGE_OVERRIDE)
		return merge_replace(merge, slot, patch);
	if (patch->kind == NODE_SEQUENCE)
		return append_items(merge, slot, patch, path, how);
	return merge_scalar(merge, slot, patch, path, how);
}

/*
 * The config has nothing here. Collections at typed places are merged into empty ones, so that what
 * a merge drops or refuses is dropped and refused here as well.
 */
static int merge_fill(struct merge *merge, struct slot *slot, const struct node *patch,
                      const struct path *path, enum merge_kind how)
{
	const struct merge_rule *rule = how == MERGE_FREE ? NULL
	                                                  : merge_rule_find(merge->kind, path);
	const struct node *value = node_resolve(patch);
	enum merge_kind own = rule ? rule->merge : how;
	struct node *empty;

	slot_put(slot, patch);
	if (value->kind == NODE_SCALAR || own == MERGE_FREE || own == MERGE_REPLACE)
		return 0;
	if (value->kind == NODE_MAPPING)
		empty = node_new_mapping(merge->arena, NULL, NULL, 0);
	else
		empty = node_new_sequence(merge->arena, NULL, NULL, 0);
	if (!empty)
		return -ENOMEM;
	empty->style = value->style;
	slot_put(slot, empty);
	return merge_value(merge, slot, patch, path, how);
}

int merge_value(struct merge *merge, struct slot *slot, const struct node *patch,
                const struct path *path, enum merge_kind how)
{
	const struct merge_rule *rule = how == MERGE_FREE ? NULL
	                                                  : merge_rule_find(merge->kind, path);
	const struct node *value = node_resolve(patch);
	enum merge_kind own = rule ? rule->merge : how;

	if (scalar_is_null(value))
		return merge_null(merge, slot, value, path, how);
	if (own == MERGE_REPLACE)
		return value->kind == NODE_MAPPING && value->n == 0
		               ? 0 /* an empty free-form value counts as not given */
		               : merge_replace(merge, slot, patch);
	if (slot_is_null(slot))
		return merge_fill(merge, slot, patch, path, how);
	if (slot_kind(slot) != value->kind) {
		if (own == MERGE_OVERRIDE)
			return merge_replace(merge, slot, patch);
		merge_error(merge, value, path, "found %s, but the config has %s here",
		            kind_name(value->kind), kind_name(slot_kind(slot)));
		return 0;
	}
	if (value->kind == NODE_SEQUENCE && rule && rule->keys[0] && own != MERGE_DISTINCT)
		return merge_keyed_list(merge, slot, value, path, rule);
	return merge_same_kind(merge, slot, value, path, own);
}

static int merge_entry(struct merge *merge, struct slot *slot, const struct entry *entry,
                       const struct path *path, enum merge_kind how)
{
	const struct node *key = node_resolve(entry->key);
	struct path below = { .up = path, .key = key->kind == NODE_SCALAR ? key->text : "?" };
	size_t at;
	int r;

	if (key->kind != NODE_SCALAR) {
		merge_error(merge, key, path, "a key must be a scalar");
		return 0;
	}
	if (how != MERGE_FREE && node_is_text(key, PATCH_DIRECTIVE)) {
		merge_error(merge, key, &below, PATCH_DIRECTIVE_UNKNOWN);
		return 0;
	}
	if (how == MERGE_COMMON && scalar_is_null(entry->value))
		return 0;
	r = draft_find_own(slot->draft, key, &at);
	if (r < 0)
		return r;
	if (at != DRAFT_NONE)
		return merge_value(merge, &slot->draft->slots[at], entry->value, &below, how);
	at = slot->draft->n;
	r = draft_insert(slot->draft, at, key, entry->value);
	if (r < 0)
		return r;
	return merge_fill(merge, &slot->draft->slots[at], entry->value, &below, how);
}

int merge_mapping(struct merge *merge, struct slot *slot, const struct node *patch,
                  const struct path *path, enum merge_kind how)
{
	const struct entry *entries;
	size_t n_entries;
	int r;

	r = node_flatten(merge->arena, patch, NULL, &entries, &n_entries, merge->diag);
	if (r < 0)
		return r;
	if (r) {
		merge->invalid = true;
		return 0;
	}
	if (how != MERGE_FREE && how != MERGE_STRINGS && how != MERGE_OVERRIDE)
		how = MERGE_COMMON;
	r = slot_open(slot);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n_entries; i++) {
		r = merge_entry(merge, slot, &entries[i], path, how);
		if (r < 0)
			return r;
	}
	return 0;
}
