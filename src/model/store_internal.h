#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The parts of the store. store.c has patches and what all transactions share, store_reload.c the
 * config file as others leave it, store_load.c the start, store_served.c what was served before it,
 * store_stage.c the computation of versions (no I/O), store_commit.c what happens on disk and the crash
 * analysis.
 */

#include <pthread.h>

#include "config_file.h"
#include "model/machine_config.h"
#include "model/state.h"
#include "model/store.h"

/* How often a transaction begins again because the config file was edited meanwhile. */
#define ATTEMPTS_MAX 16

/* Bytes of a config from which on the memory that a transaction took is given back to the kernel. The
 * allocator would keep what is free between things that are not: ten times the config. */
#define TREES_MIN (64UL << 10)

#define TOOK_IN_AN_EDIT "took in an edit of the machine config: "

/* A config file that could not be used. */
struct refusal {
	bool is_set;
	int error;                   /* negative errno of reading it; 0: its content is bad */
	uint8_t digest[DIGEST_SIZE]; /* of the content */
};

/* What commits have replaced, which goes when nobody waits for it any more. */
struct leavings {
	int fds[STORE_N_LEAVINGS]; /* last descriptors: whoever closes them frees the blocks */
	size_t n_fds;
	bool has_trees; /* memory that a transaction took, which the allocator keeps */
};

#define LEAVINGS_INIT ((struct leavings){ .n_fds = 0 })

