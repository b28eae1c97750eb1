#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The worker: the child that serves both planes. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/util.h"
#include "supervisor/mount.h"
#include "supervisor/options.h"

struct worker {
	pid_t pid;    /* 0: none */
	int ready_fd; /* one byte comes when it serves; end of file without one: it will not; -1 */
	int status;   /* of waitpid(2), when it has ended */
};

#define WORKER_INIT ((struct worker){ .ready_fd = -1 })

/* Starts it with the planes' descriptors. 0 or -errno. */
_must_check_ int worker_start(struct worker *worker, const struct options *options,
                              const struct planes *planes);

/* Reads ready_fd when it is readable. True: it serves. */
bool worker_read_ready(struct worker *worker);

/* True: it has ended, and status tells how. */
bool worker_reap(struct worker *worker);
