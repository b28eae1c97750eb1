/* SPDX-License-Identifier: Apache-2.0 */

#include "base/fuse_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* FNV-1a of 64 bits: nobody has a reason to look for a collision. */
#define HASH_BEGIN 0xcbf29ce484222325
#define HASH_PRIME 0x100000001b3

#define NAME_FUSE   "fuse"
#define NAME_FLIGHT "flight"

void fuse_store_make_tag(char tag[FUSE_STORE_TAG_MAX], const char *what, const char *const words[],
                         size_t n_words)
{
	uint64_t hash = HASH_BEGIN;

	for (size_t i = 0; i < n_words; i++) {
		const char *c = words[i];

		do /* the end of a word counts too */
			hash = (hash ^ (unsigned char)*c) * HASH_PRIME;
		while (*c++);
	}
	snprintf(tag, FUSE_STORE_TAG_MAX, "%s-%016" PRIx64, what, hash);
}

static void make_name(char name[FD_STORE_NAME_MAX + 1], const char *kind, dev_t dev,
                      const char *tag)
{
	snprintf(name, FD_STORE_NAME_MAX + 1, "%s-%u-%s", kind, minor(dev), tag);
}

/* The device of the mount that a descriptor of /dev/fuse has in its name; 0: not such a name. */
static dev_t parse_name(const char *name, const char **tagp)
{
	unsigned int number;
	int n = 0;

	if (sscanf(name, NAME_FUSE "-%9u-%n", &number, &n) != 1 || !n)
		return 0;
	*tagp = name + n;
	return makedev(0, number);
}

static bool take(struct fd_store *store, struct stored_fd *stored, dev_t dev, const char *tag,
                 const char *path, struct fuse_mount *fuse)
{
	char name[FD_STORE_NAME_MAX + 1];
	struct stored_fd *flight;

	make_name(name, NAME_FLIGHT, dev, tag);
	flight = fd_store_find(store, name);
	if (!flight || !fuse_mount_adopt(fuse, path, dev, stored->fd, flight->fd))
		return false;
	stored->fd = flight->fd = -1;
	return true;
}

bool fuse_store_take(struct fd_store *store, const char *tag, const char *path,
                     struct fuse_mount *fuse)
{
	for (size_t i = 0; i < store->n_fds; i++) {
		struct stored_fd *stored = &store->fds[i];
		const char *stored_tag;
		dev_t dev = stored->fd < 0 ? 0 : parse_name(stored->name, &stored_tag);

		if (dev && !strcmp(stored_tag, tag) && take(store, stored, dev, tag, path, fuse))
			return true;
	}
	return false;
}

bool fuse_store_put(const struct fuse_mount *fuse, const char *tag)
{
	char name[FD_STORE_NAME_MAX + 1];

	make_name(name, NAME_FLIGHT, fuse->dev, tag);
	if (!fd_store_put(name, fuse->flight_fd))
		return false;
	make_name(name, NAME_FUSE, fuse->dev, tag);
	return fd_store_put(name, fuse->fd);
}

void fuse_store_remove(const struct fuse_mount *fuse, const char *tag)
{
	char name[FD_STORE_NAME_MAX + 1];

	make_name(name, NAME_FUSE, fuse->dev, tag);
	fd_store_remove(name);
	make_name(name, NAME_FLIGHT, fuse->dev, tag);
	fd_store_remove(name);
}

void fuse_store_discard(struct fd_store *store, const char *type)
{
	for (size_t i = 0; i < store->n_fds; i++) {
		struct stored_fd *stored = &store->fds[i];
		const char *tag;
		dev_t dev = stored->fd < 0 ? 0 : parse_name(stored->name, &tag);

		if (dev)
			fuse_mount_detach(type, dev, stored->fd);
	}
	fd_store_discard(store);
}
