#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The one writer: owns the machine config file and the state directory, publishes snapshots. Every
 * change is one transaction: stage, validate all, persist, swap the snapshot, tell the subscriber.
 * Transactions run in one thread (the control plane's); snapshots may be read from any.
 */

#include <stdbool.h>

#include "base/diag.h"
#include "base/util.h"
#include "model/result.h"
#include "model/snapshot.h"
#include "profile/profile.h"

struct store;

/* Called in the transaction's thread when a new snapshot stands, before the writer gets its reply:
 * the data plane invalidates what changed. Both are borrowed for the call. */
typedef void (*store_changed_fn)(void *userdata, struct snapshot *before, struct snapshot *after);

struct store_options {
	const char
		*config_path;  /* a symbolic link is followed when the file is read and replaced */
	const char *state_dir; /* made when missing, 0700; locked against a second instance */
	struct profile_options profile; /* its facts are borrowed as long as the store lives */
	bool read_only;                 /* mount option ro: every patch gives EROFS */
	bool is_successor; /* of a store that served the same mount: what that replaced is kept */
	/*
	 * Tells this program, with all that decides which bytes it makes of a config and whether it
	 * takes it, from every other one. A start whose config is the one that the state was made
	 * of, by the same maker, believes the state and parses nothing. NULL: it never does. Words
	 * with blanks between, "kernel=6.1", each for what a person is told of when it changes.
	 * Copied.
	 */
	const char *maker;
	/* Only look: takes no lock, writes nothing, and does not make up for a state that is broken,
	 * which is an error then. No transactions may follow. */
	bool dry_run;
};

enum {
	STORE_E_INVALID = 1, /* config or state cannot be used; the reasons are in diag */
	STORE_E_BUSY,        /* another instance has the state directory; in diag */
};

/*
 * Loads config and state, computes versions (a name never seen: 1; bytes other than the recorded
 * digest: +1), persists what changed. A config that cannot be used is put aside when the state
 * directory has the last good one: that is served, and the reasons stand in diag and in the last
 * result. 0, -errno (in diag as well), STORE_E_*.
 */
_must_check_ int store_open(const struct store_options *options, struct store **storep,
                            struct diag *diag);
void store_free(struct store *store);
DEFINE_CLEANUP(struct store *, store_free);

/* Whether the start has believed the state, and parsed no config. */
bool store_trusted_state(const struct store *store);

/* What the start has found changed, as one line, and what decides on bytes beside the config that was
 * otherwise; NULL: nothing, or there was no start before. Borrowed as long as the store lives. */
const char *store_start_news(const struct store *store);

/* Set once, before the first transaction. */
void store_subscribe(struct store *store, store_changed_fn changed, void *userdata);

/* Returns owned; any thread. */
struct snapshot *store_snapshot(struct store *store);

/*
 * patch_is_hopeless(), for what store_patch() will get if no more is written: it need not be read again
 * then.
 */
bool store_is_hopeless(struct store *store, const void *bytes, size_t n_bytes, struct diag *diag);

/*
 * One transaction with a patch. Always fills *result (deinit it) and remembers its text as the last
 * result. 0 applied or skipped; else the negative errno for the writer: -EINVAL malformed or
 * invalid, -EFBIG, -EROFS the config cannot be written, -ENOSPC or -EIO not made durable, -ENOMEM.
 * An error means that nothing changed.
 */
_must_check_ int store_patch(struct store *store, const void *bytes, size_t n_bytes,
                             struct result *result);

/*
 * One transaction with the config file as it stands on disk: takes in what somebody edited. *result
 * and errors as for store_patch(); a file that cannot be used changes nothing. What is served
 * already, or was refused already, is skipped: 0, and the last result stays.
 */
_must_check_ int store_reload(struct store *store, struct result *result);

/* Writes the copy of the config for a later start at which the config cannot be used, if that is owed: after
 * a start and after commits, for nobody shall wait for it, and before the end; in the thread of
 * transactions. That it cannot be kept is a warning, once; it is owed on then, and false is returned. */
bool store_keep_copy(struct store *store, struct diag *diag);

/*
 * At the end of a process that another one may follow: leaves the bytes of what is served for whoever has
 * it open, since that one may be another program, or have other facts, and make other bytes. After the
 * last transaction. 0 or -errno.
 */
_must_check_ int store_write_end(struct store *store);

/* Gives the kernel the memory back that the last patch took: after the answer, for nobody shall wait
 * for it. The next transaction does so otherwise. */
void store_tidy(struct store *store);

#define STORE_N_LEAVINGS 16

/* The last descriptors of files that commits have replaced, which the caller owns then: to close them takes
 * its time. Unless at_rest, small ones wait for it, if they are not too many. Returns how many there are. */
size_t store_take_leavings(struct store *store, bool at_rest, int fds[STORE_N_LEAVINGS]);

/*
 * The linter (profile/lint.h) takes its time, and withholds nothing: it looks at what is served one
 * profile at a time, between requests, in the thread of transactions. Those that a commit has left
 * alone, and whose text is what it was, are not looked at again. Returns false where none is left to
 * look at: then nothing was done. *namep: whose findings are in diag (may be NULL), borrowed until the
 * next transaction; NULL: nothing is to be told. Places are those in the config.
 */
bool store_lint_next(struct store *store, const char **namep, struct diag *diag);

/* Of the profiles that are served. */
struct store_counts {
	size_t n_profiles;
	size_t n_linted;
	size_t n_lint_errors; /* findings */
	size_t n_lint_warnings;
	size_t n_compiled; /* what is served is not the value as it stands, denials apart */
	size_t n_denied;   /* what is served would be something else if nothing were denied */
	size_t n_denials;  /* calls or parts of them that are denied in all profiles */
};

void store_count(const struct store *store, struct store_counts *counts);

/* Called in the transaction's thread when a disk has no room: waits until the descriptors that
 * store_take_leavings() has given are closed. Whether there were any since the last time. NULL: the caller
 * closes them at once. */
typedef bool (*store_room_fn)(void *userdata);
void store_set_room(struct store *store, store_room_fn room, void *userdata);

/* Remembers a failure that never became a patch (too large, hopeless syntax) as the last result. */
void store_record_failure(struct store *store, const struct result *result);

/* Whether the config file, when it was last looked at, was what is served; transaction's thread
 * only. */
bool store_serves_config(const struct store *store);

/* Of the config that is served, also of one that is not on disk any more, DIGEST_SIZE bytes. Borrowed
 * until the next transaction; transaction's thread only. */
const uint8_t *store_config_digest(const struct store *store);

/* YAML text of the last transaction, also of one before a restart; "" when there was none. Borrowed
 * until the next transaction; transaction's thread only. */
const char *store_last_result(const struct store *store);

/* Calls each with every name that was ever served, also of those that are gone; transaction's thread
 * only. */
typedef void (*store_name_fn)(void *userdata, const char *name);
void store_each_name(const struct store *store, store_name_fn each, void *userdata);

/* Calls each with every version that was replaced since the mount was made and is still kept, the
 * oldest first, its bytes unchecked; borrowed for the call. Before the first transaction. 0, -errno, or what each
 * returned. */
typedef int (*store_replaced_fn)(void *userdata, struct profile *profile);
_must_check_ int store_each_replaced(const struct store *store, store_replaced_fn each,
                                     void *userdata);
