/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/suggest.h"
#include "document/quote.h"
#include "document/scalar.h"

void check_deinit(struct check *check)
{
	arena_free(check->arena);
	check->arena = NULL;
}

int check_result(const struct check *check, int invalid)
{
	if (check->no_memory)
		return -ENOMEM;
	return check->failed ? invalid : 0;
}

bool check_may_warn(const struct check *check)
{
	return check->diag && check->diag->n_warnings < CHECK_WARNINGS_MAX;
}

bool check_may_suggest(const struct check *check)
{
	return check->diag && check->diag->n_errors < CHECK_SUGGESTIONS_MAX;
}

bool check_is_kept(const struct check *check)
{
	return check->diag && check->diag->n_entries < DIAG_ENTRIES_MAX;
}

/* A node as a message names it: `integer 6`, `string "abc"`, `mapping`. */
static void describe(const struct node *node, struct buffer *out)
{
	const struct node *resolved = node_resolve(node);

	buffer_append_string(out, node_describe(node));
	if (!resolved || resolved->kind != NODE_SCALAR || scalar_is_null(resolved))
		return;
	buffer_append_char(out, ' ');
	if (scalar_is_string(resolved))
		quote_append(out, resolved->text, resolved->n);
	else
		quote_append_bare(out, resolved->text, resolved->n);
}

void check_found(struct check *check, const struct node *node, const struct path *path,
                 const char *allowed)
{
	_cleanup_(buffer_deinit) struct buffer found = BUFFER_INIT;

	if (check_is_kept(check))
		describe(node, &found);
	check_error(check, LINT_INVALID_VALUE, node, path, "found %s, allowed is %s",
	            found.data ? found.data : "something else", allowed);
}

bool check_flatten(struct check *check, const struct node *mapping, const struct entry **entriesp,
                   size_t *n_entriesp)
{
	bool has_merge = false;
	int r;

	for (size_t i = 0; i < mapping->n && !has_merge; i++)
		has_merge = node_is_text(mapping->entries[i].key, "<<");
	if (!has_merge) {
		*entriesp = mapping->entries;
		*n_entriesp = mapping->n;
		return true;
	}
	if (!check->arena)
		check->arena = arena_new(0);
	r = check->arena
	            ? node_flatten(check->arena, mapping, NULL, entriesp, n_entriesp, check->diag)
	            : -ENOMEM;
	if (r > 0)
		check->failed = true;
	if (r < 0)
		check->no_memory = true;
	return r == 0;
}

/* The key that name was meant to be, or -1. */
static int find_near_key(const struct check *check, const struct check_mapping *mapping,
                         const char *name)
{
	struct suggestion suggestion;
	size_t n_name = strlen(name);

	for (size_t i = 0; i < mapping->n_keys; i++) {
		if (strcasecmp(mapping->keys[i].name, name) == 0)
			return (int)i;
	}
	/* In an open mapping this also decides between error and warning: go on while that matters.
	 */
	if (!check_may_suggest(check) && (mapping->is_closed || check->failed))
		return -1;
	suggestion_begin(&suggestion, name);
	for (size_t i = 0; i < mapping->n_keys; i++) {
		const char *known = mapping->keys[i].name;
		size_t n_known = strlen(known);
		size_t difference = n_name > n_known ? n_name - n_known : n_known - n_name;

		if (difference > n_known / 2 || mapping->keys[i].flags & CHECK_KEY_LOOSE)
			continue;
		suggestion_consider(&suggestion, known);
	}
	for (size_t i = 0; i < mapping->n_keys; i++) {
		if (mapping->keys[i].name == suggestion.best)
			return (int)i;
	}
	return -1;
}

static void list_keys(const struct check_mapping *mapping, struct buffer *out)
{
	for (size_t i = 0; i < mapping->n_keys; i++) {
		if (!(mapping->keys[i].flags & CHECK_KEY_LOOSE))
			buffer_printf(out, "%s%s", i ? ", " : "", mapping->keys[i].name);
	}
}

