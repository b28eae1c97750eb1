#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every rule that a config or a profile is judged by, of the checks of its form (check.h) and of the
 * linter (lint.h). docs/lint.md has a section for each, and tests/data/lint cases for both ways.
 */

#include <stddef.h>

#include "base/diag.h"

enum lint_rule {
	/* form */
	LINT_INVALID_VALUE,
	LINT_MISSING_KEY,
	LINT_UNKNOWN_KEY,
	LINT_EMPTY_PROFILE,
	LINT_NULL_KEY,
	LINT_INVALID_NAME,
	LINT_UNKNOWN_ACTION,
	LINT_UNKNOWN_ARCHITECTURE,
	LINT_UNKNOWN_FLAG,
	LINT_UNKNOWN_OPERATOR,
	LINT_EMPTY_NAMES,
	LINT_ERRNO_ACTION,
	LINT_LEGACY_NAME,
	LINT_MOBY_KEY,
	LINT_EXCLUSIVE_KEYS,
	LINT_METADATA_WITHOUT_LISTENER,
	LINT_NOTIFY_WITHOUT_LISTENER,
	LINT_DUPLICATE_PROFILE,
	/* of what is compiled */
	LINT_UNKNOWN_ERRNO,
	LINT_UNKNOWN_CAPABILITY,
	LINT_UNKNOWN_BASE,
	LINT_NOT_PLAIN,
	/* meaning */
	LINT_UNKNOWN_SYSCALL,
	LINT_NEWER_SYSCALL,
	LINT_FOREIGN_SYSCALL,
	LINT_EQUALS_DEFAULT,
	LINT_SHADOWED_RULE,
	LINT_HIDDEN_CONDITION,
	LINT_HIDDEN_DENIAL,
	LINT_NEVER_INCLUDED,
	LINT_OVERLAPPING_CONDITIONS,
	LINT_REPEATED_INDEX,
	LINT_CONSTANT_CONDITION,
	LINT_IMPOSSIBLE_CONDITION,
	LINT_UNUSED_VALUE_TWO,
	LINT_WIDE_VALUE,
	LINT_POINTER_ARGUMENT,
	LINT_ERRNO_ZERO,
	LINT_DEFAULT_ERRNO,
	LINT_NO_32_BIT,
	LINT_REFUSED_ARCHITECTURE,
	LINT_MISSED_SIBLING,
	LINT_MULTIPLEXER,
	LINT_CLONE3_FLAGS,
	LINT_DANGEROUS_CALL,
	LINT_PERMISSIVE_DEFAULT,
	LINT_NOTIFY_DEFAULT,
	LINT_NOTIFY_WRITE,
	LINT_MISSING_BASE,
	LINT_REFUSED_FLAG,
	LINT_MANY_ENTRIES,
	LINT_LARGE_PROFILE,
	LINT_FILTER_REFUSED,
	LINT_FILTER_TOO_LARGE,
	N_LINT_RULES,
};

struct lint_rule_info {
	const char *id;              /* "unknown-key" */
	enum diag_severity severity; /* of what the rule is for; one finding may weigh less */
	const char *remedy;          /* where the finding names none of its own; may be NULL */
};

extern const struct lint_rule_info lint_rules[N_LINT_RULES];
