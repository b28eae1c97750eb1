#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The control plane: `control`, `machineconfig`, `seccompprofiles`, `seccompprofiles.yaml` and
 * `seccompprofiles.json`. Transactions run in the thread that serves this mount, so that the data
 * plane's thread never parses and never touches the disk.
 */

#include <stdbool.h>

#include "base/util.h"
#include "model/store.h"

struct control_plane;

/* What else makes transactions: a descriptor that becomes readable, and a function that is called
 * then, in the thread of the control plane. */
struct control_plane_source {
	int fd;                        /* borrowed */
	bool (*ready)(void *userdata); /* true: there was a transaction; NULL: no such descriptor */
	void *userdata;                /* borrowed */
};

struct control_plane_options {
	int fd;                             /* of /dev/fuse, mounted; taken on success */
	int flight_fd;                      /* see session.h; borrowed for the call */
	struct store *store;                /* borrowed */
	const char *node;                   /* copied */
	size_t max_patch;                   /* bytes */
	struct control_plane_source source; /* copied */
};

_must_check_ int control_plane_new(const struct control_plane_options *options,
                                   struct control_plane **planep);
void control_plane_free(struct control_plane *plane);
DEFINE_CLEANUP(struct control_plane *, control_plane_free);

/* Serves; see session_run(). */
_must_check_ int control_plane_run(struct control_plane *plane, int stop_fd, bool *unmountedp);
