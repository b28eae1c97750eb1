#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The data plane: every profile of the current snapshot as a file of the root directory, and
 * `.control`, a symbolic link to the control file. A nodeid names one version of one profile for
 * ever; caches are infinite; a commit invalidates the names that changed and the listing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "model/snapshot.h"

struct data_plane;

struct data_plane_options {
	int fd;                     /* of /dev/fuse, mounted; taken on success */
	int flight_fd;              /* see session.h; borrowed for the call */
	int notifier_fd;            /* see fs/notifier.h; borrowed */
	const char *control_target; /* what `.control` leads to; copied */
	struct snapshot *snapshot;  /* a reference is taken */
};

_must_check_ int data_plane_new(const struct data_plane_options *options,
                                struct data_plane **planep);
void data_plane_free(struct data_plane *plane);
DEFINE_CLEANUP(struct data_plane *, data_plane_free);

/* Serves; see session_run(). */
_must_check_ int data_plane_run(struct data_plane *plane, int stop_fd, bool *unmountedp);

/* The profile was replaced before this process began, and may be open; to be called for the oldest
 * first, before data_plane_run(). 0 or -ENOMEM. */
_must_check_ int data_plane_keep(struct data_plane *plane, struct profile *profile);

/* Whether the kernel may have cached what is not so any more: a process before this one has served
 * other names, or has ended before the kernel had taken what changed. */
bool data_plane_must_invalidate(const struct data_plane *plane);

/* Lookups of profiles that do not exist, since the mount was made; any thread. */
uint64_t data_plane_n_misses(const struct data_plane *plane);

/*
 * What the kernel knows of name is no longer to be believed; and the same for the listing, which
 * is the last to be said: it waits until the kernel has taken all. From any thread but the one in
 * data_plane_run(), which must be running. 0 or -errno: then the kernel may believe for ever what it
 * knows. -EPIPE: the notifier has ended.
 */
_must_check_ int data_plane_invalidate_name(struct data_plane *plane, const char *name);
_must_check_ int data_plane_invalidate_listing(struct data_plane *plane);

/* Makes after the current snapshot and invalidates what differs from before; returns when the
 * kernel has taken every notification. From any thread but the one in data_plane_run(). 0, or
 * -errno as the two above. */
_must_check_ int data_plane_publish(struct data_plane *plane, struct snapshot *before,
                                    struct snapshot *after);
