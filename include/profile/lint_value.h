#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The linter for a value that is served, or is to be. */

#include "profile/lint.h"
#include "profile/profile.h"

/* Whether profiles are linted at all: where the rules must be kept, and a machine is known. */
bool profile_is_linted(const struct profile_options *options);

/* Names in the rules of a profile up to which its filter is built in a quarter of a millisecond; each
 * condition of one is one more.
 * libseccomp takes 17 ms for the 400 of Moby's default profile. */
#define LINT_NAMES_SMALL 48

struct lint_outcome {
	bool is_compiled; /* what is served is not the value as it stands, even where nothing is denied */
	size_t n_names; /* in the rules, and their conditions */
};

/*
 * Reads and compiles a value that profile_render() takes with these options, and judges it for no
 * runtime in particular. Its filter is built too where the rules have at most n_filter_max names and conditions. A
 * value that cannot be read has no findings. 0 also with findings, -ENOMEM, or what lint_profile() says.
 */
_must_check_ int lint_value(const struct node *value, const struct profile_options *options,
                            size_t n_filter_max, const struct path *path,
                            struct lint_outcome *outcome, struct diag *diag);
