#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The versions of profiles that were replaced, kept beside the state: somebody may have one open,
 * and the worker that knew it may die. They are of use for as long as the mount lives, at most:
 * nothing here is durable, and nothing depends on it.
 *
 * Two files of records, the older and the newer one: when the newer one is full it becomes the
 * older one. A record that was cut off ends its file.
 *
 * A third one has what a worker served that was told to end. The next one may be another program, or
 * have other facts, and make other bytes of the same config; then those that the kernel may still want
 * are to be had nowhere else. What it does not replace is of no use.
 *
 * A start reads them while whoever waits for the next worker waits. So it only sees to it that it has the
 * bytes: whether they are still those of the digest is looked at when somebody wants them.
 */

#include "model/snapshot.h"

#define REPLACED_FILE_MAX (16UL << 20) /* bytes; at least so many of the newest are kept */
#define REPLACED_NAME     "replaced"
#define REPLACED_OLD_NAME "replaced.old"
#define REPLACED_END_NAME "replaced.end"

/* How long a worker may take to make the bytes of what nobody has read: then it ends without the rest. */
#define REPLACED_END_MS 1000

/* Writes down those of before that after does not have. 0 or -errno. */
_must_check_ int replaced_append(int dir_fd, const struct snapshot *before,
                                 const struct snapshot *after);

/* Calls each with the newest versions that were kept, of REPLACED_FILE_MAX bytes together, the oldest
 * first; borrowed for the call. Their bytes are unchecked. 0, -errno, or what each returned. */
typedef int (*replaced_fn)(void *userdata, struct profile *profile);
_must_check_ int replaced_load(int dir_fd, replaced_fn each, void *userdata);

/*
 * Writes down what is served at the end of this process, REPLACED_FILE_MAX bytes together: first what
 * has its bytes, and then what gets them in REPLACED_END_MS. 0 or -errno.
 */
_must_check_ int replaced_write_end(int dir_fd, const struct snapshot *last);

/* Calls each with what the process before has written so, if it did; else as replaced_load(). */
_must_check_ int replaced_load_end(int dir_fd, replaced_fn each, void *userdata);

/* Forgets all of a mount before. */
void replaced_remove(int dir_fd);
