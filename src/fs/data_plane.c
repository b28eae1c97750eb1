/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Threads: the session's thread answers requests; the transaction's thread publishes. They share
 * the snapshot and the inode table, under a lock that is held for a few instructions.
 *
 * A notification takes the directory's lock in the kernel, and waits there for every LOOKUP and
 * READDIR of the directory that waits for the session's thread. So publishing must never
 * happen in the session's thread, and must not hold our lock. (What waits in the kernel is another
 * process, see fs/notifier.h; publishing waits for that.)
 *
 * The same lock makes publishing exact. The new snapshot stands before the first notification, so
 * a request that is answered from the old one was under way when that notification was sent: it
 * is over when the notification returns, and its entry is in the cache, from which the
 * notification of its own name then takes it. Therefore new names are notified too, which the
 * kernel cannot have cached: for the listing that a READDIR is just filling with the old set, which
 * the directory's own notification, the last, then drops.
 */

#include "fs/data_plane.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/log.h"
#include "data.h"
#include "ledger.h"

#define MAX_WRITE 4096 /* bytes; nothing is ever written here, and requests stay small */
#define MAX_PAGES 32   /* one READ for nearly every profile; what the kernel takes by itself */

#define CAPABILITIES                                                             \
	(FUSE_CAP_ASYNC_READ | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_READDIRPLUS | \
	 FUSE_CAP_CACHE_SYMLINKS)

static int add_all(struct inode_table *inodes, const struct snapshot *snapshot)
{
	int r = 0;

	for (size_t i = 0; i < snapshot->n_profiles && !r; i++)
		r = inode_table_add(inodes, snapshot->profiles[i]);
	return r;
}

static int names_digest(const struct snapshot *snapshot, uint8_t digest[DIGEST_SIZE])
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	for (size_t i = 0; i < snapshot->n_profiles; i++) {
		const struct profile *profile = snapshot->profiles[i];

		buffer_append(&text, profile->name, strlen(profile->name) + 1);
		buffer_append(&text, &profile->nodeid, sizeof(profile->nodeid));
	}
	if (buffer_error(&text))
		return buffer_error(&text);
	digest_compute(text.data, text.n_data, digest);
	return 0;
}

/* What is answered from here on, and what was before, are the same, or not. */
static void set_known(struct data_plane *plane, bool is_known)
{
	struct ledger *ledger = session_ledger(plane->session);

	if (is_known)
		memcpy(ledger->names, plane->names, DIGEST_SIZE);
	else
		memset(ledger->names, 0, DIGEST_SIZE);
	plane->is_known = is_known;
}

static bool is_known(const struct data_plane *plane)
{
	return !session_is_successor(plane->session) ||
	       !memcmp(session_ledger(plane->session)->names, plane->names, DIGEST_SIZE);
}

int data_plane_new(const struct data_plane_options *options, struct data_plane **planep)
{
	_cleanup_(data_plane_freep) struct data_plane *plane = calloc(1, sizeof(*plane));
	struct session_options session = {
		.name = "data plane",
		.fd = options->fd,
		.flight_fd = options->flight_fd,
		.notifier_fd = options->notifier_fd,
		.ops = &data_ops,
		.userdata = plane,
		.max_write = MAX_WRITE,
		.capabilities = CAPABILITIES,
		.max_pages = MAX_PAGES,
		.refusal = EROFS,
	};
	int r;

	if (!plane)
		return -ENOMEM;
	pthread_mutex_init(&plane->lock, NULL);
	plane->misses = MISS_LOG_INIT;
	plane->stale_limit = (struct ratelimit){ .burst = 20, .interval_ms = 10000 };
	clock_gettime(CLOCK_REALTIME, &plane->changed);
	plane->started = plane->changed;
	plane->snapshot = snapshot_ref(options->snapshot);
	plane->control_target = strdup(options->control_target);
	plane->inodes = inode_table_new();
	if (!plane->control_target || !plane->inodes)
		return -ENOMEM;
	r = add_all(plane->inodes, plane->snapshot);
	r = r ? r : names_digest(plane->snapshot, plane->names);
	r = r ? r : session_new(&session, &plane->session);
	if (r)
		return r;
	set_known(plane, is_known(plane));
	*planep = steal_ptr(plane);
	return 0;
}

