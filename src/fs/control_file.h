#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One open `control`: whose writes and closes count (docs/control.md), and how far its result has
 * been read. Knows nothing of FUSE. One thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/util.h"
#include "model/store.h"

struct control_file;

/* Hears of each transaction. */
struct control_file_listener {
	void (*transacted)(void *userdata, enum result_kind kind);
	void *userdata; /* borrowed */
};

/*
 * notifier_fd (fs/notifier.h) is asked how a process ends; -1: /proc shows it to us. thread: who
 * opens it, as FUSE numbers it. listener is copied, the others are borrowed. Returns owned, or NULL.
 */
struct control_file *control_file_new(struct store *store, size_t max_patch, int notifier_fd,
                                      pid_t thread, const struct control_file_listener *listener);

/* Commits nothing: whoever has it open has not closed it. */
void control_file_free(struct control_file *file);
DEFINE_CLEANUP(struct control_file *, control_file_free);

/* The last close: commits what is pending, and frees. */
void control_file_release(struct control_file *file);

/* See patch_stream_write(). The offset only tells what a program writes again because it has not
 * heard of the error yet (split_write.h): that gives the error again, and is no transaction. */
_must_check_ int control_file_write(struct control_file *file, const void *data, size_t n_data,
                                    off_t offset, pid_t thread);

/* A close by thread. 0 when it does not count. */
_must_check_ int control_file_flush(struct control_file *file, pid_t thread);

/* Nobody calls fsync(2) by accident: it counts from any process. */
_must_check_ int control_file_fsync(struct control_file *file);

/* The process, or 0 when it is not known. */
pid_t control_file_opener(const struct control_file *file);

/* Whether bytes that were written wait for a commit. */
bool control_file_is_pending(const struct control_file *file);

/*
 * The next at most size bytes of the result; 0 at its end. The offset of a read says nothing, since
 * it counts what was written as well, but that 0 is the beginning: whoever goes back there (less)
 * means it. Borrowed until the next call. 0 or -ENOMEM.
 */
_must_check_ int control_file_read(struct control_file *file, size_t size, off_t offset,
                                   const char **datap, size_t *n_datap);
