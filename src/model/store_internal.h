#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The parts of the store. store.c has the transactions, store_load.c the start, store_stage.c the
 * computation of versions (no I/O), store_commit.c what happens on disk and the crash analysis.
 */

#include <pthread.h>

#include "config_file.h"
#include "model/machine_config.h"
#include "model/state.h"
#include "model/store.h"

struct store {
	char *config_path; /* absolute, not resolved */
	char *state_dir;   /* absolute */
	enum validate_mode validate;
	bool read_only;
	int state_fd;        /* of state_dir; holds the lock against a second instance */
	struct state *state; /* as on disk, but for a last result that could not be written */
	store_changed_fn changed;
	void *userdata;
	pthread_mutex_t lock; /* protects the pointer below, nothing else */
	struct snapshot *snapshot;
};

/* What a transaction would make of the store. */
struct staged {
	struct state *state;       /* owned */
	struct snapshot *snapshot; /* owned */
	size_t n_created;
	size_t n_updated;
	size_t n_destroyed;
};

#define STAGED_INIT ((struct staged){ 0 })

void staged_deinit(struct staged *staged);
bool staged_moves(const struct staged *staged);

/* "1 created, 2 updated", or "no profile changed". */
void staged_describe(const struct staged *staged, struct buffer *out);

/*
 * Versions, nodeids and times of the profiles of config, whose text is text, from those that state
 * records. before (may be NULL) gives the profiles that did not change. Adds what changed to
 * *result. 0 or -ENOMEM.
 */
_must_check_ int store_stage(const struct state *state, const struct snapshot *before,
                             const struct machine_config *config, const char *text, size_t n_text,
                             struct staged *staged, struct result *result);

enum {
	COMMIT_E_CHANGED = 1, /* somebody edited the config file; nothing was done */
};

/*
 * Puts staged on disk. file is the config file that it was made from; text replaces it when it is
 * not NULL. 0, COMMIT_E_CHANGED, or the negative errno for the writer with *result failed: then
 * nothing changed.
 */
_must_check_ int store_persist(struct store *store, const struct staged *staged,
                               const struct config_file *file, const char *text, size_t n_text,
                               struct result *result);

/* Writes a state whose records are those on disk: only the last result is new. 0 or -errno. */
_must_check_ int store_persist_state(struct store *store, const struct state *state);

/* Gives the transaction's result to *resultp's owner as text; NULL without memory. */
char *store_result_text(const struct result *result);

/* A last result in place of the one that state has; takes text, may be NULL. */
void store_set_last_result(struct state *state, char *text);
