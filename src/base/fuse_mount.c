/* SPDX-License-Identifier: Apache-2.0 */

#include "base/fuse_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/log.h"
#include "base/mountinfo.h"

#define FUSE_MAJOR      10 /* of /dev/fuse, as the kernel's documentation fixes it */
#define FUSE_MINOR      229
#define FLIGHT_SIZE_MAX ((off_t)16 << 20) /* bytes, far above what any version writes */

static int fail(struct diag *diag, const char *path)
{
	int error = errno;

	diag_error(diag, NULL, NULL, "%s: %s", path, strerror(error));
	return -error;
}

int fuse_mount_open(struct fuse_mount *fuse, const char *path, const char *source,
                    unsigned long flags, const char *more, struct diag *diag)
{
	_cleanup_(freep) char *data = NULL;

	fuse->path = path;
	fuse->flight_fd = memfd_create(fuse->type, MFD_CLOEXEC);
	if (fuse->flight_fd < 0)
		return fail(diag, "memfd");
	fuse->fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse->fd < 0)
		return fail(diag, "/dev/fuse");
	if (asprintf(&data,
	             "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions%s",
	             fuse->fd, more) < 0)
		return -ENOMEM;
	flags |= MS_NOSUID | MS_NODEV | MS_NOEXEC;
	if (mount(source, path, fuse->type, flags, data) < 0)
		return fail(diag, path);
	fuse->dev = mountinfo_device_at(path);
	return 0;
}

/* While this holds, its device number is not given to another file system. */
static bool is_connected(const struct fuse_mount *fuse)
{
	struct pollfd end = { .fd = fuse->fd };

	return fuse->fd >= 0 && poll(&end, 1, 0) == 0; /* else POLLERR */
}

static bool is_in_table(const struct fuse_mount *fuse, const char *path)
{
	bool found = mountinfo_find(fuse->dev, path, fuse->type, NULL) > 0;

	/* Twice, since Linux before 5.8 may skip lines while others mount and unmount. */
	return found || mountinfo_find(fuse->dev, path, fuse->type, NULL) > 0;
}

bool fuse_mount_is_there(const struct fuse_mount *fuse)
{
	return is_connected(fuse) &&
	       (mountinfo_device_at(fuse->path) == fuse->dev || is_in_table(fuse, NULL));
}

int fuse_mount_check_device(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(FUSE_MAJOR, FUSE_MINOR) ? 0 : -ENODEV;
}

/* An empty one has served nobody: INIT, which comes once, would not be in it. */
static bool is_flight(int fd)
{
	struct stat st;

	/* Seals are what only memory files have. */
	return fcntl(fd, F_GET_SEALS) >= 0 && fstat(fd, &st) == 0 && st.st_size > 0 &&
	       st.st_size <= FLIGHT_SIZE_MAX;
}

bool fuse_mount_adopt(struct fuse_mount *fuse, const char *path, dev_t dev, int fd, int flight_fd)
{
	const struct fuse_mount found = {
		.type = fuse->type, .path = path, .fd = fd, .flight_fd = flight_fd, .dev = dev
	};

	/* The table first: while the connection lives its number is nobody else's. */
	if (!dev || fuse_mount_check_device(fd) || !is_flight(flight_fd) ||
	    !is_in_table(&found, path) || !is_connected(&found))
		return false;
	*fuse = found;
	return true;
}

/*
 * By force, because closing our descriptor need not end the connection: a process that is sending a
 * notification holds another one, and may wait for a lookup that nobody answers any more.
 */
static bool detach_at(const struct fuse_mount *fuse, const char *path)
{
	return mountinfo_device_at(path) == fuse->dev && !umount2(path, MNT_DETACH | MNT_FORCE);
}

/* First where it was made: of copies elsewhere one may be out of reach. */
static void detach(const struct fuse_mount *fuse)
{
	while (fuse->path && detach_at(fuse, fuse->path))
		;
	for (;;) {
		char path[MOUNTINFO_PATH_MAX];

		if (mountinfo_find(fuse->dev, NULL, fuse->type, path) <= 0)
			break;
		if (detach_at(fuse, path))
			continue;
		log_warning("%s: something is mounted over it, it stays as a dead mount", path);
		break;
	}
}

void fuse_mount_close(struct fuse_mount *fuse)
{
	if (fuse->dev && is_connected(fuse))
		detach(fuse);
	else if (fuse->dev) /* somebody may have cut the connection of a mount that is there */
		mountinfo_detach_dead(fuse->path);
	if (fuse->fd >= 0)
		close(steal_fd(&fuse->fd));
	if (fuse->flight_fd >= 0)
		close(steal_fd(&fuse->flight_fd));
	fuse->dev = 0;
}

void fuse_mount_detach(const char *type, dev_t dev, int fd)
{
	const struct fuse_mount stale = { .type = type, .fd = fd, .dev = dev };

	if (fuse_mount_check_device(fd) || !is_in_table(&stale, NULL) || !is_connected(&stale))
		return;
	log_notice("a mount that nobody serves any more is detached");
	detach(&stale);
}
