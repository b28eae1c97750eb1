#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What `machine.seccompDeny` says, call by call. */

#include "argument_box.h"
#include "profile/deny.h"

/* Calls of all entries together. */
#define DENIALS_MAX 1000

struct denial {
	const char *name;
	struct argument_box box; /* the calls that are denied */
	uint32_t errno_ret;
	const char *reason;
};

struct deny_list {
	unsigned int n_refs;    /* atomic */
	struct arena *arena;    /* owned: all below */
	struct denial *denials; /* by name, those of one call in their order; never none */
	size_t n_denials;
};

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
