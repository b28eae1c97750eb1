#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * state.json: what must outlive a restart. For every name that was ever served its last version,
 * nodeid, times and digest (also of names that are gone: a name that comes back goes on above its
 * last version), the next nodeid, and the last transaction.
 *
 * It also has what a start would find out by reading the config: the size of each profile and the
 * span of its value, and who found it out. That is believed only in a file that is byte for byte what
 * state_format() gave: its last line is a digest of all before. What edits the file otherwise, by
 * hand or by accident, or knows less, leaves a state without it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/diag.h"
#include "base/digest.h"
#include "base/util.h"
#include "document/span.h"

#define STATE_SCHEMA    1
#define STATE_SIZE_MAX  (256UL << 20) /* bytes of the file */
#define STATE_FILE_NAME "state.json"

struct state_record {
	char *name;
	bool present; /* false: the name is gone, its version is remembered */
	uint64_t version;
	uint64_t nodeid;
	struct timespec created;
	struct timespec updated;
	uint8_t digest[DIGEST_SIZE];
	/* The state's maker's making, with n_bytes and is_compiled; span.n 0: not known, and those may be
	 * wrong, as read from a file. */
	struct span span;
	size_t n_bytes;   /* of what the digest is of, and of its value in the config */
	bool is_compiled; /* it is not the value as it stands, also where nothing is denied */
};

struct state {
	struct state_record *records; /* sorted by name */
	size_t n_records;
	uint64_t next_nodeid;
	uint64_t version_floor; /* a name never seen begins above it: 0, but for a salvaged state */
	bool has_config_digest;
	uint8_t config_digest[DIGEST_SIZE]; /* of the machine config that the records belong to */
	bool config_refused;                /* the config file could not be used when last seen */
	char *last_result; /* YAML text of the last transaction's result; NULL: none */
	/* Who made the digests, sizes and spans of the records from the config of config_digest; see
	 * struct store_options. NULL: nobody who could be believed. */
	char *maker;
};

enum {
	STATE_E_INVALID = 1, /* not JSON, cut short, wrong types: the reason is in diag */
	STATE_E_NEWER,       /* a newer schema: must not be overwritten; the reason is in diag */
};

/* An empty state; NULL without memory. */
struct state *state_new(void);
void state_free(struct state *state);
DEFINE_CLEANUP(struct state *, state_free);

/* Reads dir_fd/state.json; a missing file gives an empty state. 0, -errno, STATE_E_*. */
_must_check_ int state_load(int dir_fd, struct state **statep, struct diag *diag);

/* From the bytes of a state file (the fuzzer calls this). */
_must_check_ int state_parse(const char *bytes, size_t n_bytes, struct state **statep,
                             struct diag *diag);

/* Returns owned the text of the file, or NULL without memory. */
_must_check_ char *state_format(const struct state *state, size_t *n_bytesp);

/* Borrowed until the state changes, or NULL. */
struct state_record *state_find(const struct state *state, const char *name);

/* The record of name, made when there is none (version 0). NULL without memory. Keeps the order. */
struct state_record *state_get(struct state *state, const char *name);
