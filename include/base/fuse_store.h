#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * FUSE mounts in the descriptor store of a service manager: a mount outlives the process that made
 * it, and the next one takes it over. Two descriptors belong to each, that of /dev/fuse and the
 * memfd of the requests in flight. Their names there are "fuse-N-TAG" and "flight-N-TAG": N is the
 * minor number of the mount's device, and the tag, of the caller's, tells what the mount shows.
 */

#include <stdbool.h>

#include "base/fd_store.h"
#include "base/fuse_mount.h"

#define FUSE_STORE_TAG_MAX 64 /* bytes: printable ASCII without ':' */

/* Writes the tag of a mount: what it is, and the gist of the words, so that another word makes another
 * tag. */
void fuse_store_make_tag(char tag[FUSE_STORE_TAG_MAX], const char *what, const char *const words[],
                         size_t n_words);

struct fuse_wanted {
	const char *tag, *path;  /* borrowed; the path for as long as the mount is there */
	struct fuse_mount *fuse; /* of FUSE_MOUNT_INIT() */
};

/* Takes over mounts, each of fuse->type at path with descriptors of that tag: all of them, or, when
 * one does not fit, none. Asks no server. */
_must_check_ bool fuse_store_take(struct fd_store *store, const struct fuse_wanted wanted[],
                                  size_t n_wanted);

/* Gives the manager copies of both descriptors. False: it did not get them. */
bool fuse_store_put(const struct fuse_mount *fuse, const char *tag);

/* Tells the manager to close them. */
void fuse_store_remove(const struct fuse_mount *fuse, const char *tag);

/*
 * Detaches the mounts, of types that begin with type, whose descriptors were not taken: nobody would
 * answer there. Then closes all that is left, here and at the manager, and says so in the log.
 */
void fuse_store_discard(struct fd_store *store, const char *type);
