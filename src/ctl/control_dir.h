#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Which instance is meant: its control directory, and the mount point of its profiles. */

#include "arguments.h"

/*
 * The control directory: --control, else $SECCOMPFS_CONTROL, else the only one that is mounted
 * below /run/seccompfs. 0 and *pathp is owned by the caller, or an exit status after a message on
 * stderr (EXIT_USAGE when there are several).
 */
_must_check_ int control_dir_find(const struct arguments *arguments, char **pathp);

/* The same with mounts, a file like /proc/self/mounts, and root instead of /run/seccompfs. */
_must_check_ int control_dir_find_in(const char *mounts, const char *root, char **pathp);

/*
 * The mount point whose `.control` leads into control_dir. 0 and *pathp is owned by the caller, or
 * an exit status after a message on stderr.
 */
_must_check_ int profiles_dir_find(const char *control_dir, char **pathp);

_must_check_ int profiles_dir_find_in(const char *mounts, const char *control_dir, char **pathp);
