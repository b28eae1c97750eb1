/* SPDX-License-Identifier: Apache-2.0 */

#include "machine_config_keys.h"

#include <string.h>

#include "base/suggest.h"
#include "document/edit.h"
#include "document/quote.h"
#include "document/scalar.h"
#include "model/machine_config.h"

#define LIST_KEY  "seccompProfiles"
#define PATCH_KEY "$patch"

/* In patch mode with `$patch` as the last one, which a config must not have. */
static const struct check_key entry_keys[] = {
	{ "name", NULL, 0 },
	{ "value", NULL, 0 },
	{ PATCH_KEY, NULL, CHECK_KEY_LOOSE },
};

enum {
	TOP_VERSION,
	TOP_DEBUG,
	TOP_PERSIST,
	TOP_MACHINE,
	TOP_CLUSTER,
	TOP_API_VERSION, /* this and the next two are known for a better message */
	TOP_LIST,
	TOP_DENY,
	TOP_PATCH,
};

static const struct check_key top_keys[] = {
	[TOP_VERSION] = { "version", NULL, 0 },
	[TOP_DEBUG] = { "debug", NULL, 0 },
	[TOP_PERSIST] = { "persist", NULL, 0 },
	[TOP_MACHINE] = { "machine", NULL, 0 },
	[TOP_CLUSTER] = { "cluster", NULL, 0 },
	[TOP_API_VERSION] = { "apiVersion", NULL, CHECK_KEY_LOOSE },
	[TOP_LIST] = { LIST_KEY, NULL, CHECK_KEY_LOOSE },
	[TOP_DENY] = { DENY_KEY, NULL, CHECK_KEY_LOOSE },
	[TOP_PATCH] = { PATCH_KEY, NULL, CHECK_KEY_LOOSE },
};

/* Returns how many entries item stands for. */
static size_t check_entry(struct machine_config_walk *walk, const struct node *item, size_t index,
                          const struct path *path)
{
	struct check_mapping mapping = {
		.what = "a mapping with name and value",
		.keys = entry_keys,
		.n_keys = ARRAY_SIZE(entry_keys) - (walk->is_patch ? 0 : 1),
		.is_closed = true,
	};
	const struct node *found[ARRAY_SIZE(entry_keys)] = { NULL };

	if (!check_keys(walk->check, item, path, &mapping, found))
		return 1;
	if (walk->fn && !(walk->is_patch && found[ARRAY_SIZE(entry_keys) - 1]))
		return walk->fn(walk->userdata, item, index, path);
	return 1;
}

void machine_config_walk_entry(struct machine_config_walk *walk, const struct node *item,
                               size_t index)
{
	const struct path machine = { .key = "machine" };
	const struct path list = { .up = &machine, .key = LIST_KEY };
	const struct path path = { .up = &list, .index = index };

	check_entry(walk, item, index, &path);
}

static void check_list(struct machine_config_walk *walk, const struct node *value,
                       const struct path *path)
{
	const struct node *list = node_resolve(value);
	size_t index = 0;

	if (scalar_is_null(list) || (walk->is_patch && node_find_entry(list, PATCH_KEY)))
		return;
	if (list->kind != NODE_SEQUENCE) {
		check_found(walk->check, value, path, "a list of mappings with name and value");
		return;
	}
	if (list == walk->shown) {
		walk->has_met_shown = true;
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		struct path way = { .up = path, .index = index };

		index += check_entry(walk, list->items[i], index, &way);
	}
}

/* The key of `machine` that an entry has, or nearly has; NULL: another one, which is not ours. */
static const char *find_key(const struct entry *entry)
{
	const struct node *key = node_resolve(entry->key);
	struct suggestion suggestion;

	if (key->kind != NODE_SCALAR)
		return NULL;
	if (node_is_text(key, LIST_KEY))
		return LIST_KEY;
	suggestion_begin(&suggestion, key->text);
	suggestion_consider(&suggestion, LIST_KEY);
	suggestion_consider(&suggestion, DENY_KEY);
	return suggestion.best;
}

/* Whether the entry has just that key; what nearly has it is an error, and then taken for it. */
static bool check_machine_key(struct machine_config_walk *walk, const struct entry *entry,
                              const char *known, const struct path *path)
{
	const struct node *key = node_resolve(entry->key);
	_cleanup_(buffer_deinit) struct buffer name = BUFFER_INIT;

	if (node_is_text(key, known))
		return true;
	quote_append(&name, key->text, key->n);
	check_error(walk->check, LINT_UNKNOWN_KEY, key, path, "unknown key %s: did you mean %s?",
	            buffer_error(&name) ? "" : name.data, known);
	return false;
}

