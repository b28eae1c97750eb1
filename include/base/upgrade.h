#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Another program takes the worker's place, and readers notice nothing. First it looks with --check
 * whether it could serve: whether it can read the config and the state, and would have the same
 * agreement with the kernel. Only then the worker is told to end. If the new one ends before it
 * serves, the program that served before is started again.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/command.h"
#include "base/server.h"

enum upgrade_step {
	UPGRADE_NONE,
	UPGRADE_CHECKING,  /* the new program looks whether it could serve */
	UPGRADE_REPLACING, /* it could; the old worker was told to end, or there was none */
	UPGRADE_TRYING,    /* the new one has been started */
};

struct upgrade {
	enum upgrade_step step;
	bool is_wanted;    /* once more, when this one is over */
	pid_t check_pid;   /* 0: none */
	int other_fd;      /* the program that is checked, later the one that served before; -1 */
	long long kill_ms; /* when the check has had its time; of the clock; 0 */
};

#define UPGRADE_INIT ((struct upgrade){ .other_fd = -1 })

/* Begins with the program that is now on disk. */
void upgrade_begin(struct upgrade *upgrade, const struct server *server);

/* The time of the check is over. */
void upgrade_kill(struct upgrade *upgrade);

/* True: the check has ended, and succeeded: the worker shall be replaced. */
bool upgrade_reap(struct upgrade *upgrade, struct server *server);

/* A worker has ended. True: it was replaced, or its place was taken by one that failed: the next one
 * is to be started at once; end gets how that is told. */
bool upgrade_on_end(struct upgrade *upgrade, struct server *server, char end[COMMAND_END_MAX]);

/* A worker serves. */
void upgrade_on_ready(struct upgrade *upgrade);

void upgrade_deinit(struct upgrade *upgrade);
