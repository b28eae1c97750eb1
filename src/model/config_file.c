/* SPDX-License-Identifier: Apache-2.0 */

#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "model/machine_config.h"

#define COMPARE_CHUNK ((size_t)16 << 10) /* bytes */

/* The directory of file->path; its name is what follows. */
static int open_directory(struct config_file *file)
{
	char *slash = strrchr(file->path, '/');
	_cleanup_(freep) char *directory = strndup(file->path, (size_t)(slash - file->path) + 1);

	if (!directory)
		return -ENOMEM;
	file->name = slash + 1;
	file->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return file->dir_fd < 0 ? -errno : 0;
}

static int find_file(const char *path, struct config_file *file)
{
	int r;

	file->path = realpath(path, NULL);
	if (!file->path)
		return -errno;
	r = open_directory(file);
	if (r)
		return r;
	/* O_NONBLOCK: a fifo must not hang us before we can refuse it. */
	file->fd = openat(file->dir_fd, file->name,
	                  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	return file->fd < 0 ? -errno : 0;
}

int config_file_open(const char *path, struct config_file *file)
{
	int r;

	*file = CONFIG_FILE_INIT;
	r = find_file(path, file);
	if (!r)
		r = file_read_fd(file->fd, MACHINE_CONFIG_SIZE_MAX, &file->text, NULL);
	if (r)
		config_file_deinit(file);
	return r;
}

void config_file_deinit(struct config_file *file)
{
	closep(&file->fd);
	closep(&file->dir_fd);
	free(file->path);
	buffer_deinit(&file->text);
	*file = CONFIG_FILE_INIT;
}

/* Whether the directory is the one that a `..data` link beside it leads to. */
static bool is_projected_directory(const char *directory)
{
	const char *slash = strrchr(directory, '/');
	_cleanup_(freep) char *link = NULL;
	struct stat st, data;

	if (asprintf(&link, "%.*s/..data", (int)(slash - directory), directory) < 0) {
		link = NULL;
		return false;
	}
	return !lstat(link, &st) && S_ISLNK(st.st_mode) && !stat(link, &data) &&
	       !stat(directory, &st) && st.st_dev == data.st_dev && st.st_ino == data.st_ino;
}

/* Looks at every directory above the file: the volume may hold a tree. */
static bool is_projected(const struct config_file *file)
{
	_cleanup_(freep) char *path = strdup(file->path);
	char *slash;

	while (path && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (is_projected_directory(path))
			return true;
	}
	return false;
}

int config_file_check_writable(const struct config_file *file, const char **reasonp)
{
	if (is_projected(file)) {
		*reasonp = "it is in a volume that Kubernetes projects";
		return -EROFS;
	}
	if (!faccessat(file->dir_fd, file->name, W_OK, AT_EACCESS))
		return 0;
	switch (errno) {
	case ENOENT:
		return 0;
	case EROFS:
		*reasonp = "it is on a read-only file system";
		return -EROFS;
	case EACCES:
	case EPERM:
		*reasonp = "there is no permission to write it";
		return -EROFS;
	default:
		return -errno;
	}
}

static bool is_same_file(int a_fd, int b_fd)
{
	struct stat a, b;

	return !fstat(a_fd, &a) && !fstat(b_fd, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Reads no more than it must, and keeps nothing. 0 or -errno. */
static int compare_text(int fd, const struct buffer *text, bool *samep)
{
	char chunk[COMPARE_CHUNK];
	size_t n_same = 0;
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		*samep = (size_t)n <= text->n_data - n_same &&
		         !memcmp(chunk, text->data + n_same, (size_t)n);
		if (!*samep)
			return 0;
		n_same += (size_t)n;
	}
	*samep = n_same == text->n_data;
	return 0;
}

int config_file_is_current(const char *path, const struct config_file *file, bool *currentp)
{
	_cleanup_(config_file_deinit) struct config_file now = CONFIG_FILE_INIT;
	int r = find_file(path, &now);

	if (r)
		return r;
	/* The directory too: what is renamed in one that was moved away is seen by nobody. */
	*currentp = is_same_file(now.dir_fd, file->dir_fd) && is_same_file(now.fd, file->fd);
	return *currentp ? compare_text(now.fd, &file->text, currentp) : 0;
}
