#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the process that serves a mount leaves to the next one, besides the requests in flight
 * (flight.h, in whose memory it lies): counters, which go on, and what would otherwise die with it
 * unsaid, namely which open files have bytes of a patch that are not yet a transaction. Zero bytes
 * are an empty one.
 *
 * One process at a time. Any thread may count; the rest is one thread's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/digest.h"

#define LEDGER_FILES_MAX 64 /* open files with pending bytes that are told apart */

/* The numbers are those of the layout: new ones go to the end. */
enum ledger_counter {
	LEDGER_APPLIED, /* patches, in the order of enum result_kind */
	LEDGER_SKIPPED,
	LEDGER_FAILED,
	LEDGER_RELOADS,       /* edits of the config that were taken in */
	LEDGER_RELOAD_ERRORS, /* looks at the config that failed */
	LEDGER_MISSES,        /* lookups of profiles that do not exist */
	LEDGER_N_COUNTERS,
	LEDGER_COUNTERS_MAX = 16,
};

struct ledger_file {
	uint64_t id;    /* see ledger.c; 0: free */
	int64_t opener; /* its process; 0: unknown */
};

struct ledger {
	uint64_t counters[LEDGER_COUNTERS_MAX];
	struct ledger_file files[LEDGER_FILES_MAX];
	uint32_t is_full;            /* there were more: any file may have pending bytes */
	uint64_t n_handles;          /* of the control plane, that were given out */
	uint8_t config[DIGEST_SIZE]; /* the config that was served when a file was last used */
	/* A digest of the names, and of what each leads to, that are all that the kernel may have
	 * cached; zero bytes: it may have others. */
	uint8_t names[DIGEST_SIZE];
};

void ledger_count(struct ledger *ledger, enum ledger_counter counter);
uint64_t ledger_get(const struct ledger *ledger, enum ledger_counter counter);

/* The open file of this number, not 0 and below 2^63, has pending bytes, or may; or has none any
 * more. */
void ledger_set_pending(struct ledger *ledger, uint64_t id, pid_t opener);
void ledger_clear_pending(struct ledger *ledger, uint64_t id);
bool ledger_is_pending(const struct ledger *ledger, uint64_t id);

/* Of a file that has; 0: unknown. */
pid_t ledger_opener(const struct ledger *ledger, uint64_t id);

/* For a new process: the files with pending bytes, whose bytes are lost. Each is counted by one
 * process only, and stays pending. */
size_t ledger_take_over(struct ledger *ledger);
