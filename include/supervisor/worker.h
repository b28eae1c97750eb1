#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The worker: the process that serves both planes. */

#include "base/diag.h"
#include "base/privilege.h"
#include "base/server.h"
#include "base/util.h"
#include "supervisor/mount.h"
#include "supervisor/options.h"

/*
 * What a worker has when it starts, besides what this process keeps for itself, which the worker
 * gives up: to read, write and replace files of other users, and give them those their owners; to
 * see how a process ended that wrote a patch (/proc/PID/stat); to keep memory present; and to give
 * these up in turn.
 */
#define WORKER_PRIVILEGES                                                                      \
	(PRIVILEGE(CAP_DAC_OVERRIDE) | PRIVILEGE(CAP_DAC_READ_SEARCH) | PRIVILEGE(CAP_CHOWN) | \
	 PRIVILEGE(CAP_FOWNER) | PRIVILEGE(CAP_SYS_PTRACE) | PRIVILEGE(CAP_IPC_LOCK) |         \
	 PRIVILEGE(CAP_SETPCAP))

/* Prepares all that workers need. 0 or -errno; that there is no program to start is in diag. */
_must_check_ int worker_init(struct server *worker, const struct options *options,
                             const struct planes *planes, struct diag *diag);
