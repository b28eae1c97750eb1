#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a container runtime itself calls between loading the filter and executing the container's
 * program: a profile without these calls cannot start a container. Measured per runtime and version by
 * scripts/measure-base, and committed with it (src/profile/base_sets.c).
 */

#include <stddef.h>

struct base_set {
	const char *runtime; /* "runc" */
	const char *version; /* "1.1.5" */
	/* Sorted. Without any of these no container starts, even if all else is allowed. */
	const char *const *needed;
	size_t n_needed;
	const char *const *seen; /* sorted; all that were ever seen, the needed among them */
	size_t n_seen;
	/* Sorted. Without any of these no container without noNewPrivileges starts. */
	const char *const *needed_without_nnp;
	size_t n_needed_without_nnp;
	/* Sorted. Without any of these some containers do not start, or nothing can be executed in
	 * one that runs. */
	const char *const *needed_sometimes;
	size_t n_needed_sometimes;
};

struct base_table {
	const struct base_set *sets;
	size_t n_sets;
};

/* What this program was built with. */
extern const struct base_table base_table_builtin;
