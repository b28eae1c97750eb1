/* SPDX-License-Identifier: Apache-2.0 */

#include "config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "model/machine_config.h"

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

static int open_file(const char *path, struct config_file *file)
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
	if (file->fd < 0)
		return -errno;
	return file_read_fd(file->fd, MACHINE_CONFIG_SIZE_MAX, &file->text, NULL);
}

int config_file_open(const char *path, struct config_file *file)
{
	int r;

	*file = CONFIG_FILE_INIT;
	r = open_file(path, file);
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

static bool is_same_text(const struct buffer *a, const struct buffer *b)
{
	return a->n_data == b->n_data && (!a->n_data || !memcmp(a->data, b->data, a->n_data));
}

int config_file_is_current(const char *path, const struct config_file *file, bool *currentp)
{
	_cleanup_(config_file_deinit) struct config_file now = CONFIG_FILE_INIT;
	int r = config_file_open(path, &now);

	if (r)
		return r;
	/* The directory too: what is renamed in one that was moved away is seen by nobody. */
	*currentp = is_same_file(now.dir_fd, file->dir_fd) && is_same_file(now.fd, file->fd) &&
	            is_same_text(&now.text, &file->text);
	return 0;
}
