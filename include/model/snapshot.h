#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is served: an immutable, reference counted list of profiles. A profile here is one version
 * of one name: its nodeid, bytes and times never change, and snapshots share the profiles that did
 * not change between them. References may be taken and dropped in any thread.
 *
 * The bytes of a profile are made when somebody wants them, from the text of the config: until then
 * it has only their size and digest. A profile without bytes is in the snapshot that is current, and
 * has a span there: before another one takes its place, what only the old one has gets its bytes
 * (snapshot_make_replaced()). So whoever has a profile without bytes takes the current snapshot, and
 * either makes them from that, or finds that they are there now.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/util.h"
#include "document/span.h"
#include "profile/deny.h"
#include "profile/profile.h"

struct profile {
	unsigned int n_refs; /* atomic */
	char *name;
	uint64_t version; /* of the resource, from 1 */
	uint64_t nodeid;  /* never reused; from NODEID_FIRST */
	struct timespec created;
	struct timespec updated;     /* time of this version: the file's mtime */
	uint8_t digest[DIGEST_SIZE]; /* of its bytes */
	size_t n_bytes;
	char *bytes;       /* atomic, see profile_bytes(); set once, by the first who made them */
	bool is_unchecked; /* nobody has compared bytes from a file with the digest: the data plane's
	                    * thread only */
	/* Of the thread of transactions only: what the linter has found (model/store.h). */
	uint8_t lint; /* PROFILE_* below */
	uint16_t n_lint_errors;
	uint16_t n_lint_warnings;
};

enum {
	PROFILE_LINTED = 1, /* the linter has looked at it */
	PROFILE_LINT_QUIETLY =
		2, /* and has told already what it finds, or a worker before this one */
	PROFILE_LINT_DENIED = 4, /* some of what it has found is of what is denied */
	PROFILE_LINT_KNOWN = 8,  /* what it finds in the value was told, not what is denied */
};

#define NODEID_FIRST 16 /* below: the root and the names that every mount has */

struct snapshot {
	unsigned int n_refs;       /* atomic */
	struct profile **profiles; /* sorted by name, bytewise */
	struct span *spans; /* of their values in config, in the same order; some have none */
	size_t n_profiles;
	char *config; /* text of the machine config, as on disk */
	size_t n_config;
	/* With what the bytes are made of a span. Nothing is compiled where nobody has said so
	 * (snapshot_set_options()). */
	struct profile_options options;
	struct deny_list *deny; /* owned; NULL: nothing is denied */
	char **denied;          /* owned, in the order of profiles: what denials took from each
	                         * (profile_outcome.denied), some NULL; NULL: nothing from any */
};

/* Returns owned, or NULL. name and bytes are copied; n_refs is 1; times, version, nodeid are for
 * the caller to fill before others see it. */
struct profile *profile_new(const char *name, const void *bytes, size_t n_bytes);

/* As above, without its bytes: digest is theirs. */
struct profile *profile_new_unmade(const char *name, const uint8_t digest[DIGEST_SIZE],
                                   size_t n_bytes);

struct profile *profile_ref(struct profile *profile);
struct profile *profile_unref(struct profile *profile); /* accepts NULL, returns NULL */
DEFINE_CLEANUP(struct profile *, profile_unref);

/* The bytes, with a NUL behind them that does not count; NULL: they were not made. Borrowed until the
 * profile is dropped; any thread. */
const char *profile_bytes(const struct profile *profile);

/* Whether the bytes that it has are those of the digest, which is found out once. One thread. */
bool profile_check(struct profile *profile);

/* Gives a profile its bytes, which are those of its size and digest, and are copied; where it has them
 * already nothing changes. Any thread. 0 or -ENOMEM. */
_must_check_ int profile_set_bytes(struct profile *profile, const void *bytes);

/*
 * Takes on success the profiles and both arrays, which are sorted here; spans[i] belongs to
 * profiles[i], NULL: none has one. config is copied. NULL without memory.
 */
struct snapshot *snapshot_new(struct profile **profiles, struct span *spans, size_t n_profiles,
                              const char *config, size_t n_config);

/* As above; takes config as well, which has a NUL behind it that is not counted. */
struct snapshot *snapshot_new_taking(struct profile **profiles, struct span *spans,
                                     size_t n_profiles, char *config, size_t n_config);

/* Before others see it. The facts of options are borrowed for ever, deny (may be NULL) is referenced. */
void snapshot_set_options(struct snapshot *snapshot, const struct profile_options *options,
                          struct deny_list *deny);

/* Before others see it, too. Takes the list of what is denied and its strings; may be NULL. Its profiles
 * were sorted when it was made. */
void snapshot_set_denied(struct snapshot *snapshot, char **denied);

/* What denials took from profile i, borrowed until the snapshot is dropped, or NULL. */
const char *snapshot_denied(const struct snapshot *snapshot, size_t i);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
struct snapshot *snapshot_unref(struct snapshot *snapshot); /* accepts NULL, returns NULL */
DEFINE_CLEANUP(struct snapshot *, snapshot_unref);

/* The number of the profile with this name, or n_profiles where there is none. */
size_t snapshot_index(const struct snapshot *snapshot, const char *name);

/* Returns borrowed until the snapshot is dropped, or NULL. */
struct profile *snapshot_find(const struct snapshot *snapshot, const char *name);

/* Where the value of this very profile stands in the config, borrowed likewise; NULL: it is not in
 * the snapshot, or has no span there. */
const struct span *snapshot_find_span(const struct snapshot *snapshot,
                                      const struct profile *profile);

/*
 * Where the bytes of a profile are wanted (snapshot_bytes.c): those it has, or else what its span
 * in the snapshot gives. Any thread. -ESTALE: there are neither; -EIO: what was made has another
 * digest, so that the span is damaged, or this program renders otherwise; -ENOMEM.
 *
 * snapshot_make_bytes() makes them for good: *bytesp is borrowed until the profile is dropped.
 * snapshot_borrow_bytes() makes them for a moment: *bytesp is borrowed from scratch, whose bytes
 * are replaced, or from the profile.
 */
_must_check_ int snapshot_make_bytes(const struct snapshot *snapshot, struct profile *profile,
                                     const char **bytesp);
_must_check_ int snapshot_borrow_bytes(const struct snapshot *snapshot,
                                       const struct profile *profile, struct buffer *scratch,
                                       const char **bytesp);

/*
 * Makes for good the bytes of those profiles of before that after does not have, the last of them
 * by name as far as they are n_max bytes together. What cannot be made stays without, and can be
 * read no more when before is gone.
 */
void snapshot_make_replaced(const struct snapshot *before, const struct snapshot *after,
                            size_t n_max);

/* The nearest existing name, or NULL; borrowed likewise. */
const char *snapshot_suggest(const struct snapshot *snapshot, const char *name);
