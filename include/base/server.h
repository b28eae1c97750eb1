#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A process that serves FUSE mounts, and may be followed by another one of the same program, or of
 * the next (base/upgrade.h). Nothing here allocates once it has been prepared.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/command.h"
#include "base/hang_watch.h"
#include "base/util.h"

#define SERVER_MOUNTS_MAX 2

struct server {
	struct command command;
	struct command check; /* whether a program could serve */
	char *restarts_word;  /* of the command, as the next one; borrowed */
	char *cause_word;
	int program_fd;   /* what is started, and followed by the same; -1 */
	int ready_fds[2]; /* a pipe: one byte comes when a process serves; -1 */
	pid_t pid;        /* 0: none */
	int status;       /* of waitpid(2), of the last that ended */
	int start_error;  /* errno of the last start; 0: it was started */
	bool is_ready;    /* this one serves, or has served */
	bool is_hung;     /* it was killed for that */
	int hang_ms;      /* how long nothing may move while somebody waits */
	struct hang_watch watches[SERVER_MOUNTS_MAX];
};

#define SERVER_INIT ((struct server){ .program_fd = -1, .ready_fds = { -1, -1 } })

/* Makes the pipe; the commands, the program and the watches are the caller's to fill in. 0 or
 * -errno. */
_must_check_ int server_init(struct server *server);
void server_deinit(struct server *server); /* its status stays */

/* Adds the words --restarts=N and --last-cause=TEXT to the command. 0 or -ENOMEM. */
_must_check_ int server_add_history(struct server *server);

/* What they say to those to come: how many came after the first, and how the last one ended. */
void server_set_history(struct server *server, unsigned int n_restarts, const char *cause);

/* Starts one. 0 or -errno. */
_must_check_ int server_start(struct server *server);

/* True, once for each process: it serves. */
bool server_read_ready(struct server *server);

/* To be called every server_look_ms(). Kills a process that makes no progress, unless it is gone or
 * was killed already. One that does not serve yet may take longer. */
void server_look(struct server *server);
int server_look_ms(const struct server *server);

/* Kills it, if it is there: it was told to end, and has had its time. */
void server_kill(const struct server *server);

/* True: it has ended, and status tells how. */
bool server_reap(struct server *server);

/* How the last one ended, or why it could not be started: "killed by signal 9", "hung: no progress
 * for 10 s". */
void server_describe_end(const struct server *server, char text[COMMAND_END_MAX]);
