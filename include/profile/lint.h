#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One linter for mount, control file and client. A finding is an entry of a diag that has a rule: its id
 * (docs/lint.md), level, place, reason and remedy.
 */

#include "profile/compile.h"

#define LINT_RUNC 1U
#define LINT_CRUN 2U

/*
 * libseccomp's time, in units of about 0.1 ms: what it may take for one filter, which each start of a
 * container takes as well, and for those of one transaction, so that a worker on which a writer waits is not
 * taken for one that hangs.
 */
#define LINT_FILTER_WORK_MAX 5000
/* For filters that denials make larger in one transaction: the others are judged behind it. */
#define LINT_DENIED_WORK_MAX   5000
#define LINT_DENIED_WORK_LEAST 10 /* of one, with its rules */

struct lint_options {
	const struct facts *facts;
	unsigned int runtimes; /* LINT_*: what one of these would do wrong counts */
	bool with_filter; /* also judges the filter, for which libseccomp may have to build it */
	/* Borrowed: what libseccomp may still do (LINT_FILTER_WORK_MAX), counted down; a filter for
	 * which it is not enough is an error. NULL: no bound but that of one filter. */
	uint64_t *filter_work;
	/* It is about a ruleset with denials: words say so, and one for which filter_work is not enough is
	 * not judged, since nobody holds a denial up for that. */
	bool has_denials;
};

/*
 * Judges a value that profile_check_value() takes: source as written, compiled as it would be served
 * (with bases, without denials). 0 also with findings, -ENOMEM, or
 * another -errno where the filter could not be built for a reason that is not the profile's.
 */
_must_check_ int lint_profile(const struct ruleset *source, const struct ruleset *compiled,
                              const struct path *path, const struct lint_options *options,
                              struct diag *diag);

/* What lint_profile() finds of the filter alone, for any ruleset that is compiled, also with denials. */
_must_check_ int lint_filter_of(const struct ruleset *ruleset, const struct path *path,
                                const struct lint_options *options, struct diag *diag);

/*
 * Says of a value that is served as it stands, and that profile_build() has given nothing for, why nothing
 * in it is judged: what keeps it from being read as a ruleset. 0 or -ENOMEM.
 */
_must_check_ int lint_unread(const struct node *value, const struct path *path, struct diag *diag);
