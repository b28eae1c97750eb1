#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sets of calls by their arguments: a box has a set of values for each argument, and holds for a
 * call when all of them do, as one rule of a profile does. What two boxes have in common, and
 * what one has that another has not, are lists of disjoint boxes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "value_set.h"

struct argument_box {
	unsigned int limited; /* bit N: argument N has a set, which is not all */
	struct value_set sets[RULE_N_ARGUMENTS];
};

#define ARGUMENT_BOX_ALL ((struct argument_box){ 0 })

/* Of conditions that must all hold, with at most one on each index. False: no call has them. */
bool argument_box_of(const struct rule_argument *arguments, size_t n_arguments,
                     struct argument_box *box);

/* Makes the set that of an argument, in place of what the box had for it. */
void argument_box_limit(struct argument_box *box, unsigned int index, const struct value_set *set);

bool argument_box_equal(const struct argument_box *a, const struct argument_box *b);
bool argument_box_meets(const struct argument_box *a, const struct argument_box *b);

/* Owned by an arena. Beyond limit no more is added, which is_full tells; no_memory likewise. */
struct argument_boxes {
	struct arena *arena;
	struct argument_box *boxes;
	size_t n_boxes, n_allocated;
	size_t limit;
	bool by_lower_half; /* value_set_intersect() */
	bool is_full, no_memory;
};

void argument_boxes_add(struct argument_boxes *list, const struct argument_box *box);

/* Adds what both have, and what a has and b has not. */
void argument_box_intersect(const struct argument_box *a, const struct argument_box *b,
                            struct argument_boxes *out);
void argument_box_subtract(const struct argument_box *a, const struct argument_box *b,
                           struct argument_boxes *out);

/* As argument_box_subtract(), but with boxes that overlap, each limited in one argument more than
 * a at most. */
void argument_box_subtract_each(const struct argument_box *a, const struct argument_box *b,
                                struct argument_boxes *out);

/* One rule; arguments are borrowed until it returns. False: no more is wanted. */
typedef bool (*argument_box_take)(void *userdata, const struct rule_argument *arguments,
                                  size_t n_arguments);

/* As conditions of rules: calls take() for each rule. Several where a set takes several
 * conditions. */
void argument_box_write(const struct argument_box *box, argument_box_take take, void *userdata);
