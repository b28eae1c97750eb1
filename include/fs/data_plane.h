#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The data plane: every profile of the current snapshot as a file of the root directory, and
 * `.control`, a symbolic link to the control file. A nodeid names one version of one profile for
 * ever; caches are infinite; a commit invalidates the names that changed and the listing.
 */

#include <stdbool.h>

#include "base/util.h"
#include "model/snapshot.h"

struct data_plane;

struct data_plane_options {
	int fd;                     /* of /dev/fuse, mounted; taken on success */
	const char *control_target; /* what `.control` leads to; copied */
	struct snapshot *snapshot;  /* a reference is taken */
};

_must_check_ int data_plane_new(const struct data_plane_options *options,
                                struct data_plane **planep);
void data_plane_free(struct data_plane *plane);
DEFINE_CLEANUP(struct data_plane *, data_plane_free);

/* Serves; see session_run(). */
_must_check_ int data_plane_run(struct data_plane *plane, int stop_fd, bool *unmountedp);

/* Makes after the current snapshot and invalidates what differs from before; returns when the
 * kernel has taken every notification. From any thread but the one in data_plane_run(). */
void data_plane_publish(struct data_plane *plane, struct snapshot *before, struct snapshot *after);
