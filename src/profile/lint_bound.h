#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How large a filter can be at most, by counting. libseccomp's time grows with the third power of the
 * instructions (1,300 of them take 50 ms, 2,500 over a second, 5,000 ten), and nobody has to wait for a
 * filter that is sure to be built and to fit.
 */

#include "lint_internal.h"

struct lint_bound {
	/* Instructions, never fewer than libseccomp makes, but for the calls in doubt. */
	size_t n_most;
	/* About as many as it makes, with those; but a jump on the number of a call takes it a quarter of
	 * the time of others, and counts as that. */
	size_t n_slow;
	/* What it makes of these, and whether it takes their rules, is for it to say: rules of several
	 * actions, actions that a kernel may not have, comparisons by order that must hold with
	 * others. */
	bool *is_doubtful; /* for each of lint->calls; in the arena */
	size_t n_doubtful;
	size_t n_doubtful_slow; /* likewise, of these alone */
	/* Whether there are any, or other things that it may refuse: architectures, the default
	 * action. */
	bool is_to_be_asked;
};

/* 0 or -ENOMEM. */
_must_check_ int lint_bound(const struct lint *lint, struct lint_bound *bound);

/* The compiled rules for the calls in doubt alone, in the arena; NULL without memory. */
struct ruleset *lint_bound_doubtful(const struct lint *lint, const struct lint_bound *bound);

/* What libseccomp makes of the calls in doubt has so many instructions alone; among others never more
 * than this. */
static inline size_t lint_bound_among_others(size_t n)
{
	return 3 * n; /* each can be a jump, with two long ones behind it */
}
