#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a process may do, capabilities(7): given up for good, by it and all that it starts. */

#include <linux/capability.h>
#include <stdint.h>

#include "base/util.h"

/* A set of capabilities is the sum of these. */
#define PRIVILEGE(capability) (UINT64_C(1) << (capability))

/*
 * Leaves of what the calling thread has those of effective, to be used, and those of permitted,
 * which include them, for the programs that it starts, which have just those if they are root's; and
 * sets no_new_privs. To be called before there are other threads. What it has not it does not get.
 * 0 or -errno.
 */
_must_check_ int privilege_limit(uint64_t effective, uint64_t permitted);

/* The permitted set of the calling thread. 0 or -errno. */
_must_check_ int privilege_get(uint64_t *permittedp);
