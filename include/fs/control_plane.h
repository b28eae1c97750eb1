#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The control plane: `control`, `machineconfig`, `seccompprofiles`, `seccompprofiles.yaml`,
 * `seccompprofiles.json`, `facts` and `metrics`. Transactions run in the thread that serves this mount, so
 * that the data plane's thread never parses and never touches the disk.
 */

#include <stdbool.h>

#include "base/util.h"
#include "fs/data_plane.h"
#include "model/store.h"

struct control_plane;

/* What came of a look at the config. */
enum control_reload {
	CONTROL_NO_NEWS,
	CONTROL_RELOADED,
	CONTROL_RELOAD_FAILED,
};

/* What else makes transactions: a descriptor that becomes readable, and a function that is called
 * then, in the thread of the control plane. */
struct control_plane_source {
	int fd;                                       /* borrowed */
	enum control_reload (*ready)(void *userdata); /* NULL: no such descriptor */
	void *userdata;                               /* borrowed */
};

/* What is done a little at a time while nobody asks for anything, in that thread. */
struct control_plane_idle {
	/* Returns after how many milliseconds there is more to do; -1: never. NULL: there is nothing. */
	int (*run)(void *userdata);
	void *userdata; /* borrowed */
};

struct control_plane_options {
	int fd;                             /* of /dev/fuse, mounted; taken on success */
	int flight_fd;                      /* see session.h; borrowed for the call */
	struct store *store;                /* borrowed */
	const char *node;                   /* copied */
	size_t max_patch;                   /* bytes */
	int notifier_fd;                    /* see notifier.h: how writers end; borrowed */
	struct control_plane_source source; /* copied */
	struct control_plane_idle idle;     /* copied */

	/* What `metrics` tells of others. */
	const struct data_plane *data; /* borrowed; NULL: there is none */
	unsigned int n_restarts;       /* of workers, before this one was ready */
	const char *last_cause; /* how the last worker ended; "" or NULL: no other was; copied */
};

_must_check_ int control_plane_new(const struct control_plane_options *options,
                                   struct control_plane **planep);
void control_plane_free(struct control_plane *plane);
DEFINE_CLEANUP(struct control_plane *, control_plane_free);

/* Serves; see session_run(). */
_must_check_ int control_plane_run(struct control_plane *plane, int stop_fd, bool *unmountedp);
