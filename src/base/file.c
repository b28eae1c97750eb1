/* SPDX-License-Identifier: Apache-2.0 */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define READ_CHUNK ((size_t)64 << 10)
#define END_CHUNK  ((size_t)4 << 10) /* where the end should be */

int fd_write_all(int fd, const void *data, size_t n_data)
{
	const char *p = data;

	while (n_data) {
		ssize_t n = write(fd, p, n_data);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		n_data -= (size_t)n;
	}
	return 0;
}

/* With a flag that waits it would take the error of a write that failed, which the kernel tells but
 * once. An error of its own, such as of a block that cannot be had, no fsync(2) might tell again. */
int fd_begin_sync(int fd)
{
	bool is_of_disk;

	if (!sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE))
		return 0;
	is_of_disk = errno == EIO || errno == ENOSPC || errno == EDQUOT;
	return is_of_disk ? -errno : 0;
}

int fd_sync_and_close(int *fdp)
{
	_cleanup_(closep) int fd = steal_fd(fdp);

	return fd >= 0 && fsync(fd) < 0 ? -errno : 0;
}

/* What is left of the size that the file had when it was opened; it may be another one. */
static size_t next_chunk(size_t size, size_t n_read)
{
	if (n_read >= size)
		return END_CHUNK;
	return size - n_read < READ_CHUNK ? size - n_read : READ_CHUNK;
}

static int read_to_end(int fd, size_t size, size_t limit, struct buffer *out)
{
	size_t n_before = out->n_data;
	int r = buffer_reserve(out, size < limit ? size : limit);

	for (;;) {
		size_t chunk = next_chunk(size, out->n_data - n_before);
		ssize_t n;

		r = r ? r : buffer_reserve(out, chunk);
		if (r)
			return r;
		n = read(fd, out->data + out->n_data, chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		out->n_data += (size_t)n;
		if (out->n_data - n_before > limit)
			return -EFBIG;
	}
	out->data[out->n_data] = '\0';
	return 0;
}

int file_read_fd(int fd, size_t limit, struct buffer *out, struct stat *st)
{
	struct stat own;

	if (!st)
		st = &own;
	if (fstat(fd, st) < 0)
		return -errno;
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	return read_to_end(fd, (size_t)st->st_size, limit, out);
}

int file_read(int dir_fd, const char *path, size_t limit, struct buffer *out, struct stat *st)
{
	_cleanup_(closep) int fd = -1;

	/* O_NONBLOCK: a fifo must not hang us before we can refuse it. */
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	return file_read_fd(fd, limit, out, st);
}

/* A new name in a directory is durable when the directory is. */
static int sync_parent(const char *path)
{
	_cleanup_(freep) char *copy = strdup(path);
	_cleanup_(closep) int fd = -1;
	char *slash;

	if (!copy)
		return -ENOMEM;
	slash = strrchr(copy, '/');
	if (slash == copy)
		slash[1] = '\0';
	else if (slash)
		*slash = '\0';
	fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* EINVAL: a file system that cannot sync directories. */
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

static int make_one(const char *path, mode_t mode)
{
	struct stat st;

	if (!mkdir(path, mode))
		return sync_parent(path);
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int directory_make(const char *path, mode_t mode)
{
	_cleanup_(freep) char *copy = strdup(path);
	size_t n = strlen(path);

	if (!copy)
		return -ENOMEM;
	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	for (char *c = copy; *c; c++) {
		int r;

		/* Each component ends at a slash that has something else in front. */
		if (*c != '/' || c == copy || c[-1] == '/')
			continue;
		*c = '\0';
		r = make_one(copy, 0755);
		if (r)
			return r;
		*c = '/';
	}
	return make_one(copy, mode);
}
