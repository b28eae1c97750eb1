#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a runtime makes of a compiled ruleset: a BPF program, built by this host's libseccomp by the
 * calls that runc 1.1.5 makes. Those of crun 1.8.1 make the same one, but for a rule of more than
 * six conditions: of those it takes the first six.
 *
 * What is not in it: the program that runc puts before this one, which answers ENOSYS for calls
 * newer than all that the profile names, unless the default action is permissive or has ENOSYS
 * itself; and what runtimes refuse before they ask libseccomp (flags, SCMP_ACT_NOTIFY as the default
 * action or for `write`).
 */

#include "profile/ruleset.h"

#define FILTER_INSTRUCTIONS_MAX 4096 /* BPF_MAXINSNS: the kernel takes no more */

/* The largest errnoRet that libseccomp takes. */
#define FILTER_ERRNO_MAX (RULE_ERRNO_MAX - 1)

struct filter_instruction { /* struct sock_filter */
	uint16_t code;
	uint8_t jump_true, jump_false;
	uint32_t k;
};

struct filter {
	struct filter_instruction *instructions; /* owned */
	size_t n_instructions;
};

void filter_deinit(struct filter *filter);

enum {
	FILTER_E_REFUSED = 1, /* libseccomp does not build it; the reason is in diag */
};

/*
 * Lets libseccomp find out what this kernel can do, which takes calls of seccomp(2) that a sandbox
 * may forbid later. It keeps the answers for the process; without them it takes a call that is
 * forbidden for one that this kernel does not have. Not while another thread builds.
 */
void filter_prepare(void);

/* Instructions that a filter has at most, if libseccomp builds it: by counting, in a moment. A few times those
 * that it has; SIZE_MAX where nobody knows. */
size_t filter_count_most(const struct ruleset *ruleset);

/*
 * Names that this libseccomp does not know are left out, as runtimes do, and so are rules that say
 * the same as the default action. The result may be more than the kernel takes. Makes a memfd for a
 * moment, where libseccomp is older than 2.6. *filter is the caller's. 0, FILTER_E_REFUSED, -errno.
 */
_must_check_ int filter_build(const struct ruleset *ruleset, const struct path *path,
                              struct filter *filter, struct diag *diag);
