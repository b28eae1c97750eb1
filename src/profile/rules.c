/* SPDX-License-Identifier: Apache-2.0 */

#include "rules.h"

#include <string.h>

#include "profile/ruleset.h"

static const char *const actions[] = {
	"ALLOW", "ERRNO", "KILL", "KILL_PROCESS", "KILL_THREAD", "LOG", "NOTIFY", "TRACE", "TRAP",
};

static const char *const architectures[] = {
	"AARCH64",   "ARM",    "LOONGARCH64", "M68K",        "MIPS",   "MIPS64",
	"MIPS64N32", "MIPSEL", "MIPSEL64",    "MIPSEL64N32", "PARISC", "PARISC64",
	"PPC",       "PPC64",  "PPC64LE",     "RISCV64",     "S390",   "S390X",
	"SH",        "SHEB",   "X32",         "X86",         "X86_64",
};

static const char *const flags[] = {
	"LOG",
	"SPEC_ALLOW",
	"TSYNC",
	"WAIT_KILLABLE_RECV",
};

static const struct check_words action_words = {
	.rule = LINT_UNKNOWN_ACTION,
	.what = "action",
	.prefix = "SCMP_ACT_",
	.words = actions,
	.n_words = ARRAY_SIZE(actions),
};

static const struct check_words architecture_words = {
	.rule = LINT_UNKNOWN_ARCHITECTURE,
	.what = "architecture",
	.prefix = "SCMP_ARCH_",
	.words = architectures,
	.n_words = ARRAY_SIZE(architectures),
};

static const struct check_words flag_words = {
	.rule = LINT_UNKNOWN_FLAG,
	.what = "flag",
	.prefix = "SECCOMP_FILTER_FLAG_",
	.words = flags,
	.n_words = ARRAY_SIZE(flags),
};

void profile_check_action(struct check *check, const struct node *node, const struct path *path)
{
	check_word(check, node, path, &action_words);
}

static void check_architecture(struct check *check, const struct node *node,
                               const struct path *path)
{
	check_word(check, node, path, &architecture_words);
}

static void check_architectures(struct check *check, const struct node *node,
                                const struct path *path)
{
	check_items(check, node, path, "a list of architectures", check_architecture);
}

static void check_flag(struct check *check, const struct node *node, const struct path *path)
{
	check_word(check, node, path, &flag_words);
}

static void check_flags(struct check *check, const struct node *node, const struct path *path)
{
	check_items(check, node, path, "a list of flags", check_flag);
}

void profile_check_strings(struct check *check, const struct node *node, const struct path *path)
{
	check_items(check, node, path, "a list of strings", check_string_not_empty);
}

static void check_syscalls(struct check *check, const struct node *node, const struct path *path)
{
	check_items(check, node, path, "a list of mappings with names and action",
	            profile_check_syscall);
}

static void check_arch_map_item(struct check *check, const struct node *node,
                                const struct path *path)
{
	static const struct check_key keys[] = {
		{ "architecture", check_architecture, CHECK_KEY_REQUIRED },
		{ "subArchitectures", check_architectures, 0 },
	};
	static const struct check_mapping mapping = {
		.what = "a mapping with architecture and subArchitectures",
		.keys = keys,
		.n_keys = ARRAY_SIZE(keys),
	};
	const struct node *found[ARRAY_SIZE(keys)];

	check_keys(check, node, path, &mapping, found);
}

static void check_arch_map(struct check *check, const struct node *node, const struct path *path)
{
	check_items(check, node, path, "a list of mappings with architecture and subArchitectures",
	            check_arch_map_item);
}

void profile_warn_foreign(struct check *check, const struct node *node, const struct path *path)
{
	if (check->compiles || check->has_foreign_key)
		return;
	check->has_foreign_key = true;
	check_warning(check, LINT_MOBY_KEY, node, path,
	              "a key of Moby's format: a runtime that reads profiles by the OCI "
	              "specification ignores it");
}

/* A number or a name of an error is given: only two actions have one. */
static void check_errno_action(struct check *check, const struct node *errno_node,
                               const struct node *action, const struct path *path)
{
	if (!action || !check_is_word(action, &action_words) ||
	    node_is_text(action, "SCMP_ACT_ERRNO") || node_is_text(action, "SCMP_ACT_TRACE"))
		return;
	check_error(check, LINT_ERRNO_ACTION, errno_node, path,
	            "found with action %s: allowed with SCMP_ACT_ERRNO and SCMP_ACT_TRACE only",
	            action->text);
}

