#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A FUSE mount, its descriptors, and how it goes away again. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/diag.h"
#include "base/util.h"

/* Its device number tells which mount is ours: a path may by now lead to a mount that somebody put
 * over it. */
struct fuse_mount {
	const char *type; /* of the file system; borrowed */
	const char *path; /* borrowed */
	int fd;           /* of /dev/fuse; -1 */
	int flight_fd;    /* an empty memfd, for those who serve it one after the other; -1 */
	dev_t dev;        /* 0: not mounted */
};

#define FUSE_MOUNT_INIT(type_) ((struct fuse_mount){ .type = type_, .fd = -1, .flight_fd = -1 })

/*
 * Mounts at path, nosuid, nodev and noexec, with flags of mount(2), and more, each option behind a
 * comma. Nobody answers there yet. 0, or -errno with the reason in diag; fuse_mount_close() puts
 * back what was done.
 */
_must_check_ int fuse_mount_open(struct fuse_mount *fuse, const char *path, const char *source,
                                 unsigned long flags, const char *more, struct diag *diag);

/* Whether fd is a descriptor of /dev/fuse: 0, or -errno; -ENODEV when it is one of something else. */
_must_check_ int fuse_mount_check_device(int fd);

/*
 * Takes over the mount of device dev at path that somebody else has made: fd is its descriptor of
 * /dev/fuse, flight_fd the memfd of those who have served it. Asks no server. True: it is there and
 * both are what they should be; then they are taken.
 */
bool fuse_mount_adopt(struct fuse_mount *fuse, const char *path, dev_t dev, int fd, int flight_fd);

/* The exit status of a program that was handed such a mount and cannot serve it, because another
 * version of it began to: the mount has to be made anew. */
#define FUSE_MOUNT_EXIT_UNFIT 3

/* False when somebody has unmounted it, lazily or not, or cut its connection. */
bool fuse_mount_is_there(const struct fuse_mount *fuse);

/* Detaches it, be it busy; what waits for an answer fails. Nobody may mount the same type meanwhile,
 * who could get its device number. */
void fuse_mount_close(struct fuse_mount *fuse);

/* Detaches the mount of device dev, whose type begins with type, if fd is a descriptor of /dev/fuse
 * that is still connected, by which the caller knows it. */
void fuse_mount_detach(const char *type, dev_t dev, int fd);
