/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What commits have replaced, and goes behind the answer. Its names are gone. But to close the last
 * descriptor of a file frees its blocks, which takes a processor and the disk as long as much of a
 * commit, and there may be few processors, and is one disk. So small ones wait until there is time,
 * those of a few commits together, or until their space is needed.
 */

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "store_internal.h"

#define PER_COMMIT  2                  /* config and state */
#define WAITING_MAX ((size_t)64 << 10) /* bytes of a config */

void store_free_leavings(struct store *store)
{
	struct leavings *leavings = &store->leavings;

	while (leavings->n_fds)
		close(leavings->fds[--leavings->n_fds]);
}

void store_set_room(struct store *store, store_room_fn room, void *userdata)
{
	store->room = room;
	store->room_userdata = userdata;
}

bool store_make_room(struct store *store, int r)
{
	bool is_any = store->leavings.n_fds > 0;

	if (r != -ENOSPC && r != -EDQUOT)
		return false;
	store_free_leavings(store);
	/* Those that were given away before may be open still. */
	return (store->room && store->room(store->room_userdata)) || is_any;
}

void store_leave(struct store *store, int fd)
{
	struct leavings *leavings = &store->leavings;

	if (fd < 0)
		return;
	if (leavings->n_fds == STORE_N_LEAVINGS)
		store_free_leavings(store);
	leavings->fds[leavings->n_fds++] = fd;
}

static bool may_wait(const struct store *store)
{
	return store->snapshot->n_config <= WAITING_MAX &&
	       store->leavings.n_fds + PER_COMMIT <= STORE_N_LEAVINGS;
}

size_t store_take_leavings(struct store *store, bool at_rest, int fds[STORE_N_LEAVINGS])
{
	struct leavings *leavings = &store->leavings;
	size_t n = leavings->n_fds;

	if (!at_rest && may_wait(store))
		return 0;
	memcpy(fds, leavings->fds, n * sizeof(*fds));
	leavings->n_fds = 0;
	return n;
}

void store_tidy(struct store *store)
{
	struct leavings *leavings = &store->leavings;

	if (leavings->has_trees)
		malloc_trim(0);
	leavings->has_trees = false;
}

void store_tidy_before(struct store *store)
{
	store_tidy(store);
	store_keep_copy_before(store);
	if (!may_wait(store))
		store_free_leavings(store);
}
