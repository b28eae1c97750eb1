#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the runners of vectors share: which directories hold vectors, and the TAP lines of a run. A
 * folder without vectors is a failure, so that a wrong path cannot pass.
 */

#include <stdbool.h>
#include <stddef.h>

#define VECTOR_FILE_MAX (16UL << 20) /* bytes of a file of a vector */

struct vector_totals {
	size_t n;
	size_t n_failed;
	size_t n_differ; /* vectors that stand in the table of differences */
};

/* Runs one vector, prints its TAP line with this number, tells whether it passed. */
typedef bool (*vector_run_fn)(int dir_fd, const char *name, size_t number);

/* Whether a vector stands in the table of differences. */
typedef bool (*vector_differs_fn)(const char *name);

/* Text of other projects, which is not part of this one. */
bool vector_is_third_party(const char *name);

/* Runs every vector of path: those of our own, or the others. */
void vectors_run_directory(const char *path, bool third_party, vector_run_fn run,
                           vector_differs_fn differs, struct vector_totals *totals);

/* As above for the third-party vectors below $SECCOMPFS_VECTORS/folder. False when the variable is
 * not set. */
bool vectors_run_third_party(const char *folder, vector_run_fn run, vector_differs_fn differs,
                             struct vector_totals *totals);

/* A failure that is of no single vector. */
void vectors_report(struct vector_totals *totals, const char *name, const char *reason);

/* The plan and a summary; the exit status of the program. */
int vectors_finish(const struct vector_totals *totals);
