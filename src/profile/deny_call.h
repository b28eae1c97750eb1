#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a profile says of one call, as libseccomp reads it, for deny_call.c. */

#include "condition_uses.h"
#include "deny_work.h"

/* What one rule says of the call, or one of its conditions where two are on one index. */
struct clause {
	struct argument_box box;
	struct decision decision;
	const struct rule_argument *arguments;
	size_t n_arguments;
	bool has_errno;
	size_t at;       /* the rule */
	bool is_touched; /* it has to be written anew */
};

struct clauses {
	struct clause *clauses;
	size_t n_clauses;
	struct condition_uses
		never;         /* rules that hold for no call, and yet are in libseccomp's tree */
	bool is_unconditional; /* there is one, which holds for all */
	bool is_divided;       /* there is one on 32 bits alone */
	bool is_unfit;         /* too many, or not what they seem on 32 bits */
	bool no_memory;
};

/*
 * A rule without conditions decides, and the first of several; else all with conditions do. Those
 * that say the same as the default action do not count: runtimes leave them out.
 */
struct clauses clauses_find(const struct deny_work *work, const char *name);
