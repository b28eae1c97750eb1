/* SPDX-License-Identifier: Apache-2.0 */

#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"

int path_replace(char **path, char *made)
{
	if (!made)
		return -ENOMEM;
	free(*path);
	*path = made;
	return 0;
}

char *path_join(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

int path_make_absolute(char **path)
{
	_cleanup_(freep) char *directory = NULL;

	if (**path == '/')
		return 0;
	directory = get_current_dir_name();
	return directory ? path_replace(path, path_join(directory, *path)) : -errno;
}

int path_make_canonical(char **path)
{
	char *canonical;

	/* With a slash behind it a file system that is mounted there would be asked. */
	for (size_t n = strlen(*path); n > 1 && (*path)[n - 1] == '/'; n--)
		(*path)[n - 1] = '\0';
	canonical = realpath(*path, NULL);

	return canonical ? path_replace(path, canonical) : -errno;
}

bool path_is_below(const char *path, const char *directory)
{
	_cleanup_(freep) char *real = realpath(path, NULL);
	size_t n = strlen(directory);

	path = real ? real : path;
	if (directory[n - 1] == '/') /* the root */
		return true;
	return !strncmp(path, directory, n) && (!path[n] || path[n] == '/');
}

/* More than any path has, so that links in a circle end. */
#define STEPS_MAX (2 * PATH_MAX)

/* Goes one component further from *fdp. Behind a link the way goes on in *restp, owned. */
static bool walk_step(int *fdp, const char *name, char **restp, const char *rest)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(*fdp, name, target, sizeof(target) - 1);
	int fd;

	if (n < 0) {
		fd = openat(*fdp, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		*restp = strdup(rest);
	} else {
		target[n] = '\0';
		fd = openat(*fdp, *target == '/' ? "/" : ".", O_PATH | O_CLOEXEC);
		*restp = path_join(target, rest);
	}
	closep(fdp);
	*fdp = fd;
	return fd >= 0 && *restp;
}

bool path_leads_through(const char *path, const char *directory)
{
	_cleanup_(closep) int fd = open(*path == '/' ? "/" : ".", O_PATH | O_CLOEXEC);
	_cleanup_(freep) char *way = strdup(path);
	struct stat wanted, here;

	if (fd < 0 || !way || stat(directory, &wanted) < 0)
		return false;
	for (int steps = STEPS_MAX; steps && fstat(fd, &here) == 0; steps--) {
		char *name = way + strspn(way, "/"), *end = name + strcspn(name, "/"), *rest;

		if (here.st_dev == wanted.st_dev && here.st_ino == wanted.st_ino)
			return true;
		if (!*name)
			return false;
		if (*end)
			*end++ = '\0';
		if (!walk_step(&fd, name, &rest, end)) {
			free(rest);
			return false;
		}
		free(way);
		way = rest;
	}
	return false;
}

int path_check_empty(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool is_empty = true;

	if (!directory)
		return -errno;
	while (is_empty && (entry = readdir(directory)))
		is_empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	closedir(directory);
	return is_empty ? 0 : -ENOTEMPTY;
}

/* Whoever may open a file may lock it, and a directory is open to many. */
#define LOCK_NAME ".lock"

int path_lock_directory(const char *path, mode_t mode)
{
	_cleanup_(closep) int fd = -1;
	int r, lock_fd;

	/* Where it is there this takes no memory. */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		r = directory_make(path, mode);
		if (r)
			return r;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	lock_fd = fd < 0 ? -1
	                 : openat(fd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lock_fd < 0)
		return -errno;
	if (flock(lock_fd, LOCK_EX) < 0) {
		r = -errno;
		close(lock_fd);
		return r;
	}
	return lock_fd;
}
