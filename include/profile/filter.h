#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a runtime makes of a compiled ruleset: a BPF program, built by this host's libseccomp by the
 * calls that runc makes.
 */

#include "profile/ruleset.h"

#define FILTER_INSTRUCTIONS_MAX 4096 /* BPF_MAXINSNS: the kernel takes no more */

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

/* Lets libseccomp find out what this kernel can do, which takes system calls that a sandbox may forbid later. */
void filter_prepare(void);

/* Names that this libseccomp does not know are left out, as runtimes do. Makes a memfd for a moment. 0, FILTER_E_REFUSED,
 * -errno. */
_must_check_ int filter_build(const struct ruleset *ruleset, const struct path *path,
                              struct filter *filter, struct diag *diag);
