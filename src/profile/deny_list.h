#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What `machine.seccompDeny` says, call by call. */

#include "argument_box.h"
#include "profile/deny.h"

/* Calls of all entries together; one that is denied in parts counts for each. */
#define DENIALS_MAX 1000

struct denial {
	const char *name;
	struct argument_box box; /* the calls that are denied */
	uint32_t errno_ret;
	const char *reason;
	bool is_more; /* of what one entry denies of one call: not the first part */
};

struct deny_list {
	unsigned int n_refs;    /* atomic */
	struct arena *arena;    /* owned: all below */
	struct denial *denials; /* by name, those of one call in their order; never none */
	size_t n_denials;
};

/* The conditions of an entry, `args`, that has passed deny_check(); NULL: none. Returns how many of the
 * RULE_N_ARGUMENTS that there is room for. */
size_t deny_read_arguments(const struct node *node, struct rule_argument *arguments);

/* Returns owned with room for so many, or NULL. */
struct deny_list *deny_list_new(size_t n_denials);

/*
 * Takes a denial in, in any order of names. One that an earlier one of the same call covers is left
 * out. Strings are copied. False without memory.
 */
bool deny_list_add(struct deny_list *list, const struct denial *denial);

/* The denials of a call, or NULL. */
const struct denial *deny_list_find(const struct deny_list *list, const char *name,
                                    size_t *n_denialsp);

/* When the denials of one call apply: " if argument 0 & 0xffffffff is 38, or if argument 0 is at least
 * 100"; nothing: always. For people: of many only the first are there. */
void denials_describe(const struct denial *denials, size_t n_denials, struct buffer *out);
