#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The mounts of this process' namespace: /proc/self/mountinfo, proc(5). */

#include <sys/types.h>

#include "base/util.h"

#define MOUNTINFO_PATH "/proc/self/mountinfo" /* poll(2) gives POLLPRI when it changes */

#define MOUNTINFO_PATH_MAX 4096 /* bytes: what mount(2) and umount(2) take */

/*
 * Looks for a mount of device dev (0: any) at mount_point (NULL: anywhere) whose type begins with
 * fs_type; of several the last, which is the uppermost of those at one place. 1 found, 0 not,
 * -errno. path may be NULL; else it gets the place when one was found. Allocates nothing.
 */
_must_check_ int mountinfo_find(dev_t dev, const char *mount_point, const char *fs_type,
                                char path[MOUNTINFO_PATH_MAX]);

/* The same in a file of that form, from where it stands. */
_must_check_ int mountinfo_find_in(int fd, dev_t dev, const char *mount_point, const char *fs_type,
                                   char path[MOUNTINFO_PATH_MAX]);

/* The device number of the uppermost mount at path, without asking a server who may not answer; 0:
 * unknown. */
dev_t mountinfo_device_at(const char *path);

/*
 * Detaches the dead mounts at path, however many (base/mount_probe.h). Leaves one that is silent.
 * path is canonical.
 */
void mountinfo_detach_dead(const char *path);
