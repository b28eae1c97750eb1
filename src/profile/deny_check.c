/* SPDX-License-Identifier: Apache-2.0 */

#include "deny_check.h"

#include <seccomp.h>
#include <string.h>

#include "deny_width.h"
#include "document/quote.h"
#include "document/scalar.h"
#include "profile/filter.h"
#include "profile/ruleset.h"
#include "profile/syscalls.h"
#include "rules.h"
#include "value_set.h"

/* Whether a call is known at all does not depend on it. */
#define ANY_ARCHITECTURE "SCMP_ARCH_X86_64"

enum {
	KEY_INDEX,
	KEY_VALUE,
	KEY_VALUE_TWO,
	KEY_OPERATOR,
};

static const struct check_key argument_keys[] = {
	[KEY_INDEX] = { "index", profile_check_index, CHECK_KEY_REQUIRED },
	[KEY_VALUE] = { "value", profile_check_value_of_argument, CHECK_KEY_REQUIRED },
	[KEY_VALUE_TWO] = { "valueTwo", profile_check_value_of_argument, 0 },
	[KEY_OPERATOR] = { "op", profile_check_operator, CHECK_KEY_REQUIRED },
};

static const struct check_mapping argument_mapping = {
	.what = "a mapping with index, value and op",
	.keys = argument_keys,
	.n_keys = ARRAY_SIZE(argument_keys),
	.is_closed = true,
};

/* Of keys that are good by themselves. */
static void check_argument_meaning(struct check *check, const struct node *node,
                                   const struct path *path, const struct node *const *found)
{
	struct path way = { .up = path, .key = "valueTwo" };
	struct rule_argument argument = { 0 };
	struct value_set set;
	bool has_two = check_is_given(found[KEY_VALUE_TWO]);

	if (!comparison_parse(found[KEY_OPERATOR]->text, &argument.comparison) ||
	    !scalar_get_uint64(found[KEY_VALUE], &argument.value) ||
	    (has_two && !scalar_get_uint64(found[KEY_VALUE_TWO], &argument.value_two)))
		return;
	if (argument.comparison != COMPARE_MASKED_EQ) {
		if (has_two)
			check_error(check, LINT_INVALID_VALUE, found[KEY_VALUE_TWO], &way,
			            "found with operator %s: allowed with SCMP_CMP_MASKED_EQ only",
			            found[KEY_OPERATOR]->text);
	} else if (!has_two) {
		check_error(check, LINT_MISSING_KEY, node, path,
		            "required key valueTwo is missing: SCMP_CMP_MASKED_EQ compares the "
		            "bits of value with it");
	} else if (argument.value_two & ~argument.value) {
		check_error(check, LINT_INVALID_VALUE, found[KEY_VALUE_TWO], &way,
		            "has bits that are not in value: no argument is equal to it");
	}
	if (!value_set_of(&argument, &set))
		check_error(check, LINT_INVALID_VALUE, node, path,
		            "no argument fulfils this: nothing would be denied");
}

static void check_argument(struct check *check, const struct node *node, const struct path *path)
{
	const struct node *found[ARRAY_SIZE(argument_keys)];

	if (!check_keys(check, node, path, &argument_mapping, found))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		if (i != KEY_VALUE_TWO && !check_is_given(found[i]))
			return;
	}
	if (found[KEY_OPERATOR]->kind == NODE_SCALAR)
		check_argument_meaning(check, node, path, found);
}

/* Runtimes take either of two conditions on one index, and who writes them means both. */
static void check_indices(struct check *check, const struct node *arguments,
                          const struct path *path)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < arguments->n; i++) {
		struct path way = { .up = path, .index = i };
		const struct node *item = node_resolve(arguments->items[i]);
		const struct node *index = node_resolve(node_find(item, "index"));
		uint64_t value;

		if (!index || index->kind != NODE_SCALAR || !scalar_get_uint64(index, &value) ||
		    value >= RULE_N_ARGUMENTS)
			continue;
		if (seen >> value & 1)
			check_error(check, LINT_INVALID_VALUE, item, &way,
			            "a second condition on argument %u: allowed is one; write an "
			            "entry for each if either is to be denied",
			            (unsigned int)value);
		seen |= 1U << value;
	}
}

