#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Which files a thread, and what it starts, may open from now on: landlock(7). */

#include <stdint.h>

#include "base/util.h"

/* What may be done below a directory. */
enum landlock_access {
	LANDLOCK_READ,   /* files can be read, directories listed */
	LANDLOCK_CHANGE, /* likewise; regular files can be written, made, renamed and removed */
};

/*
 * A set of rules that allows nothing yet; abi is that of the kernel. Returns its descriptor, owned.
 * -EOPNOTSUPP: the kernel has no Landlock, or has it switched off. Another -errno.
 */
_must_check_ int landlock_new(int *abip);

/* Allows access below a directory, which is opened by its path, behind links. 0 or -errno. */
_must_check_ int landlock_allow(int ruleset_fd, int abi, const char *directory,
                                enum landlock_access access);

/* From now on only what the rules allow can be opened. Wants no_new_privs. 0 or -errno. */
_must_check_ int landlock_enter(int ruleset_fd);
