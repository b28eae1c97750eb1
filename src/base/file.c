/* SPDX-License-Identifier: Apache-2.0 */

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/xattr.h>

#define READ_CHUNK      ((size_t)64 << 10)
#define SUFFIX_LENGTH   6 /* characters of `.NAME.XXXXXX` behind the last dot */
#define LABEL_XATTR     "security.selinux"
#define LABEL_MAX       512 /* bytes */
#define CREATE_ATTEMPTS 16

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

static int read_to_end(int fd, size_t limit, struct buffer *out)
{
	size_t n_before = out->n_data;

	for (;;) {
		ssize_t n;
		int r = buffer_reserve(out, READ_CHUNK);

		if (r)
			return r;
		n = read(fd, out->data + out->n_data, READ_CHUNK);
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

int file_read(int dir_fd, const char *path, size_t limit, struct buffer *out, struct stat *st)
{
	_cleanup_(closep) int fd = -1;
	struct stat own;

	if (!st)
		st = &own;
	/* O_NONBLOCK: a fifo must not hang us before we can refuse it. */
	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, st) < 0)
		return -errno;
	if (S_ISDIR(st->st_mode))
		return -EISDIR;
	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	return read_to_end(fd, limit, out);
}

static void random_suffix(char suffix[SUFFIX_LENGTH])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
	uint8_t bytes[SUFFIX_LENGTH] = { 0 };

	/* A failure gives a fixed name, and O_EXCL still keeps us honest. */
	if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) < 0)
		memset(bytes, 0, sizeof(bytes));
	for (size_t i = 0; i < SUFFIX_LENGTH; i++)
		suffix[i] = letters[bytes[i] % (sizeof(letters) - 1)];
}

static int create_temporary(struct replacement *replacement, int *fdp)
{
	size_t n = strlen(replacement->name) + SUFFIX_LENGTH + 3;

	replacement->temporary = calloc(1, n);
	if (!replacement->temporary)
		return -ENOMEM;
	for (unsigned int i = 0; i < CREATE_ATTEMPTS; i++) {
		char suffix[SUFFIX_LENGTH];
		int fd;

		random_suffix(suffix);
		snprintf(replacement->temporary, n, ".%s.%.*s", replacement->name, SUFFIX_LENGTH,
			 suffix);
		fd = openat(replacement->dir_fd, replacement->temporary,
			    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0) {
			*fdp = fd;
			return 0;
		}
		if (errno != EEXIST)
			break;
	}
	free(steal_ptr(replacement->temporary));
	return -errno;
}

/* The label is kept where there is one; a file system without labels is no error. */
static int copy_label(int from_fd, int to_fd)
{
	char label[LABEL_MAX];
	ssize_t n = fgetxattr(from_fd, LABEL_XATTR, label, sizeof(label));

	if (n < 0)
		return 0;
	if (fsetxattr(to_fd, LABEL_XATTR, label, (size_t)n, 0) < 0 && errno != ENOTSUP &&
	    errno != EPERM)
		return -errno;
	return 0;
}

static int copy_ownership(int from_fd, int to_fd)
{
	struct stat from, to;

	if (fstat(from_fd, &from) < 0 || fstat(to_fd, &to) < 0)
		return -errno;
	if ((from.st_uid != to.st_uid || from.st_gid != to.st_gid) &&
	    fchown(to_fd, from.st_uid, from.st_gid) < 0)
		return -errno;
	if (fchmod(to_fd, from.st_mode & 07777) < 0)
		return -errno;
	return copy_label(from_fd, to_fd);
}

static int fill_temporary(int fd, const void *data, size_t n_data, int model_fd)
{
	int r = model_fd < 0 ? 0 : copy_ownership(model_fd, fd);

	if (r)
		return r;
	r = fd_write_all(fd, data, n_data);
	if (r)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

int replacement_prepare(struct replacement *replacement, int dir_fd, const char *name,
			const void *data, size_t n_data, int model_fd)
{
	_cleanup_(closep) int fd = -1;
	int r;

	*replacement = REPLACEMENT_INIT;
	replacement->dir_fd = dir_fd;
	replacement->name = strdup(name);
	if (!replacement->name)
		return -ENOMEM;
	r = create_temporary(replacement, &fd);
	if (!r)
		r = fill_temporary(fd, data, n_data, model_fd);
	if (r)
		replacement_deinit(replacement);
	return r;
}

int replacement_commit(struct replacement *replacement)
{
	if (renameat(replacement->dir_fd, replacement->temporary, replacement->dir_fd,
		     replacement->name) < 0)
		return -errno;
	free(steal_ptr(replacement->temporary));
	return fsync(replacement->dir_fd) < 0 ? -errno : 0;
}

void replacement_deinit(struct replacement *replacement)
{
	if (replacement->temporary)
		unlinkat(replacement->dir_fd, replacement->temporary, 0);
	free(steal_ptr(replacement->temporary));
	free(steal_ptr(replacement->name));
	replacement->dir_fd = -1;
}

int file_replace(int dir_fd, const char *name, const void *data, size_t n_data, int model_fd)
{
	_cleanup_(replacement_deinit) struct replacement replacement = REPLACEMENT_INIT;
	int r = replacement_prepare(&replacement, dir_fd, name, data, n_data, model_fd);

	return r ? r : replacement_commit(&replacement);
}

static bool is_temporary_of(const char *entry, const char *name)
{
	size_t n_name = strlen(name);

	return entry[0] == '.' && strlen(entry) == n_name + SUFFIX_LENGTH + 2 &&
	       !strncmp(entry + 1, name, n_name) && entry[n_name + 1] == '.' &&
	       !strpbrk(entry + n_name + 2, ".");
}

void file_remove_temporaries(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (is_temporary_of(entry->d_name, name))
			unlinkat(dir_fd, entry->d_name, 0);
	}
	closedir(dir);
}

int directory_make(const char *path, mode_t mode)
{
	_cleanup_(freep) char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = copy + 1; copy[0] && (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}