/* An unknown key; returns the known one that was meant, or -1. */
static int check_unknown_key(struct check *check, const struct node *key, const struct path *path,
                             const struct check_mapping *mapping)
{
	_cleanup_(buffer_deinit) struct buffer name = BUFFER_INIT, allowed = BUFFER_INIT,
					       remedy = BUFFER_INIT;
	int near = find_near_key(check, mapping, key->text);

	quote_append(&name, key->text, key->n);
	buffer_printf(&remedy, "write %s", near >= 0 ? mapping->keys[near].name : "");
	if (buffer_error(&name) || buffer_error(&remedy)) {
		check->no_memory = true;
	} else if (near >= 0) {
		check_error_remedied(check, LINT_UNKNOWN_KEY, remedy.data, key, path,
		                     "unknown key %s: did you mean %s?", name.data,
		                     mapping->keys[near].name);
	} else if (mapping->is_closed) {
		list_keys(mapping, &allowed);
		check_error(check, LINT_UNKNOWN_KEY, key, path, "unknown key %s: allowed are %s",
		            name.data, buffer_error(&allowed) ? "others" : allowed.data);
	} else {
		check_warning(check, LINT_UNKNOWN_KEY, key, path,
		              "unknown key %s: runtimes ignore it", name.data);
	}
	return near;
}

static int find_key(const struct check_mapping *mapping, const struct node *key)
{
	for (size_t i = 0; i < mapping->n_keys; i++) {
		if (node_is_text(key, mapping->keys[i].name))
			return (int)i;
	}
	return -1;
}

/* One entry. A misspelt key is checked as the one that was meant: it may have more errors inside,
 * and must not be reported as missing too. */
static void check_entry(struct check *check, const struct entry *entry, const struct path *path,
                        const struct check_mapping *mapping, const struct node **found)
{
	const struct node *key = node_resolve(entry->key);
	const struct check_key *known;
	struct path way;
	int i;

	/* What is no scalar cannot be a key of JSON: the renderer says so. */
	if (key->kind != NODE_SCALAR) {
		if (mapping->is_closed)
			check_found(check, entry->key, path, "a string as key");
		return;
	}
	i = find_key(mapping, key);
	if (i < 0)
		i = check_unknown_key(check, key, path, mapping);
	if (i < 0 || found[i])
		return;
	known = &mapping->keys[i];
	way = (struct path){ .up = path, .key = known->name };
	found[i] = node_resolve(entry->value);
	if (!known->check || (scalar_is_null(found[i]) && !(known->flags & CHECK_KEY_REQUIRED)))
		return;
	known->check(check, found[i], &way);
}

bool check_keys(struct check *check, const struct node *node, const struct path *path,
                const struct check_mapping *mapping, const struct node **found)
{
	const struct node *resolved = node_resolve(node);
	const struct entry *entries;
	size_t n_entries;

	for (size_t i = 0; i < mapping->n_keys; i++)
		found[i] = NULL;
	if (resolved->kind != NODE_MAPPING) {
		check_found(check, node, path, mapping->what);
		return false;
	}
	if (!check_flatten(check, resolved, &entries, &n_entries))
		return false;
	for (size_t i = 0; i < n_entries; i++)
		check_entry(check, &entries[i], path, mapping, found);
	for (size_t i = 0; i < mapping->n_keys; i++) {
		if (mapping->keys[i].flags & CHECK_KEY_REQUIRED && !found[i])
			check_error(check, LINT_MISSING_KEY, node, path,
			            "required key %s is missing", mapping->keys[i].name);
	}
	return true;
}

void check_items(struct check *check, const struct node *node, const struct path *path,
                 const char *allowed, check_fn item)
{
	if (node->kind != NODE_SEQUENCE) {
		check_found(check, node, path, allowed);
		return;
	}
	for (size_t i = 0; i < node->n; i++) {
		struct path way = { .up = path, .index = i };

		item(check, node_resolve(node->items[i]), &way);
	}
}

void check_integer(struct check *check, const struct node *node, const struct path *path,
                   uint64_t max)
{
	char allowed[64];
	uint64_t value;

	if (node->kind == NODE_SCALAR && scalar_get_uint64(node, &value) && value <= max)
		return;
	snprintf(allowed, sizeof(allowed), "an integer from 0 to %" PRIu64, max);
	check_found(check, node, path, allowed);
}

static bool is_string(const struct node *node)
{
	return node->kind == NODE_SCALAR && scalar_is_string(node);
}

bool check_is_given(const struct node *node)
{
	return node && !scalar_is_null(node);
}

void check_string(struct check *check, const struct node *node, const struct path *path)
{
	if (!is_string(node))
		check_found(check, node, path, "a string");
}

void check_string_not_empty(struct check *check, const struct node *node, const struct path *path)
{
	if (!is_string(node) || node->n == 0)
		check_found(check, node, path, "a string that is not empty");
}
