#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The worker: the child that serves both planes. One may follow another. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/command.h"
#include "base/diag.h"
#include "base/hang_watch.h"
#include "base/privilege.h"
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

struct worker {
	struct command command;
	struct command check; /* whether a program could serve; see upgrade.h */
	char *restarts_word;  /* of the command, as the next one; borrowed */
	char *cause_word;
	int program_fd;   /* what is started, and followed by the same; -1 */
	int ready_fds[2]; /* a pipe: one byte comes when a worker serves; -1 */
	pid_t pid;        /* 0: none */
	int status;       /* of waitpid(2), of the last that ended */
	bool is_ready;    /* this one serves, or has served */
	bool is_hung;     /* it was killed for that */
	int hang_ms;      /* how long nothing may move while somebody waits */
	struct hang_watch watches[2];
};

#define WORKER_INIT ((struct worker){ .program_fd = -1, .ready_fds = { -1, -1 } })

/* Prepares all that workers need. 0 or -errno; that there is no program to start is in diag. */
_must_check_ int worker_init(struct worker *worker, const struct options *options,
                             const struct planes *planes, struct diag *diag);
void worker_deinit(struct worker *worker);

/* What those to come are told: how many came after the first, and how the last one ended. */
void worker_set_history(struct worker *worker, unsigned int n_restarts, const char *cause);

/* Starts one with the planes' descriptors; allocates nothing. 0 or -errno. */
_must_check_ int worker_start(struct worker *worker);

/* True, once for each worker: it serves. */
bool worker_read_ready(struct worker *worker);

/* To be called every worker_look_ms(). Kills a worker that makes no progress, unless it is gone or
 * was killed already. One that does not serve yet may take longer. */
void worker_look(struct worker *worker);
int worker_look_ms(const struct worker *worker);

/* True: it has ended, and status tells how. */
bool worker_reap(struct worker *worker);

/* How the last one ended: "killed by signal 9", "hung: no progress for 10 s". */
void worker_describe_end(const struct worker *worker, char text[COMMAND_END_MAX]);
