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

static bool take_from(struct fd_store *store, struct stored_fd *stored, dev_t dev,
                      const struct fuse_wanted *wanted)
{
	char name[FD_STORE_NAME_MAX + 1];
	struct stored_fd *flight;

	make_name(name, NAME_FLIGHT, dev, wanted->tag);
	flight = fd_store_find(store, name);
	if (!flight || !fuse_mount_adopt(wanted->fuse, wanted->path, dev, stored->fd, flight->fd))
		return false;
	stored->fd = flight->fd = -1;
	return true;
}

static bool take(struct fd_store *store, const struct fuse_wanted *wanted)
{
	for (size_t i = 0; i < store->n_fds; i++) {
		struct stored_fd *stored = &store->fds[i];
		const char *tag;
		dev_t dev = stored->fd < 0 ? 0 : parse_name(stored->name, &tag);

		if (dev && !strcmp(tag, wanted->tag) && take_from(store, stored, dev, wanted))
			return true;
	}
	return false;
}

static void give_back(struct fd_store *store, const struct fuse_wanted *wanted)
{
	struct fuse_mount *fuse = wanted->fuse;
	char names[2][FD_STORE_NAME_MAX + 1];
	int *fds[] = { &fuse->fd, &fuse->flight_fd };

	make_name(names[0], NAME_FUSE, fuse->dev, wanted->tag);
	make_name(names[1], NAME_FLIGHT, fuse->dev, wanted->tag);
	for (size_t i = 0; i < store->n_fds; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(fds); j++)
			if (store->fds[i].fd < 0 && !strcmp(store->fds[i].name, names[j]))
				store->fds[i].fd = steal_fd(fds[j]);
	}
	*fuse = FUSE_MOUNT_INIT(fuse->type);
}

bool fuse_store_take(struct fd_store *store, const struct fuse_wanted wanted[], size_t n_wanted)
{
	size_t n_taken = 0;

	while (n_taken < n_wanted && take(store, &wanted[n_taken]))
		n_taken++;
	if (n_taken == n_wanted)
		return true;
	while (n_taken)
		give_back(store, &wanted[--n_taken]);
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
