/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/plain.h"

static const char *const top_keys[] = { "x-seccompfs", "archMap", "defaultErrno" };
static const char *const rule_keys[] = { "name", "includes", "excludes", "comment", "errno" };

/* check NULL: only looks. */
struct plain_search {
	struct check *check;
	const char *reason;
	bool found;
};

static void search_keys(struct plain_search *search, const struct node *mapping,
                        const struct path *path, const char *const *keys, size_t n_keys)
{
	for (size_t i = 0; i < n_keys; i++) {
		const struct node *value = node_find(mapping, keys[i]);
		struct path way = { .up = path, .key = keys[i] };

		if (!value)
			continue;
		search->found = true;
		if (!search->check)
			return;
		check_error(search->check, LINT_NOT_PLAIN, value, &way, "%s", search->reason);
	}
}

static void search_rules(struct plain_search *search, const struct node *value,
                         const struct path *up)
{
	const struct node *rules = node_resolve(node_find(value, "syscalls"));
	struct path path = { .up = up, .key = "syscalls" };

	if (!rules || rules->kind != NODE_SEQUENCE)
		return;
	for (size_t i = 0; i < rules->n && (search->check || !search->found); i++) {
		const struct node *rule = node_resolve(rules->items[i]);
		struct path way = { .up = &path, .index = i };

		if (rule->kind == NODE_MAPPING)
			search_keys(search, rule, &way, rule_keys, ARRAY_SIZE(rule_keys));
	}
}

bool profile_is_plain(const struct node *value)
{
	struct plain_search search = { 0 };

	search_keys(&search, value, NULL, top_keys, ARRAY_SIZE(top_keys));
	if (!search.found)
		search_rules(&search, value, NULL);
	return !search.found;
}

void profile_refuse_foreign(struct check *check, const struct node *value, const struct path *path,
                            bool only_own, const char *reason)
{
	struct plain_search search = { .check = check, .reason = reason };

	search_keys(&search, value, path, top_keys, only_own ? 1 : ARRAY_SIZE(top_keys));
	if (!only_own)
		search_rules(&search, value, path);
}

bool profile_refuse_misplaced(struct check *check, const struct node *node, const struct path *path)
{
	const struct node *resolved = node_resolve(node);

	for (size_t i = 0; resolved->kind == NODE_SEQUENCE && i < resolved->n; i++) {
		struct path way = { .up = path, .index = i };

		if (profile_refuse_misplaced(check, resolved->items[i], &way))
			return true;
	}
	for (size_t i = 0; resolved->kind == NODE_MAPPING && i < resolved->n; i++) {
		const struct entry *entry = &resolved->entries[i];
		const struct node *key = node_resolve(entry->key);
		struct path way = { .up = path, .key = key->kind == NODE_SCALAR ? key->text : "" };

		if (node_is_text(key, top_keys[0])) {
			check_error_remedied(
				check, LINT_UNKNOWN_KEY,
				"move the key to the top of the value, or remove it", entry->key,
				&way, "a key of this project: allowed at the top of a value only");
			return true;
		}
		if (profile_refuse_misplaced(check, entry->value, &way))
			return true;
	}
	return false;
}
