#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whether libseccomp does what the rules for one call say. It puts their conditions into one
 * tree, by index, a comparison of 64 bits as two of 32, and rules share its nodes. All
 * comparisons but EQ and MASKED_EQ lead on from several nodes, and then a rule that is added
 * later may be linked into the conditions of an earlier one: calls are let through of which no
 * rule says so, or seccomp_rule_add() never returns (2.5.4 and 2.6.1).
 *
 * What is called exact here was never found to be otherwise (tests/unit/profile/test-
 * deny_grid.c): on each argument there is one condition, or there are such by EQ and MASKED_EQ
 * alone, or each of another kind is the last of its rule, and all on that argument come after the
 * same ones.
 */

#include <stdbool.h>
#include <stddef.h>

#include "profile/ruleset.h"

struct condition_use {
	size_t n;                           /* conditions on the argument */
	const struct rule_argument *before; /* the rule of the first of them */
	size_t n_before;
	bool has_order;        /* neither EQ nor MASKED_EQ */
	bool has_inequality;   /* LT, LE, GE, GT */
	bool has_way_on;       /* from such a one to a condition on a later argument */
	bool has_other_before; /* rules differ in their conditions on earlier arguments */
	bool has_upper_halves; /* that differ */
	uint32_t upper_half;   /* of the last value */
};

struct condition_uses {
	struct condition_use uses[RULE_N_ARGUMENTS];
};

/* One rule, with conditions on indices of their own, which must live as long as uses. */
void condition_uses_add(struct condition_uses *uses, const struct rule_argument *arguments,
                        size_t n_arguments);

bool condition_uses_are_exact(const struct condition_uses *uses);
