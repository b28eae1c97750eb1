/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The copy of the config that is served (last_good.h), for a start at which the config itself cannot be
 * used. Nobody waits for it: a start and every commit owe it, and it is written when there is time.
 * Until it is safe on disk the one before it stays, which is what a start finds that comes in between.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "last_good.h"
#include "store_internal.h"

/* Commits that may go on top of each other without a copy: a crash costs so many, if nobody can read the
 * config then. */
#define BEHIND_MAX 16

/* The name is durable with its directory. 0 or -errno, then there is no copy. */
static int write_copy(const struct store *store)
{
	const struct snapshot *snapshot = store->snapshot;
	const uint8_t *digest = store->state->config_digest;
	int fd = -1;
	int r = last_good_write(store->state_fd, digest, snapshot->config, snapshot->n_config, &fd);

	if (r)
		return r;
	r = fd_sync_and_close(&fd);
	/* EINVAL: a file system that cannot sync directories. */
	if (!r && fsync(store->state_fd) < 0 && errno != EINVAL)
		r = -errno;
	if (r)
		last_good_remove(store->state_fd, digest);
	return r;
}

/* What is there already is looked at byte for byte. */
static int make_copy(struct store *store)
{
	const struct snapshot *snapshot = store->snapshot;
	int r;

	if (last_good_is(store->state_fd, store->state->config_digest, snapshot->config,
	                 snapshot->n_config))
		return 0;
	r = write_copy(store);
	return store_make_room(store, r) ? write_copy(store) : r;
}

void store_owe_copy(struct store *store)
{
	store->owes_copy = !store->dry_run;
	store->n_behind++;
}

bool store_keep_copy(struct store *store, struct diag *diag)
{
	const struct place place = { .source = store->state_dir };
	int r;

	if (!store->owes_copy)
		return true;
	store->n_behind = 0;
	r = make_copy(store);
	if (r && !store->has_failed_copy)
		diag_warning(diag, &place, NULL, "no copy of the machine config can be kept: %s",
		             strerror(-r));
	store->owes_copy = r;
	store->has_failed_copy = r && (diag || store->has_failed_copy);
	if (!r)
		last_good_remove_others(store->state_fd, store->state->config_digest);
	return !r;
}

void store_keep_copy_before(struct store *store)
{
	/* What keeps it from being kept is told at the next rest. */
	if (store->n_behind >= BEHIND_MAX)
		store_keep_copy(store, NULL);
}
