/* SPDX-License-Identifier: Apache-2.0 */

#include "data.h"

#include <errno.h>
#include <string.h>

#define REPLY_MAX ((size_t)64 << 10) /* bytes; the kernel asks for less */

/* One reply that is being filled. */
struct listing {
	struct data_plane *plane;
	fuse_req_t req;
	bool plus; /* READDIRPLUS: each entry with its attributes, counted as a lookup */
	char *data;
	size_t n_data;
	size_t size;
};

/* The entries that every directory has, in the order of their cookies, from 1. */
static const char *const fixed_names[] = { ".", "..", CONTROL_NAME };

/* False when there is no room for it. */
static bool append(struct listing *listing, const char *name, const struct fuse_entry_param *entry,
                   uint64_t cookie)
{
	char *end = listing->data + listing->n_data;
	size_t room = listing->size - listing->n_data;
	size_t n;

	if (listing->plus)
		n = fuse_add_direntry_plus(listing->req, end, room, name, entry, (off_t)cookie);
	else
		n = fuse_add_direntry(listing->req, end, room, name, &entry->attr, (off_t)cookie);
	if (n > room)
		return false;
	listing->n_data += n;
	return true;
}

static bool append_fixed(struct listing *listing, size_t index)
{
	/* Nodeid 0 where no lookup counts. */
	struct fuse_entry_param entry = { 0 };

	if (strcmp(fixed_names[index], CONTROL_NAME) == 0) {
		data_plane_enter_control(listing->plane, &entry);
	} else {
		entry.attr.st_ino = FUSE_ROOT_ID;
		entry.attr.st_mode = S_IFDIR;
	}
	return append(listing, fixed_names[index], &entry, index + 1);
}

static bool append_profile(struct listing *listing, const struct directory_entry *item)
{
	struct fuse_entry_param entry = { 0 };

	if (!listing->plus) {
		data_plane_stat_profile(item->profile, &entry.attr);
		return append(listing, item->profile->name, &entry, item->cookie);
	}
	if (data_plane_enter(listing->plane, item->profile, &entry))
		return false;
	if (append(listing, item->profile->name, &entry, item->cookie))
		return true;
	data_plane_forget(listing->plane, item->profile->nodeid, 1);
	return false;
}

/* The kernel did not get the reply: none of its lookups counts. */
static void take_back(struct listing *listing, const struct directory *directory, size_t begin,
                      size_t end)
{
	for (size_t i = begin; listing->plus && i < end; i++)
		data_plane_forget(listing->plane, directory->entries[i].profile->nodeid, 1);
}

void data_plane_drop_directory(struct data_plane *plane, const struct snapshot *snapshot)
{
	if (plane->directory && plane->directory->snapshot != snapshot) {
		directory_free(plane->directory);
		plane->directory = NULL;
	}
}

/* The current snapshot's directory, borrowed; NULL without memory. */
static const struct directory *current_directory(struct data_plane *plane)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = data_plane_snapshot(plane);

	data_plane_drop_directory(plane, snapshot);
	if (!plane->directory)
		plane->directory = directory_new(snapshot);
	return plane->directory;
}

static void reply_listing(fuse_req_t req, size_t size, uint64_t cookie, bool plus)
{
	struct data_plane *plane = session_userdata(req);
	_cleanup_(freep) char *data = malloc(size < REPLY_MAX ? size : REPLY_MAX);
	struct listing listing = {
		.plane = plane,
		.req = req,
		.plus = plus,
		.data = data,
		.size = size < REPLY_MAX ? size : REPLY_MAX,
	};
	const struct directory *directory = current_directory(plane);
	bool has_room = true;
	size_t begin, end;

	if (!directory || !data) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	for (size_t i = cookie; has_room && i < ARRAY_SIZE(fixed_names); i++)
		has_room = append_fixed(&listing, i);
	begin = directory_seek(directory, cookie);
	for (end = begin; has_room && end < directory->n_entries; end++) {
		has_room = append_profile(&listing, &directory->entries[end]);
		if (!has_room)
			break;
	}
	if (fuse_reply_buf(req, data, listing.n_data))
		take_back(&listing, directory, begin, end);
}

void data_readdir(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
                  struct fuse_file_info *fi)
{
	if (nodeid != FUSE_ROOT_ID)
		fuse_reply_err(req, ENOTDIR);
	else
		reply_listing(req, size, (uint64_t)offset, false);
}

void data_readdirplus(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
                      struct fuse_file_info *fi)
{
	if (nodeid != FUSE_ROOT_ID)
		fuse_reply_err(req, ENOTDIR);
	else
		reply_listing(req, size, (uint64_t)offset, true);
}