struct store {
	char *config_path; /* absolute, not resolved */
	char *state_dir;   /* absolute */
	char *maker;       /* may be NULL */
	struct profile_options profile;
	bool read_only;
	bool dry_run;           /* nothing is written */
	bool trusted_state;     /* at the start */
	char *start_news;       /* store_start_news() */
	bool owes_copy;         /* of the config that is served: store_keep_copy() */
	bool has_failed_copy;   /* that was told */
	size_t n_behind;        /* commits since the last copy */
	bool is_successor;      /* of a process that served what the state on disk says */
	int state_fd;           /* of state_dir; holds the lock against a second instance */
	struct state *state;    /* as on disk, but for a last result that could not be written */
	struct refusal refused; /* what the last look at the config file found wrong */
	bool is_behind;         /* that look failed, for whatever reason */
	bool is_lax;            /* what is served does not keep the rules: nothing stands on it */
	struct leavings leavings;
	struct stream *read; /* owned: of a patch that is being written; NULL: nothing */
	size_t lint_at;      /* of the snapshot's profiles, those before it were linted */
	struct stream
		*lint_stream; /* owned: of the snapshot's config, where it had to be read whole */
	store_changed_fn changed;
	void *userdata;
	store_room_fn room; /* may be NULL */
	void *room_userdata;
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

/* Takes the last descriptor of a file that was replaced; -1: none. */
void store_leave(struct store *store, int fd);

/* Closes all of them, which somebody waits for. */
void store_free_leavings(struct store *store);

/* If r is the want of space: closes all of them, and waits for those that were given away. Whether
 * there were any, so that what has failed is to be tried once more. */
bool store_make_room(struct store *store, int r);

/* As store_tidy(), and closes what may not wait. */
void store_tidy_before(struct store *store);

enum {
	COMMIT_E_CHANGED = 1, /* somebody edited the config file; nothing was done */
};

/*
 * Puts staged, whose config is text, on disk. file is the config file that it was made from; text
 * replaces it when replace is set. On success what was replaced is left (store_leavings.c), with file's
 * descriptor. 0, COMMIT_E_CHANGED, or the negative errno for the writer with *result failed: then
 * nothing changed.
 */
_must_check_ int store_persist(struct store *store, const struct staged *staged,
                               struct config_file *file, bool replace, const char *text,
                               size_t n_text, struct result *result);

/* Another config is served, or it is not known whether there is a copy of it: store_keep_copy() is to
 * see to that. */
void store_owe_copy(struct store *store);

/* Before a transaction: store_keep_copy(), if many were made since the last one. */
void store_keep_copy_before(struct store *store);

/* Writes a state whose records are those on disk: only the last result is new. 0 or -errno. */
_must_check_ int store_persist_state(struct store *store, const struct state *state);

/*
 * The second half of every transaction: config is what shall be, what the beginning of the message.
 * file is what stands on disk; it is replaced by the text of config unless that was read from it.
 * 0, or as store_persist().
 */
_must_check_ int store_commit(struct store *store, const struct machine_config *config,
                              struct config_file *file, bool replace, const char *what,
                              struct result *result);

/* Fill *result as failed and return the negative errno for the writer; r is that of
 * config_file_open(). */
int store_fail_memory(struct result *result);
int store_fail_open(const struct store *store, int r, struct result *result);

/* The config that file holds; fills *result when it is not valid. to_edit: its trees are needed, and
 * what is served is taken over (machine_config_parse_after()).
 * 0, -EINVAL or -ENOMEM. */
_must_check_ int store_parse_config(const struct store *store, const struct config_file *file,
                                    bool to_edit, struct machine_config **configp,
                                    struct result *result);

/* What need not be checked again, borrowed; NULL: all must be. */
const struct snapshot *store_checked(const struct store *store);

/* Whether file is just what the snapshot was made of, by today's rules. */
bool store_is_served(const struct store *store, const struct config_file *file);

enum {
	TRUST_E_NONE = 1, /* the config has to be parsed */
};

/*
 * The snapshot of a config by what the state says of it: nothing is parsed. TRUST_E_NONE: it is another
 * config, or the state is not maker's, who has these options, or not complete. Takes text, which is empty then; *snapshotp
 * is owned by the caller. 0, TRUST_E_NONE or -ENOMEM.
 */
_must_check_ int trust_state(const struct state *state, const char *maker,
                             const struct profile_options *options, struct buffer *text,
                             struct snapshot **snapshotp);

/* Whether old, of the same profiles as new, spares the next start as much. */
bool trust_is_recorded(const struct state *old, const struct state *new);

/* Says that the records of state are the making of maker (may be NULL) from config, with the rules of
 * the store; where something is denied, which a state does not tell, in a way that is not believed. 0 or
 * -ENOMEM. */
_must_check_ int trust_give(struct state *state, const char *maker,
                            const struct machine_config *config);

/* Appends ": kernel is 6.5 and was 6.1, caps is ...", what of maker is other than in the state; nothing
 * where either is not known. */
void trust_tell_maker(const struct state *state, const char *maker, struct buffer *out);

/* Makes the line of store_start_news(), "WHAT: 1 updated: ...", before the state is another one. 0 or
 * -ENOMEM. */
_must_check_ int store_note_start(struct store *store, const char *what,
                                  const struct staged *staged);

/* What the config file, with what config_file_open() returned for it, is when it cannot be used. */
struct refusal refusal_of(const struct config_file *file, int r);

/* Makes staged, which is on disk, what the store begins with. */
void store_take_staged(struct store *store, struct staged *staged);

/* At a start that serves next instead of what a process before this one has served, if there was one:
 * keeps the versions that go (replaced.h), where their bytes are there, or the old config to make them
 * from. The state is still the old one. That they cannot be had is no reason not to serve. */
void store_keep_served(struct store *store, const struct staged *next);

/*
 * At a start whose config file cannot be used: takes what was served last, or before it, where a crash has
 * kept that from being copied, which is a warning in diag as well; and shows why not the file in *result,
 * whose diag has the reasons. error is that of reading the file, 0 when its content is bad. 0, or something
 * else when there is no last good config.
 */
_must_check_ int store_serve_last_good(struct store *store, const struct config_file *file,
                                       int error, struct result *result, struct diag *diag);

/* There is nothing to do. 0 or -ENOMEM. */
_must_check_ int store_skip(struct result *result);

/* What was said of the attempt before: somebody edited the config, or a disk may have room when what was
 * replaced has gone. */
bool store_is_to_be_tried(struct store *store, int r);

/* Gives the last attempt's outcome the form that the writer gets. */
_must_check_ int store_finish(const struct store *store, int r, struct result *result);

/*
 * Makes the result of what did not become a commit the last one; is_refused: the config file cannot
 * be used. It is written down for whoever asks after a crash, but a disk that refuses it must not
 * turn one failure into another.
 */
void store_remember(struct store *store, const struct result *result, bool is_refused);

/* Gives the transaction's result to *resultp's owner as text; NULL without memory. */
char *store_result_text(const struct result *result);

/* A last result in place of the one that state has; takes text, may be NULL. */
void store_set_last_result(struct state *state, char *text);

/* What is served has changed: store_lint_next() begins again. */
void store_lint_again(struct store *store);
