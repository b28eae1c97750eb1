#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Goes along a path as the kernel does, behind symbolic links too, and tells each step. */

#include <stdbool.h>

#include "base/util.h"

/*
 * A name is about to be taken in a directory, whose path is absolute and has no links in it; is_last:
 * it is the last one of the path, or of the link that is being followed at its end. Called before the
 * name is looked at. What is not 0 ends the walk.
 */
typedef int (*path_step_fn)(const char *directory, const char *name, bool is_last, void *userdata);

/*
 * path is absolute. *endp, when endp is not NULL, gets the path of what it leads to, without links,
 * owned; nothing need be there. 0, what a step said, -ELOOP, or another -errno: something in the
 * middle of the path is no directory, or not there.
 */
_must_check_ int path_walk(const char *path, path_step_fn step, void *userdata, char **endp);
