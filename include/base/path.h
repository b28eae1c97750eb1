#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Paths as owned strings. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/util.h"

/* Frees *path and takes made, for `path_replace(&path, strdup(...))`. 0, or -ENOMEM when made is
 * NULL. */
_must_check_ int path_replace(char **path, char *made);

/* Returns owned directory/name, or NULL without memory. */
_must_check_ char *path_join(const char *directory, const char *name);

/* Puts the working directory before *path if it is relative; links and dots stay. 0 or -errno. */
_must_check_ int path_make_absolute(char **path);

/* Replaces *path by what realpath(3) gives. 0 or -errno. */
_must_check_ int path_make_canonical(char **path);

/* Whether path, with its links followed when it exists, is directory or lies below it; directory is
 * canonical. */
bool path_is_below(const char *path, const char *directory);

/* Whether whoever follows path comes by directory: as a component, behind a link, or on the way to a
 * `..`. False where path does not lead anywhere. */
bool path_leads_through(const char *path, const char *directory);

/* 0 when the directory holds nothing, -ENOTEMPTY, -errno. */
_must_check_ int path_check_empty(const char *path);

/* Makes the directory when it is missing, waits until nobody else holds its lock, and takes it: that
 * of the file ".lock" in it, which only its owner can open. Returns owned the descriptor that holds
 * it, or -errno. */
_must_check_ int path_lock_directory(const char *path, mode_t mode);
