#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is served: an immutable, reference counted list of profiles. A profile here is one version
 * of one name: its nodeid, bytes and times never change, and snapshots share the profiles that did
 * not change between them. References may be taken and dropped in any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/digest.h"
#include "base/util.h"
#include "document/span.h"

struct profile {
	unsigned int n_refs; /* atomic */
	char *name;
	uint64_t version; /* of the resource, from 1 */
	uint64_t nodeid;  /* never reused; from NODEID_FIRST */
	struct timespec created;
	struct timespec updated;     /* time of this version: the file's mtime */
	uint8_t digest[DIGEST_SIZE]; /* of bytes */
	char *bytes;
	size_t n_bytes;
};

#define NODEID_FIRST 16 /* below: the root and the names that every mount has */

struct snapshot {
	unsigned int n_refs;       /* atomic */
	struct profile **profiles; /* sorted by name, bytewise */
	struct span *spans; /* of their values in config, in the same order; some have none */
	size_t n_profiles;
	char *config; /* text of the machine config, as on disk */
	size_t n_config;
};

/* Returns owned, or NULL. name and bytes are copied; n_refs is 1; times, version, nodeid are for
 * the caller to fill before others see it. */
struct profile *profile_new(const char *name, const void *bytes, size_t n_bytes);
struct profile *profile_ref(struct profile *profile);
struct profile *profile_unref(struct profile *profile); /* accepts NULL, returns NULL */
DEFINE_CLEANUP(struct profile *, profile_unref);

/*
 * Takes on success the profiles and both arrays, which are sorted here; spans[i] belongs to
 * profiles[i], NULL: none has one. config is copied. NULL without memory.
 */
struct snapshot *snapshot_new(struct profile **profiles, struct span *spans, size_t n_profiles,
                              const char *config, size_t n_config);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
struct snapshot *snapshot_unref(struct snapshot *snapshot); /* accepts NULL, returns NULL */
DEFINE_CLEANUP(struct snapshot *, snapshot_unref);

/* Returns borrowed until the snapshot is dropped, or NULL. */
struct profile *snapshot_find(const struct snapshot *snapshot, const char *name);

/* The nearest existing name, or NULL; borrowed likewise. */
const char *snapshot_suggest(const struct snapshot *snapshot, const char *name);
