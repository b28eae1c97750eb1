#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sets of values of one argument, and how they are said by conditions of a rule. A condition, its
 * opposite and what two of them have in common is always a list of such sets that are disjoint, so
 * that no step of a denial has to guess.
 */

#include <stdbool.h>
#include <stdint.h>

#include "profile/ruleset.h"

enum value_set_kind {
	VALUE_SET_RANGE,  /* low to high, both within */
	VALUE_SET_EXCEPT, /* all but value */
	VALUE_SET_MASKED, /* (x & mask) == value; mask is neither 0 nor all ones, value within it */
};

struct value_set {
	enum value_set_kind kind;
	uint64_t low, high;      /* RANGE; low is at most high */
	bool is_below, is_above; /* RANGE: to be said as LT and GT, not as LE and GE */
	uint64_t mask, value;    /* MASKED; EXCEPT: value */
};

#define VALUE_SET_ALL ((struct value_set){ .kind = VALUE_SET_RANGE, .high = UINT64_MAX })

/* What one step on one argument can give at most: a range in the middle takes so many masks. */
#define VALUE_SETS_MAX 128

struct value_sets {
	struct value_set sets[VALUE_SETS_MAX];
	size_t n_sets;
};

/* The values for which the condition holds, as libseccomp takes it (bits of valueTwo that are not
 * in the mask do not count). False: for none. */
bool value_set_of(const struct rule_argument *argument, struct value_set *set);

bool value_set_is_all(const struct value_set *set);
bool value_set_equal(const struct value_set *a, const struct value_set *b);

/*
 * Both replace the contents of out by disjoint sets; none where there is no value.
 *
 * by_lower_half: what both have may be narrowed where one of them is a mask of lower bits only,
 * as somebody writes who knows that the kernel takes an int. Then `not 40` and `at least 40` say
 * that of the lower half too. It spares masks of 64 bits, one for each upper bit, which mean
 * something else on architectures of 32 bits, and which not every reader of JSON can read.
 */
void value_set_intersect(const struct value_set *a, const struct value_set *b, bool by_lower_half,
                         struct value_sets *out);
void value_set_complement(const struct value_set *set, struct value_sets *out);

/*
 * The set, which is not all, as conditions of which any may hold, disjoint again: a range in the
 * middle takes several. Returns how many of out, which has VALUE_SETS_MAX, are made; index and
 * node are left alone.
 */
size_t value_set_write(const struct value_set *set, struct rule_argument *out);

/*
 * Whether a filter of a 32-bit architecture takes the condition for what it is: libseccomp
 * compares the lower halves alone there, so that a value above them would hold for another.
 */
bool value_fits_32(const struct rule_argument *argument);
