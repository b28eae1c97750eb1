/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>

#include "profile/plain.h"
#include "ruleset_reader.h"

static void read_map(struct ruleset_reader *reader, const struct node *node,
                     const struct path *path, struct architecture_map *map)
{
	const struct node *architecture = ruleset_reader_find(node, "architecture");
	struct path way = { .up = path, .key = "architecture" };
	struct path more_way = { .up = path, .key = "subArchitectures" };

	if (!architecture) {
		check_found(&reader->check, node, path,
		            "a mapping with architecture and subArchitectures");
		return;
	}
	map->node = node;
	map->architecture.node = architecture;
	map->architecture.text = ruleset_reader_word(reader, architecture, &way);
	ruleset_reader_words(reader, ruleset_reader_find(node, "subArchitectures"), &more_way,
	                     &map->more);
}

static void read_maps(struct ruleset_reader *reader, const struct node *node,
                      const struct path *path, struct ruleset *ruleset)
{
	if (!ruleset_reader_is_list(reader, node, path,
	                            "a list of mappings with architecture and subArchitectures"))
		return;
	if (node->n > 0 && ruleset->architectures.n_words > 0) {
		check_error(&reader->check, LINT_EXCLUSIVE_KEYS, node, path,
		            "found with architectures: allowed is one of the two");
		return;
	}
	ruleset->maps = ruleset_reader_alloc(reader, node->n, sizeof(*ruleset->maps));
	if (!ruleset->maps)
		return;
	for (size_t i = 0; i < node->n; i++) {
		struct path way = { .up = path, .index = i };

		read_map(reader, node_resolve(node->items[i]), &way, &ruleset->maps[i]);
	}
	ruleset->n_maps = node->n;
}

static void read_architectures(struct ruleset_reader *reader, const struct path *path,
                               struct ruleset *ruleset)
{
	const struct node *list = ruleset_reader_find(ruleset->node, "architectures");
	const struct node *maps = ruleset_reader_find(ruleset->node, "archMap");
	struct path way = { .up = path, .key = "architectures" };
	struct path maps_way = { .up = path, .key = "archMap" };

	ruleset->has_architectures = list != NULL;
	ruleset_reader_words(reader, list, &way, &ruleset->architectures);
	if (maps)
		read_maps(reader, maps, &maps_way, ruleset);
}

static const char *read_string(struct ruleset_reader *reader, const struct ruleset *ruleset,
                               const struct path *path, const char *key)
{
	const struct node *node = ruleset_reader_find(ruleset->node, key);
	struct path way = { .up = path, .key = key };

	if (!node || (node->kind == NODE_SCALAR && node->n == 0))
		return NULL;
	return ruleset_reader_word(reader, node, &way);
}

static void read_rules(struct ruleset_reader *reader, const struct path *up,
                       struct ruleset *ruleset)
{
	const struct node *list = ruleset_reader_find(ruleset->node, "syscalls");
	struct path path = { .up = up, .key = "syscalls" };

	ruleset->has_rules = list != NULL;
	if (!list || !ruleset_reader_is_list(reader, list, &path,
	                                     "a list of mappings with names and action"))
		return;
	ruleset->rules = ruleset_reader_alloc(reader, list->n, sizeof(*ruleset->rules));
	if (!ruleset->rules)
		return;
	for (size_t i = 0; i < list->n; i++) {
		struct path way = { .up = &path, .index = i };

		ruleset_read_rule(reader, node_resolve(list->items[i]), &way, i,
		                  &ruleset->rules[i]);
	}
	ruleset->n_rules = list->n;
}

static void read_top(struct ruleset_reader *reader, const struct path *path,
                     struct ruleset *ruleset)
{
	static const char *const keys[] = {
		"defaultAction", "defaultErrnoRet", "architectures",    "flags",
		"listenerPath",  "syscalls",        "listenerMetadata", "archMap",
		"defaultErrno",  "x-seccompfs",
	};
	const struct node *value = ruleset->node;
	const struct node *flags = ruleset_reader_find(value, "flags");
	const struct node *extension = ruleset_reader_find(value, "x-seccompfs");
	struct path flags_way = { .up = path, .key = "flags" };
	struct path extension_way = { .up = path, .key = "x-seccompfs" };

	ruleset_reader_refuse_cases(reader, value, path, keys, ARRAY_SIZE(keys));
	ruleset_reader_action(reader, value, ruleset_reader_find(value, "defaultAction"), path,
	                      "defaultAction", &ruleset->default_action);
	ruleset_reader_errno(reader, ruleset_reader_find(value, "defaultErrnoRet"),
	                     ruleset_reader_find(value, "defaultErrno"), path, "defaultErrnoRet",
	                     &ruleset->has_default_errno, &ruleset->default_errno);
	read_architectures(reader, path, ruleset);
	ruleset->has_flags = flags != NULL;
	ruleset_reader_words(reader, flags, &flags_way, &ruleset->flags);
	ruleset->listener_path = read_string(reader, ruleset, path, "listenerPath");
	ruleset->listener_metadata = read_string(reader, ruleset, path, "listenerMetadata");
	read_rules(reader, path, ruleset);
	if (extension)
		ruleset_read_extension(reader, extension, &extension_way, ruleset);
}

int ruleset_read(struct arena *arena, const struct node *value, const struct path *path,
                 struct ruleset **rulesetp, struct diag *diag)
{
	struct ruleset_reader reader = { .check = CHECK_INIT(diag), .arena = arena };
	struct ruleset *ruleset = arena_alloc(arena, sizeof(*ruleset));
	int r;

	if (!ruleset)
		return -ENOMEM;
	ruleset->node = node_resolve(value);
	if (ruleset->node->kind != NODE_MAPPING)
		check_found(&reader.check, value, path, "a mapping with defaultAction");
	else
		read_top(&reader, path, ruleset);
	ruleset->is_plain = profile_is_plain(value);
	r = check_result(&reader.check, RULESET_E_INVALID);
	check_deinit(&reader.check);
	if (r == 0)
		*rulesetp = ruleset;
	return r;
}
