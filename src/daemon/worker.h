#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The worker: one store, two sessions. The main thread serves the data plane; a second thread
 * serves the control plane and runs all transactions. Either ends both.
 */

#include "model/store.h"
#include "options.h"
#include "sandbox.h"

struct worker;

/* What it gets from before the sandbox was entered. */
struct worker_kit {
	int notifier_fd; /* fs/notifier.h */
	/* path_watch.h, or -errno. The notifier holds it as well: to close the last descriptor of an
	 * inotify takes the kernel many milliseconds, and a worker that is killed would only be gone
	 * after that. */
	int inotify_fd;
	struct sandbox *sandbox;
};

#define WORKER_KIT_INIT ((struct worker_kit){ .notifier_fd = -1, .inotify_fd = -1 })

/* Takes the descriptors of both mounts and that of the inotify, also when it fails. Blocks the
 * signals that stop it: to be called before there are threads. store and what else is in kit are
 * borrowed. 0 or -errno. */
_must_check_ int worker_new(const struct options *options, struct store *store,
                            struct worker_kit *kit, struct worker **workerp);
void worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker *, worker_free);

/* Serves until SIGTERM or SIGINT comes or a mount goes away: 0. -errno when a session failed, when
 * the notifier ended, or when the config needs more than the sandbox has left. Writes to the ready descriptor of the options, and closes it, when both
 * planes are served and the kernel believes nothing any more that it knows from a worker before. */
_must_check_ int worker_run(struct worker *worker);