void data_plane_free(struct data_plane *plane)
{
	if (!plane)
		return;
	session_free(plane->session);
	directory_free(plane->directory);
	inode_table_free(plane->inodes);
	snapshot_unref(plane->snapshot);
	free(plane->control_target);
	pthread_mutex_destroy(&plane->lock);
	free(plane);
}

int data_plane_run(struct data_plane *plane, int stop_fd, bool *unmountedp)
{
	return session_run(plane->session, stop_fd, unmountedp);
}

struct snapshot *data_plane_snapshot(struct data_plane *plane)
{
	struct snapshot *snapshot;

	pthread_mutex_lock(&plane->lock);
	snapshot = snapshot_ref(plane->snapshot);
	pthread_mutex_unlock(&plane->lock);
	return snapshot;
}

/* One name that differs: either may be NULL. */
typedef int (*difference_fn)(struct data_plane *plane, struct profile *before,
                             struct profile *after);

/* Both lists are sorted by name. 0, or what differs() returned, which ends it. */
static int for_each_difference(struct data_plane *plane, const struct snapshot *before,
                               const struct snapshot *after, difference_fn differs)
{
	size_t i = 0, j = 0;
	int r = 0;

	while (!r && (i < before->n_profiles || j < after->n_profiles)) {
		struct profile *old = i < before->n_profiles ? before->profiles[i] : NULL;
		struct profile *new = j < after->n_profiles ? after->profiles[j] : NULL;
		int order = !old ? 1 : !new ? -1 : strcmp(old->name, new->name);

		if (order > 0)
			old = NULL;
		if (order < 0)
			new = NULL;
		i += old ? 1 : 0;
		j += new ? 1 : 0;
		if (!old || !new || old->nodeid != new->nodeid)
			r = differs(plane, old, new);
	}
	return r;
}

static int renew_inode(struct data_plane *plane, struct profile *before, struct profile *after)
{
	if (before)
		inode_table_retire(plane->inodes, before->nodeid);
	/* Without memory it is added by its first LOOKUP, or that fails. */
	if (after && inode_table_add(plane->inodes, after))
		log_error("profile %s: no memory for its inode", after->name);
	return 0;
}

int data_plane_keep(struct data_plane *plane, struct profile *profile)
{
	return inode_table_keep(plane->inodes, profile);
}

bool data_plane_must_invalidate(const struct data_plane *plane)
{
	return !plane->is_known;
}

uint64_t data_plane_n_misses(const struct data_plane *plane)
{
	return ledger_get(session_ledger(plane->session), LEDGER_MISSES);
}

int data_plane_invalidate_name(struct data_plane *plane, const char *name)
{
	return session_invalidate_entry(plane->session, FUSE_ROOT_ID, name);
}

int data_plane_invalidate_listing(struct data_plane *plane)
{
	int r = session_invalidate_inode(plane->session, FUSE_ROOT_ID);

	r = r ? r : session_sync_notifications(plane->session);
	if (!r)
		set_known(plane, true);
	return r;
}

static int invalidate(struct data_plane *plane, struct profile *before, struct profile *after)
{
	return data_plane_invalidate_name(plane, before ? before->name : after->name);
}

int data_plane_publish(struct data_plane *plane, struct snapshot *before, struct snapshot *after)
{
	struct snapshot *replaced;
	int r;

	set_known(plane, false);
	r = names_digest(after, plane->names);
	if (r)
		return r;
	pthread_mutex_lock(&plane->lock);
	replaced = plane->snapshot;
	plane->snapshot = snapshot_ref(after);
	clock_gettime(CLOCK_REALTIME, &plane->changed);
	r = for_each_difference(plane, before, after, renew_inode);
	pthread_mutex_unlock(&plane->lock);

	snapshot_unref(replaced);
	r = r ? r : for_each_difference(plane, before, after, invalidate);
	return r ? r : data_plane_invalidate_listing(plane);
}
