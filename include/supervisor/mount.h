#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The two mounts: where they go, what must not be there, and how they go away again. */

#include <stdbool.h>

#include "base/diag.h"
#include "base/fuse_mount.h"
#include "base/fuse_store.h"
#include "supervisor/options.h"

#define MOUNT_TYPE_DATA    "fuse.seccompfs"
#define MOUNT_TYPE_CONTROL "fuse.seccompfs-control" /* no tool shall take it for the files */

struct planes {
	struct fuse_mount data, control;
	int data_claim_fd, control_claim_fd; /* base/mount_claim.h; -1 */
	bool owns_control_dir;               /* it goes when the control plane has gone */
	bool is_stored; /* the service manager holds the descriptors too: the mounts may stay */
	/* Of base/fuse_store.h. */
	char data_tag[FUSE_STORE_TAG_MAX], control_tag[FUSE_STORE_TAG_MAX];
};

#define PLANES_INIT                                                       \
	((struct planes){ .data = FUSE_MOUNT_INIT(MOUNT_TYPE_DATA),       \
	                  .control = FUSE_MOUNT_INIT(MOUNT_TYPE_CONTROL), \
	                  .data_claim_fd = -1,                            \
	                  .control_claim_fd = -1 })

/*
 * Takes over the mounts that the service manager has kept of an earlier start, if they are what
 * options ask for; then is_stored is true. Otherwise detaches those, and mounts.
 *
 * Makes the paths of options absolute and the mount points canonical, detaches dead mounts that
 * stand in the way, refuses what would do harm, and mounts both planes. Nobody answers there yet:
 * no path below them may be touched until a worker serves. options must live as long as planes. 0,
 * or -errno with the reason in diag; planes_unmount() puts back what was done.
 */
_must_check_ int planes_mount(struct planes *planes, struct options *options, struct diag *diag);

/* False when somebody has unmounted one of the planes, lazily or not. */
bool planes_are_mounted(const struct planes *planes);

/* Gives the service manager the descriptors, once somebody has served both. */
void planes_store(struct planes *planes);

/* Detaches what is mounted, be it busy, and removes the control directory. */
void planes_unmount(struct planes *planes);
