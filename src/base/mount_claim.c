/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mount_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Of the whole file. Unlike flock(2) it is not shared with children (fcntl(2), "Advisory record
 * locking"). */
static struct flock whole(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

#define CLAIM_NAME_MAX 32

static int open_directory(const char *directory, dev_t dev, char name[CLAIM_NAME_MAX])
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(name, CLAIM_NAME_MAX, ".%u-%u", major(dev), minor(dev));
	return fd < 0 ? -errno : fd;
}

static int open_file(const char *directory, dev_t dev, int flags)
{
	char name[CLAIM_NAME_MAX];
	_cleanup_(closep) int directory_fd = open_directory(directory, dev, name);
	int fd;

	if (directory_fd < 0)
		return directory_fd;
	fd = openat(directory_fd, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int mount_claim_take(const char *directory, dev_t dev)
{
	for (;;) {
		_cleanup_(closep) int fd = open_file(directory, dev, O_RDWR | O_CREAT);
		struct flock lock = whole();

		if (fd < 0)
			return fd;
		if (!fcntl(fd, F_SETLK, &lock))
			return steal_fd(&fd);
		if (errno != EAGAIN && errno != EACCES)
			return -errno;
		mount_claim_forget(directory, dev);
	}
}

/* The number may be another mount's by now, and its file another one. */
static bool is_current(const char *directory, dev_t dev, int fd)
{
	_cleanup_(closep) int current_fd = open_file(directory, dev, O_PATH);
	struct stat current, ours;

	return current_fd >= 0 && !fstat(current_fd, &current) && !fstat(fd, &ours) &&
	       current.st_ino == ours.st_ino;
}

void mount_claim_release(const char *directory, dev_t dev, int *fd)
{
	if (*fd < 0)
		return;
	if (is_current(directory, dev, *fd))
		mount_claim_forget(directory, dev);
	close(steal_fd(fd));
}

enum mount_claim mount_claim_look(const char *directory, dev_t dev)
{
	_cleanup_(closep) int fd = open_file(directory, dev, O_RDWR);
	struct flock lock = whole();

	if (fd < 0 || fcntl(fd, F_GETLK, &lock) < 0)
		return MOUNT_CLAIM_NONE;
	return lock.l_type == F_UNLCK ? MOUNT_CLAIM_LEFT : MOUNT_CLAIM_HELD;
}

void mount_claim_forget(const char *directory, dev_t dev)
{
	char name[CLAIM_NAME_MAX];
	_cleanup_(closep) int directory_fd = open_directory(directory, dev, name);

	if (directory_fd >= 0)
		unlinkat(directory_fd, name, 0);
}