/* What is denied is known before the first profile is. */
static void check_deny(struct machine_config_walk *walk, const struct entry *entries,
                       size_t n_entries, const struct path *path)
{
	const struct path way = { .up = path, .key = DENY_KEY };
	const struct node *value = NULL;

	for (size_t i = 0; i < n_entries; i++) {
		const char *key = find_key(&entries[i]);

		if (key && strcmp(key, DENY_KEY) == 0 &&
		    (check_machine_key(walk, &entries[i], DENY_KEY, path) || !value))
			value = node_resolve(entries[i].value);
	}
	if (walk->deny)
		walk->deny(walk->userdata, value, &way);
}

static void check_lists(struct machine_config_walk *walk, const struct entry *entries,
                        size_t n_entries, const struct path *path)
{
	const struct path way = { .up = path, .key = LIST_KEY };

	for (size_t i = 0; i < n_entries; i++) {
		const char *key = find_key(&entries[i]);

		if (!key || strcmp(key, LIST_KEY) != 0)
			continue;
		check_machine_key(walk, &entries[i], LIST_KEY, path);
		check_list(walk, entries[i].value, &way);
	}
}

static void check_machine(struct machine_config_walk *walk, const struct node *value)
{
	const struct node *machine = node_resolve(value);
	const struct path path = { .key = "machine" };
	const struct entry *entries;
	size_t n_entries;

	if (scalar_is_null(machine))
		return;
	if (machine->kind != NODE_MAPPING) {
		check_found(walk->check, value, &path, "a mapping");
		return;
	}
	if (!check_flatten(walk->check, machine, &entries, &n_entries))
		return;
	check_deny(walk, entries, n_entries, &path);
	check_lists(walk, entries, n_entries, &path);
}

/* Talos writes `version: ""` itself where a config has none. */
static void check_version(struct check *check, const struct node *version)
{
	const struct path path = { .key = "version" };

	if (!version || scalar_is_null(version) || node_is_text(version, "") ||
	    node_is_text(version, "v1alpha1"))
		return;
	check_found(check, version, &path, "v1alpha1");
}

/* Where name stands in root; the value's place where it comes by a merge key. */
static const struct node *place_of_key(const struct node *root, const char *name,
                                       const struct node *value)
{
	const struct entry *entry = node_find_entry(root, name);

	return entry ? entry->key : value;
}

void machine_config_walk(struct machine_config_walk *walk, const struct node *root)
{
	struct check *check = walk->check;
	struct check_mapping mapping = {
		.what = "a mapping with machine",
		.keys = top_keys,
		.n_keys = ARRAY_SIZE(top_keys) - (walk->is_patch ? 0 : 1),
		.is_closed = true,
	};
	const struct node *found[ARRAY_SIZE(top_keys)];

	if (!check_keys(check, root, NULL, &mapping, found))
		return;
	check_version(check, found[TOP_VERSION]);
	if (found[TOP_API_VERSION])
		check_error(check, LINT_UNKNOWN_KEY,
		            place_of_key(root, "apiVersion", found[TOP_API_VERSION]), NULL,
		            "unknown key \"apiVersion\": the document that holds machine and "
		            "cluster has none");
	if (found[TOP_LIST])
		check_error(check, LINT_UNKNOWN_KEY, place_of_key(root, LIST_KEY, found[TOP_LIST]),
		            NULL, "unknown key \"" LIST_KEY "\": it belongs under machine");
	if (found[TOP_DENY])
		check_error(check, LINT_UNKNOWN_KEY, place_of_key(root, DENY_KEY, found[TOP_DENY]),
		            NULL, "unknown key \"" DENY_KEY "\": it belongs under machine");
	if (found[TOP_MACHINE])
		check_machine(walk, found[TOP_MACHINE]);
}

int machine_config_check_keys(const struct node *root, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	struct machine_config_walk walk = { .check = &check, .is_patch = true };

	machine_config_walk(&walk, root);
	return check_result(&check, MACHINE_CONFIG_E_INVALID);
}

const struct node *machine_config_find_value(const struct stream *stream, const char *name,
                                             size_t *indexp)
{
	const struct node *found = NULL;

	for (size_t i = 0; i < stream->n_documents; i++) {
		const struct node *root = node_resolve(stream->documents[i].root);
		const struct node *machine = node_resolve(node_find(root, "machine"));
		const struct node *items = node_resolve(node_find(machine, LIST_KEY));

		if (!document_is_machine_config(root))
			continue;
		for (size_t j = 0; items && items->kind == NODE_SEQUENCE && j < items->n; j++) {
			const struct node *entry = node_resolve(items->items[j]);

			if (!node_is_text(node_resolve(node_find(entry, "name")), name) ||
			    !node_find(entry, "value"))
				continue;
			found = node_find(entry, "value");
			*indexp = j;
		}
	}
	return found;
}
