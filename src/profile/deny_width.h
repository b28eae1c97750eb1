#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A filter sees the 64 bits of a register. Of an argument that is an int in C the kernel takes
 * the lower 32 and nothing tells it of the others, so socket(0x100000026, ...) is socket(38, ...)
 * to the kernel, and another call to a condition that says 38. A program that is hostile knows
 * that.
 */

#include "profile/check.h"

/* Warns of each condition that such a call passes by. names and arguments have passed their rules;
 * arguments may be NULL. */
void deny_warn_width(struct check *check, const struct node *names, const struct node *arguments,
                     const struct path *path);
