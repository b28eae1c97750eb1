#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Files read whole, and files replaced durably: a temporary file in the same directory, fsync,
 * rename, fsync of the directory. A replacement has three steps so that several files can be written
 * before the first fsync, which then has the disk busy with all of them, and be safe before the
 * first is put in place.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/util.h"

/*
 * Reads path, relative to dir_fd (AT_FDCWD allowed), and appends it to out. At most limit bytes:
 * -EFBIG beyond. -EISDIR or -EINVAL for what is not a regular file. st may be NULL.
 */
_must_check_ int file_read(int dir_fd, const char *path, size_t limit, struct buffer *out,
                           struct stat *st);

/* As file_read(), from where fd stands. */
_must_check_ int file_read_fd(int fd, size_t limit, struct buffer *out, struct stat *st);

struct replacement {
	int dir_fd;      /* borrowed */
	char *name;      /* in dir_fd */
	char *temporary; /* likewise; NULL: none, or it stands as name already */
	int fd;          /* of the temporary file, until it is fsynced; -1 */
	bool placed;     /* the rename is done, whatever replacement_commit() returned */
};

#define REPLACEMENT_INIT ((struct replacement){ .dir_fd = -1, .fd = -1 })

/*
 * First step: writes `.NAME.seccompfs-RANDOM` beside dir_fd/name. Mode, owner, security
 * label and access list are those of model_fd when it is not -1, else mode 0600 and the caller's.
 * dir_fd is a directory opened for reading, borrowed until deinit. On error nothing is left behind.
 */
_must_check_ int replacement_prepare(struct replacement *replacement, int dir_fd, const char *name,
                                     const void *data, size_t n_data, int model_fd);

/* Second step: fsync. On error nothing is left behind. Nothing to do where nothing was prepared. */
_must_check_ int replacement_sync(struct replacement *replacement);

/* Third step: rename and fsync of the directory. On an error of the fsync the new file stands
 * already (placed), but may not be durable. */
_must_check_ int replacement_commit(struct replacement *replacement);

/* Removes a temporary file that was not committed. */
void replacement_deinit(struct replacement *replacement);

/* All three steps. */
_must_check_ int file_replace(int dir_fd, const char *name, const void *data, size_t n_data,
                              int model_fd);

/* Removes the temporary files of name that a crash left in dir_fd, and no one else's: rsync, for
 * one, calls its own `.NAME.RANDOM`. */
void file_remove_temporaries(int dir_fd, const char *name);

/* mkdir -p, durably; the last component gets mode, those above 0755. 0 when it exists already,
 * -ENOTDIR when it is something else. */
_must_check_ int directory_make(const char *path, mode_t mode);

/* Has the kernel begin to put on disk what was written to fd, and does not wait: an fsync(2) is to come,
 * and takes the less time. 0 also where that is not possible; the -errno of a disk that fails. */
_must_check_ int fd_begin_sync(int fd);

/* fsync(2), and close. 0, also where *fdp is -1, or -errno. */
_must_check_ int fd_sync_and_close(int *fdp);

/* Writes all of data; handles short writes and EINTR. */
_must_check_ int fd_write_all(int fd, const void *data, size_t n_data);
