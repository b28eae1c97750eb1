#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What libseccomp makes of several conditional rules for one call. It puts their conditions into one
 * tree, by halves of 32 bits, and lets rules share nodes of it. Where a comparison leads on from more than
 * one node (all but EQ and MASKED_EQ do), a rule that is added later can reach into the conditions of
 * an earlier one: the filter then lets through, or denies, calls of which no rule says so; or the
 * tree has a loop, and seccomp_rule_add() never returns. So it is in 2.5.4 and in 2.6.1.
 *
 * What is called exact here was compared with the filters of some hundred thousand rulesets
 * (tests/unit/profile/test-overlap.c); what is not may be exact as well.
 */

#include "profile/ruleset.h"

enum overlap_kind {
	OVERLAP_EXACT,   /* calls get what the rules say */
	OVERLAP_INEXACT, /* libseccomp may decide otherwise, unnoticed */
	OVERLAP_ENDLESS, /* libseccomp, and so a runtime, may never return */
};

struct overlap {
	enum overlap_kind kind;
	uint32_t index;             /* of the argument that it is about; where not exact */
	const struct rule *rule;    /* the later of two that do not go together; likewise */
	const struct rule *earlier; /* may be the same one, whose conditions are a rule each */
};

/*
 * Judges the rules for one name, as runtimes add them: without those that say the same as the
 * default action, and only up to the first without a condition, which hides all others.
 */
struct overlap ruleset_overlap(const struct ruleset *ruleset, const char *name);

/* The first OVERLAP_ENDLESS for any name; *namep is that of the later rule. */
struct overlap ruleset_find_endless(const struct ruleset *ruleset, const struct rule_name **namep);

/*
 * Whether libseccomp may forget to load the number of the call in its filter for an architecture
 * ("SCMP_ARCH_AARCH64"): then every call gets the default action there. It does
 * where the rule that it puts first, one with the fewest conditions, is for a call that the
 * architecture does not have. False where a call that it has has a rule without conditions, and for
 * x86_64 without x32.
 */
bool ruleset_loses_number(const struct ruleset *ruleset, const char *architecture);

/* The same for any architecture that the filter is for, this machine's among them; of those that another
 * ruleset, before, does not lose (NULL: of all). */
bool ruleset_loses_more_numbers(const struct ruleset *ruleset, const struct ruleset *before);
