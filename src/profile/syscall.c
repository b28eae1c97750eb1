/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "document/scalar.h"
#include "profile/ruleset.h"
#include "rules.h"

static const char *const operators[] = { "EQ", "GE", "GT", "LE", "LT", "MASKED_EQ", "NE" };

static const struct check_words operator_words = {
	.rule = LINT_UNKNOWN_OPERATOR,
	.what = "operator",
	.prefix = "SCMP_CMP_",
	.words = operators,
	.n_words = ARRAY_SIZE(operators),
};

void profile_check_operator(struct check *check, const struct node *node, const struct path *path)
{
	check_word(check, node, path, &operator_words);
}

void profile_check_index(struct check *check, const struct node *node, const struct path *path)
{
	check_integer(check, node, path, RULE_N_ARGUMENTS - 1);
}

void profile_check_value_of_argument(struct check *check, const struct node *node,
                                     const struct path *path)
{
	check_integer(check, node, path, UINT64_MAX);
}

static void check_argument(struct check *check, const struct node *node, const struct path *path)
{
	static const struct check_key keys[] = {
		{ "index", profile_check_index, CHECK_KEY_REQUIRED },
		{ "value", profile_check_value_of_argument, CHECK_KEY_REQUIRED },
		{ "valueTwo", profile_check_value_of_argument, 0 },
		{ "op", profile_check_operator, CHECK_KEY_REQUIRED },
	};
	static const struct check_mapping mapping = {
		.what = "a mapping with index, value and op",
		.keys = keys,
		.n_keys = ARRAY_SIZE(keys),
	};
	const struct node *found[ARRAY_SIZE(keys)];

	check_keys(check, node, path, &mapping, found);
}

static void check_arguments(struct check *check, const struct node *node, const struct path *path)
{
	check_items(check, node, path, "a list of mappings with index, value and op",
	            check_argument);
}

void profile_check_names(struct check *check, const struct node *node, const struct path *path,
                         check_fn name)
{
	static const char allowed[] = "a list of one or more names of system calls";

	if (node->kind == NODE_SEQUENCE && node->n == 0)
		check_error(check, LINT_EMPTY_NAMES, node, path,
		            "found an empty list, allowed is %s", allowed);
	else
		check_items(check, node, path, allowed, name);
}

static void check_names(struct check *check, const struct node *node, const struct path *path)
{
	profile_check_names(check, node, path, check_string_not_empty);
}

/* `includes` and `excludes`: Moby's conditions of a rule. */
static void check_condition(struct check *check, const struct node *node, const struct path *path)
{
	static const struct check_key keys[] = {
		{ "caps", profile_check_strings, 0 },
		{ "arches", profile_check_strings, 0 },
		{ "minKernel", check_string, 0 },
	};
	/* A condition that nobody evaluates must not make the rule one without condition. */
	const struct check_mapping mapping = {
		.what = "a mapping with caps, arches or minKernel",
		.keys = keys,
		.n_keys = ARRAY_SIZE(keys),
		.is_closed = check->compiles,
	};
	const struct node *found[ARRAY_SIZE(keys)];

	check_keys(check, node, path, &mapping, found);
}

enum {
	KEY_NAMES,
	KEY_ACTION,
	KEY_ERRNO_RET,
	KEY_ARGS,
	KEY_NAME,
	KEY_INCLUDES,
	KEY_EXCLUDES,
	KEY_COMMENT,
	KEY_ERRNO,
};

static const struct check_key syscall_keys[] = {
	[KEY_NAMES] = { "names", check_names, 0 },
	[KEY_ACTION] = { "action", profile_check_action, CHECK_KEY_REQUIRED },
	[KEY_ERRNO_RET] = { "errnoRet", NULL, 0 },
	[KEY_ARGS] = { "args", check_arguments, 0 },
	[KEY_NAME] = { "name", check_string_not_empty, 0 },
	[KEY_INCLUDES] = { "includes", check_condition, 0 },
	[KEY_EXCLUDES] = { "excludes", check_condition, 0 },
	[KEY_COMMENT] = { "comment", check_string, CHECK_KEY_LOOSE },
	[KEY_ERRNO] = { "errno", check_string, 0 },
};

static const struct check_mapping syscall_mapping = {
	.what = "a mapping with names and action",
	.keys = syscall_keys,
	.n_keys = ARRAY_SIZE(syscall_keys),
};

/* Moby's old form has `name`. By the OCI specification such a rule is one for no system call, and a
 * denial would be lost without a word. */
static void check_subject(struct check *check, const struct node *rule,
                          const struct node *const *found, const struct path *path)
{
	struct path way = { .up = path, .key = "name" };

	if (check_is_given(found[KEY_NAME]) && check_is_given(found[KEY_NAMES]))
		check_error(check, LINT_EXCLUSIVE_KEYS, found[KEY_NAME], &way,
		            "found with names: allowed is one of the two");
	else if (check_is_given(found[KEY_NAME]) && !check->compiles)
		check_error(
			check, LINT_LEGACY_NAME, found[KEY_NAME], &way,
			"a key of Moby's old format, which runtimes ignore: allowed is names, a list");
	else if (!check_is_given(found[KEY_NAME]) && !check_is_given(found[KEY_NAMES]))
		check_error(check, LINT_MISSING_KEY, rule, path, "required key names is missing");
}

static void warn_condition(struct check *check, const struct node *condition,
                           const struct path *path, const char *key)
{
	struct path way = { .up = path, .key = key };

	if (condition && condition->kind == NODE_MAPPING && condition->n > 0)
		profile_warn_foreign(check, condition, &way);
}

void profile_check_syscall(struct check *check, const struct node *node, const struct path *path)
{
	const struct node *found[ARRAY_SIZE(syscall_keys)];

	if (!check_keys(check, node, path, &syscall_mapping, found))
		return;
	check_subject(check, node, found, path);
	profile_check_errno(check, found[KEY_ERRNO_RET], found[KEY_ACTION], path, "errnoRet");
	profile_check_errno_name(check, found[KEY_ERRNO], found[KEY_ACTION], path, "errno");
	warn_condition(check, found[KEY_INCLUDES], path, "includes");
	warn_condition(check, found[KEY_EXCLUDES], path, "excludes");
}
