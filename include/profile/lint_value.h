#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The linter for a value that is served, or is to be. */

#include "profile/lint.h"
#include "profile/profile.h"

/* Whether profiles are linted at all: where the rules must be kept, and a machine is known. */
bool profile_is_linted(const struct profile_options *options);

/*
 * Judges the filter of what is served of such a value under denials, where they change it; there is no
 * finding else. With filter_work (may be NULL) one that takes more is not judged.
 */
_must_check_ int lint_denied(const struct node *value, const struct profile_options *options,
                             const struct deny_list *deny, uint64_t *filter_work,
                             const struct path *path, struct diag *diag);

/*
 * Reads and compiles a value that profile_render() takes with these options, and judges it for no
 * runtime in particular, with its filter. filter_work as in lint_options. 0 also with findings, -ENOMEM, or what lint_profile() says.
 */
_must_check_ int lint_value(const struct node *value, const struct profile_options *options,
                            uint64_t *filter_work, const struct path *path, struct diag *diag);