static void check_arguments(struct check *check, const struct node *node, const struct path *path)
{
	check_items(check, node, path, "a list of mappings with index, value and op",
	            check_argument);
	if (node->kind == NODE_SEQUENCE)
		check_indices(check, node, path);
}

static void report_unknown(struct check *check, const struct node *node, const struct path *path)
{
	_cleanup_(buffer_deinit) struct buffer name = BUFFER_INIT;
	const char *near = check_may_suggest(check) ? syscall_suggest(node->text) : NULL;

	quote_append(&name, node->text, node->n);
	if (buffer_error(&name))
		check->no_memory = true;
	else if (near)
		check_error(check, LINT_INVALID_VALUE, node, path,
		            "unknown system call %s: did you mean %s?", name.data, near);
	else
		check_error(check, LINT_INVALID_VALUE, node, path, "unknown system call %s",
		            name.data);
}

static void check_name(struct check *check, const struct node *node, const struct path *path)
{
	if (node->kind != NODE_SCALAR || !scalar_is_string(node) || node->n == 0) {
		check_string_not_empty(check, node, path);
		return;
	}
	if (strlen(node->text) != node->n ||
	    syscall_look_up(node->text, ANY_ARCHITECTURE) == SYSCALL_UNKNOWN)
		report_unknown(check, node, path);
	else if (seccomp_syscall_resolve_name(node->text) == __NR_SCMP_ERROR &&
	         check_may_warn(check))
		node_finding(
			check->diag, DIAG_WARNING, "deny-newer", node, path,
			"deny it by a default action that denies",
			"this host's libseccomp does not know %s, and runtimes leave out what "
			"theirs does not know: profiles whose default action permits it go on to",
			node->text);
}

static void check_names(struct check *check, const struct node *node, const struct path *path)
{
	profile_check_names(check, node, path, check_name);
}

static void check_errno(struct check *check, const struct node *node, const struct path *path)
{
	uint64_t value;

	if (node->kind != NODE_SCALAR || !scalar_get_uint64(node, &value) || value == 0 ||
	    value > FILTER_ERRNO_MAX)
		check_found(check, node, path, "an integer from 1 to 4094");
}

enum {
	KEY_NAMES,
	KEY_ARGS,
	KEY_ERRNO_RET,
	KEY_REASON,
};

static const struct check_key entry_keys[] = {
	[KEY_NAMES] = { "names", check_names, CHECK_KEY_REQUIRED },
	[KEY_ARGS] = { "args", check_arguments, 0 },
	[KEY_ERRNO_RET] = { "errnoRet", check_errno, 0 },
	[KEY_REASON] = { "reason", check_string_not_empty, CHECK_KEY_REQUIRED },
};

static const struct check_mapping entry_mapping = {
	.what = "a mapping with names and reason",
	.keys = entry_keys,
	.n_keys = ARRAY_SIZE(entry_keys),
	.is_closed = true,
};

void deny_check_one(struct check *check, const struct node *node, const struct path *path)
{
	const struct node *found[ARRAY_SIZE(entry_keys)];
	struct path names = { .up = path, .key = "names" };
	struct path arguments = { .up = path, .key = "args" };

	if (!check_keys(check, node, path, &entry_mapping, found) || check->failed)
		return;
	deny_warn_needed(check, found[KEY_NAMES], found[KEY_ARGS], &names);
	deny_warn_width(check, found[KEY_NAMES], found[KEY_ARGS], &arguments);
}

void deny_check(struct check *check, const struct node *value, const struct path *path)
{
	check_items(check, value, path, "a list of mappings with names and reason", deny_check_one);
}
