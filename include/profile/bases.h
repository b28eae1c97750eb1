#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a container runtime itself calls between loading the filter and executing the container's
 * program: a profile without these calls cannot start a container. Measured per runtime and version by
 * scripts/measure-base, and committed with it (src/profile/base_sets.c).
 */

#include <stddef.h>

struct base_set {
	const char *runtime;       /* "runc" */
	const char *version;       /* "1.1.5" */
	const char *const *needed; /* sorted; without any of these containers do not start in one
	                              way or another: as root or not, with new privileges or not */
	size_t n_needed;
	const char *const *seen; /* sorted; all that were ever seen, needed among them: also of
	                            an exec in a running container and of a program that is not there */
	size_t n_seen;
};

struct base_table {
	const struct base_set *sets;
	size_t n_sets;
};

/* What this program was built with. */
extern const struct base_table base_table_builtin;
