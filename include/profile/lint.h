#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One linter for mount, control file and client. A finding is an entry of a diag that has a rule: its id
 * (docs/lint.md), level, place, reason and remedy.
 */

#include "profile/compile.h"

#define LINT_RUNC 1U
#define LINT_CRUN 2U

struct lint_options {
	const struct facts *facts;
	unsigned int runtimes; /* LINT_*: what one of these would do wrong counts */
	bool with_filter; /* also build the filter: takes 3 to 14 ms for Moby's default profile */
};

/*
 * Judges a value that profile_check_value() takes: source as written, compiled as it would be served
 * (with bases, without denials). 0 also with findings, -ENOMEM, or
 * another -errno where the filter could not be built for a reason that is not the profile's.
 */
_must_check_ int lint_profile(const struct ruleset *source, const struct ruleset *compiled,
                              const struct path *path, const struct lint_options *options,
                              struct diag *diag);