void profile_check_errno(struct check *check, const struct node *errno_node,
                         const struct node *action, const struct path *path, const char *key)
{
	struct path way = { .up = path, .key = key };

	if (!check_is_given(errno_node))
		return;
	check_integer(check, errno_node, &way, RULE_ERRNO_MAX);
	check_errno_action(check, errno_node, action, &way);
}

void profile_check_errno_name(struct check *check, const struct node *name,
                              const struct node *action, const struct path *path, const char *key)
{
	struct path way = { .up = path, .key = key };

	if (check->compiles && check_is_given(name) && name->kind == NODE_SCALAR && name->n > 0)
		check_errno_action(check, name, action, &way);
}

static bool is_not_empty(const struct node *node)
{
	return node && node->kind == NODE_SEQUENCE && node->n > 0;
}

enum {
	KEY_DEFAULT_ACTION,
	KEY_DEFAULT_ERRNO_RET,
	KEY_ARCHITECTURES,
	KEY_FLAGS,
	KEY_LISTENER_PATH,
	KEY_LISTENER_METADATA,
	KEY_SYSCALLS,
	KEY_ARCH_MAP,
	KEY_DEFAULT_ERRNO,
	KEY_EXTENSION,
};

static const struct check_key profile_keys[] = {
	[KEY_DEFAULT_ACTION] = { "defaultAction", profile_check_action, CHECK_KEY_REQUIRED },
	[KEY_DEFAULT_ERRNO_RET] = { "defaultErrnoRet", NULL, 0 },
	[KEY_ARCHITECTURES] = { "architectures", check_architectures, 0 },
	[KEY_FLAGS] = { "flags", check_flags, 0 },
	[KEY_LISTENER_PATH] = { "listenerPath", check_string_not_empty, 0 },
	[KEY_LISTENER_METADATA] = { "listenerMetadata", check_string, 0 },
	[KEY_SYSCALLS] = { "syscalls", check_syscalls, 0 },
	[KEY_ARCH_MAP] = { "archMap", check_arch_map, 0 },
	[KEY_DEFAULT_ERRNO] = { "defaultErrno", check_string, 0 },
	/* ruleset_read() judges what it holds, with any mode. */
	[KEY_EXTENSION] = { "x-seccompfs", NULL, 0 },
};

static const struct check_mapping profile_mapping = {
	.what = "a mapping with defaultAction",
	.keys = profile_keys,
	.n_keys = ARRAY_SIZE(profile_keys),
};

/* What several keys of a profile must fulfil together. */
static void check_together(struct check *check, const struct node *const *found,
                           const struct path *path)
{
	const struct node *metadata = found[KEY_LISTENER_METADATA];
	struct path metadata_way = { .up = path, .key = "listenerMetadata" };
	struct path map_way = { .up = path, .key = "archMap" };

	profile_check_errno(check, found[KEY_DEFAULT_ERRNO_RET], found[KEY_DEFAULT_ACTION], path,
	                    "defaultErrnoRet");
	profile_check_errno_name(check, found[KEY_DEFAULT_ERRNO], found[KEY_DEFAULT_ACTION], path,
	                         "defaultErrno");
	if (check_is_given(metadata) && !check_is_given(found[KEY_LISTENER_PATH]))
		check_error(check, LINT_METADATA_WITHOUT_LISTENER, metadata, &metadata_way,
		            "found without listenerPath: allowed with it only");
	if (!is_not_empty(found[KEY_ARCH_MAP]))
		return;
	if (is_not_empty(found[KEY_ARCHITECTURES]))
		check_error(check, LINT_EXCLUSIVE_KEYS, found[KEY_ARCH_MAP], &map_way,
		            "found with architectures: allowed is one of the two");
	else
		profile_warn_foreign(check, found[KEY_ARCH_MAP], &map_way);
}

void profile_check_rules(struct check *check, const struct node *value, const struct path *path)
{
	const struct node *found[ARRAY_SIZE(profile_keys)];

	if (check_keys(check, value, path, &profile_mapping, found))
		check_together(check, found, path);
}
