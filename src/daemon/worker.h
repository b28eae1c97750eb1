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

/* Takes the descriptors of both mounts, also when it fails. Blocks the signals that stop it: to be
 * called before there are threads. store, notifier_fd (fs/notifier.h) and sandbox, which was entered,
 * are borrowed. 0 or -errno. */
_must_check_ int worker_new(const struct options *options, struct store *store, int notifier_fd,
                            const struct sandbox *sandbox, struct worker **workerp);
void worker_free(struct worker *worker);
DEFINE_CLEANUP(struct worker *, worker_free);

/* Serves until SIGTERM or SIGINT comes or a mount goes away: 0. -errno when a session failed, when
 * the notifier ended, or when the config needs more than the sandbox has left. Writes to the ready descriptor of the options, and closes it, when both
 * planes are served and the kernel believes nothing any more that it knows from a worker before. */
_must_check_ int worker_run(struct worker *worker);
