#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a process of this user needs to read and write the config and the state, as they are now:
 * which directories, and which capabilities. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/util.h"

/* A directory, whatever its path is. */
struct needs_directory {
	char *path; /* without links, when it was looked at */
	dev_t device;
	ino_t inode;
};

struct needs {
	char *config;                  /* where its path leads; NULL: nothing is there */
	struct needs_directory folder; /* of the config, also when that is missing */
	/*
	 * Holds a link `..data` that the path of the config goes through. The kubelet makes it lead
	 * to another directory beside it, over and over: that is to be read too.
	 */
	struct needs_directory volume;
	char **passed; /* directories, each to be searched and watched */
	size_t n_passed;
	uint64_t privileges; /* base/privilege.h; of them */
};

#define NEEDS_INIT ((struct needs){ 0 })

struct needs_options {
	const char *config; /* absolute */
	const char *state;  /* a directory */
	bool read_only;     /* the config is not written */
};

/* Looks where the path of the config leads. What is not there has no directories. 0 or -ENOMEM. */
_must_check_ int needs_find(const struct needs_options *options, struct needs *needs);

/* Measures which capabilities are missing: to be called with those effective that one has anyway,
 * or with none. */
void needs_measure(const struct needs_options *options, struct needs *needs);

void needs_deinit(struct needs *needs);

/* Whether one who has what is needed before, may do all that is needed now. */
bool needs_are_met(const struct needs *before, const struct needs *now);
