#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A filter sees the 64 bits of a register. Of an argument that is an int in C the kernel takes
 * the lower 32 and nothing tells it of the others, so socket(0x100000026, ...) is socket(38, ...)
 * to the kernel, and another call to a condition that says 38. A program that is hostile knows
 * that. So of such an argument the lower bits are compared, which takes masks.
 *
 * What conditions deny then:
 *
 *   - EQ and MASKED_EQ: a mask of the lower bits;
 *   - LT and LE: a mask for each block of numbers, at most as many as there are bits;
 *   - NE, GE, GT: as they are said, of all bits, which the calls that the kernel would see are among.
 *     But where the number has the sign bit, in masks as well: an int may come with its sign in all
 *     upper bits, and must not be denied for them.
 *
 * A number is cut to the lower bits if it is negative in 64 (-100 of AT_FDCWD). Any other that
 * has more is none that the kernel sees: then more is denied than was asked for.
 */

#include "argument_box.h"
#include "profile/check.h"

/* Boxes of one call, for a filter has to have rules for what is in none of them. */
#define DENY_PARTS_MAX 64

struct deny_parts {
	struct argument_box boxes[DENY_PARTS_MAX]; /* disjoint; a call is denied if it is in one */
	size_t n_boxes;
	unsigned int wider;    /* bit N: the number for argument N has too many bits */
	unsigned int left_out; /* bit N: there are too many parts, so argument N does not count */
};

/* Conditions that all must hold, at most one on each index, each of which some argument fulfils. */
void deny_parts_of(const char *name, const struct rule_argument *arguments, size_t n_arguments,
                   struct deny_parts *parts);

/* Warns of what is denied beyond the conditions. names and arguments have passed their rules;
 * arguments may be NULL. */
void deny_warn_width(struct check *check, const struct node *names, const struct node *arguments,
                     const struct path *path);
