/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/xattr.h>

#include "base/file.h"

#define MARK            ".seccompfs-"      /* between the name and the random characters */
#define SUFFIX_LENGTH   6                  /* random characters */
#define XATTR_MAX       ((size_t)64 << 10) /* bytes: XATTR_SIZE_MAX of Linux */
#define CREATE_ATTEMPTS 16

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

static int create_temporary(struct replacement *replacement)
{
	size_t n = strlen(replacement->name) + strlen(MARK) + SUFFIX_LENGTH + 2;
	int r = -EEXIST;

	replacement->temporary = calloc(1, n);
	if (!replacement->temporary)
		return -ENOMEM;
	for (unsigned int i = 0; i < CREATE_ATTEMPTS && r == -EEXIST; i++) {
		char suffix[SUFFIX_LENGTH];

		random_suffix(suffix);
		snprintf(replacement->temporary, n, ".%s" MARK "%.*s", replacement->name,
		         SUFFIX_LENGTH, suffix);
		replacement->fd = openat(replacement->dir_fd, replacement->temporary,
		                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		                         0600);
		if (replacement->fd >= 0)
			return 0;
		r = -errno;
	}
	free(steal_ptr(replacement->temporary));
	return r;
}

/* 0, -ENODATA when there is none, or another -errno. */
static int copy_xattr(int from_fd, int to_fd, const char *name)
{
	_cleanup_(freep) char *value = NULL;
	ssize_t n = fgetxattr(from_fd, name, NULL, 0);

	if (n < 0)
		return errno == ENOTSUP ? -ENODATA : -errno;
	value = malloc(XATTR_MAX);
	if (!value)
		return -ENOMEM;
	n = fgetxattr(from_fd, name, value, XATTR_MAX);
	if (n < 0)
		return -errno;
	return fsetxattr(to_fd, name, value, (size_t)n, 0) < 0 ? -errno : 0;
}

/* The label is kept where the policy allows it; a file system without labels is no error. */
static int copy_label(int from_fd, int to_fd)
{
	int r = copy_xattr(from_fd, to_fd, "security.selinux");

	return r == -ENODATA || r == -ENOTSUP || r == -EPERM || r == -EACCES ? 0 : r;
}

/*
 * Without its access list the group bits of a mode mean something else (the list's mask, now given
 * to the group), so a list must come along; and one inherited from the directory must go.
 */
static int copy_access_list(int from_fd, int to_fd)
{
	static const char name[] = "system.posix_acl_access";
	int r = copy_xattr(from_fd, to_fd, name);

	if (r != -ENODATA)
		return r;
	if (fremovexattr(to_fd, name) < 0 && errno != ENODATA && errno != ENOTSUP)
		return -errno;
	return 0;
}

static int copy_ownership(int from_fd, int to_fd)
{
	struct stat from, to;
	int r;

	if (fstat(from_fd, &from) < 0 || fstat(to_fd, &to) < 0)
		return -errno;
	if ((from.st_uid != to.st_uid || from.st_gid != to.st_gid) &&
	    fchown(to_fd, from.st_uid, from.st_gid) < 0)
		return -errno;
	r = copy_access_list(from_fd, to_fd);
	if (r)
		return r;
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
	return r ? r : fd_begin_sync(fd);
}

int replacement_prepare(struct replacement *replacement, int dir_fd, const char *name,
                        const void *data, size_t n_data, int model_fd)
{
	int r;

	*replacement = REPLACEMENT_INIT;
	replacement->dir_fd = dir_fd;
	replacement->name = strdup(name);
	if (!replacement->name)
		return -ENOMEM;
	r = create_temporary(replacement);
	if (!r)
		r = fill_temporary(replacement->fd, data, n_data, model_fd);
	if (r)
		replacement_deinit(replacement);
	return r;
}

int replacement_sync(struct replacement *replacement)
{
	int r = fd_sync_and_close(&replacement->fd);

	if (r)
		replacement_deinit(replacement);
	return r;
}

int replacement_commit(struct replacement *replacement)
{
	assert(replacement->fd < 0);
	if (renameat(replacement->dir_fd, replacement->temporary, replacement->dir_fd,
	             replacement->name) < 0)
		return -errno;
	free(steal_ptr(replacement->temporary));
	replacement->placed = true;
	/* EINVAL: a file system that cannot sync directories. */
	return fsync(replacement->dir_fd) < 0 && errno != EINVAL ? -errno : 0;
}

void replacement_deinit(struct replacement *replacement)
{
	closep(&replacement->fd);
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

	if (!r)
		r = replacement_sync(&replacement);
	return r ? r : replacement_commit(&replacement);
}

static bool is_temporary_of(const char *entry, const char *name)
{
	size_t n_name = strlen(name), n_mark = strlen(MARK);

	return entry[0] == '.' && strlen(entry) == 1 + n_name + n_mark + SUFFIX_LENGTH &&
	       !strncmp(entry + 1, name, n_name) && !strncmp(entry + 1 + n_name, MARK, n_mark);
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
