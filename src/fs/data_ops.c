/* SPDX-License-Identifier: Apache-2.0 */

#include "data.h"

#include <errno.h>
#include <string.h>

#include "ledger.h"
#include "refuse.h"

/* While the asker waits for the answer, so that /proc still tells who. */
static void note_miss(struct data_plane *plane, const struct snapshot *snapshot, const char *name,
                      pid_t thread)
{
	if (miss_is_idle(name))
		return;
	ledger_count(session_ledger(plane->session), LEDGER_MISSES);
	miss_log_note(&plane->misses, snapshot, name, thread);
}

static void data_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct data_plane *plane = session_userdata(req);
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = data_plane_snapshot(plane);
	struct fuse_entry_param entry;
	struct profile *profile;
	int r;

	if (parent != FUSE_ROOT_ID) {
		fuse_reply_err(req, ENOTDIR);
		return;
	}
	data_plane_drop_directory(plane, snapshot);
	if (strcmp(name, CONTROL_NAME) == 0) {
		data_plane_enter_control(plane, &entry);
		fuse_reply_entry(req, &entry);
		return;
	}
	profile = snapshot_find(snapshot, name);
	if (!profile) {
		note_miss(plane, snapshot, name, fuse_req_ctx(req)->pid);
		fuse_reply_err(req, ENOENT);
		return;
	}
	r = data_plane_enter(plane, profile, &entry);
	if (r)
		fuse_reply_err(req, -r);
	else if (fuse_reply_entry(req, &entry))
		data_plane_forget(plane, profile->nodeid, 1);
}

static void data_forget(fuse_req_t req, fuse_ino_t nodeid, uint64_t n_lookups)
{
	data_plane_forget(session_userdata(req), nodeid, n_lookups);
	fuse_reply_none(req);
}

static void data_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct data_plane *plane = session_userdata(req);

	for (size_t i = 0; i < count; i++)
		data_plane_forget(plane, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

/* A version so old that it is not kept any more, or one that only a worker could make which was killed. */
static void reply_stale(fuse_req_t req, fuse_ino_t nodeid)
{
	struct data_plane *plane = session_userdata(req);
	unsigned int n_suppressed;

	if (ratelimit_pass(&plane->stale_limit, &n_suppressed))
		log_warning("data plane: an old version (inode %llu) is open that is not kept",
		            (unsigned long long)nodeid);
	fuse_reply_err(req, ESTALE);
}

static void data_getattr(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	struct data_plane *plane = session_userdata(req);
	_cleanup_(profile_unrefp) struct profile *profile = NULL;
	struct stat st;

	if (nodeid == FUSE_ROOT_ID) {
		data_plane_stat_root(plane, &st);
	} else if (nodeid == NODEID_CONTROL) {
		data_plane_stat_control(plane, &st);
	} else {
		profile = data_plane_profile(plane, nodeid);
		if (!profile) {
			reply_stale(req, nodeid);
			return;
		}
		data_plane_stat_profile(profile, &st);
	}
	fuse_reply_attr(req, &st, FOREVER);
}

static void data_readlink(fuse_req_t req, fuse_ino_t nodeid)
{
	struct data_plane *plane = session_userdata(req);

	if (nodeid == NODEID_CONTROL)
		fuse_reply_readlink(req, plane->control_target);
	else
		fuse_reply_err(req, EINVAL);
}

/* The kernel then opens by itself for the whole life of the mount, and keeps its page cache. */
static void data_open(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	fuse_reply_err(req, ENOSYS);
}

/* Those that were never read are made here, from the current snapshot: what that does not have has
 * got its bytes before it was replaced. 0 or -errno. */
static int find_bytes(struct data_plane *plane, struct profile *profile, const char **bytesp)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;

	*bytesp = profile_bytes(profile);
	if (*bytesp)
		return profile_check(profile) ? 0 : -EIO;
	snapshot = data_plane_snapshot(plane);
	return snapshot_make_bytes(snapshot, profile, bytesp);
}

static void reply_unreadable(fuse_req_t req, const struct profile *profile, int r)
{
	struct data_plane *plane = session_userdata(req);
	unsigned int n_suppressed;

	if (r == -ESTALE) {
		reply_stale(req, profile->nodeid);
		return;
	}
	if (ratelimit_pass(&plane->stale_limit, &n_suppressed))
		log_error("profile %s: its bytes cannot be made: %s", profile->name,
		          r == -EIO ? "they are not those that were checked" : strerror(-r));
	fuse_reply_err(req, -r);
}

static void data_read(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
                      struct fuse_file_info *fi)
{
	struct data_plane *plane = session_userdata(req);
	_cleanup_(profile_unrefp) struct profile *profile = data_plane_profile(plane, nodeid);
	size_t begin = (size_t)offset;
	const char *bytes;
	int r;

	if (!profile) {
		reply_stale(req, nodeid);
		return;
	}
	r = find_bytes(plane, profile, &bytes);
	if (r) {
		reply_unreadable(req, profile, r);
		return;
	}
	if (begin > profile->n_bytes)
		begin = profile->n_bytes;
	if (size > profile->n_bytes - begin)
		size = profile->n_bytes - begin;
	fuse_reply_buf(req, bytes + begin, size);
}

static void data_statfs(fuse_req_t req, fuse_ino_t nodeid)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = data_plane_snapshot(
		session_userdata(req));
	struct statvfs st = {
		.f_bsize = 4096,
		.f_frsize = 4096,
		.f_files = snapshot->n_profiles + 2, /* the root and .control */
		.f_namemax = 255,
	};

	for (size_t i = 0; i < snapshot->n_profiles; i++)
		st.f_blocks += (snapshot->profiles[i]->n_bytes + 4095) / 4096;
	fuse_reply_statfs(req, &st);
}

static void data_access(fuse_req_t req, fuse_ino_t nodeid, int mask)
{
	if (mask & W_OK)
		fuse_reply_err(req, EROFS);
	else
		fuse_reply_err(req, mask & X_OK && nodeid != FUSE_ROOT_ID ? EACCES : 0);
}

/* What would write is refused by the kernel already, the mount being read-only. FLUSH and POLL are
 * left out: libfuse answers ENOSYS, after which the kernel asks no more. */
const struct fuse_lowlevel_ops data_ops = {
	.lookup = data_lookup,
	.forget = data_forget,
	.forget_multi = data_forget_multi,
	.getattr = data_getattr,
	.readlink = data_readlink,
	.open = data_open,
	.opendir = data_open,
	.read = data_read,
	.readdir = data_readdir,
	.readdirplus = data_readdirplus,
	.statfs = data_statfs,
	.access = data_access,
	.getxattr = data_getxattr,
	.listxattr = data_listxattr,
	.mknod = refuse_mknod,
	.mkdir = refuse_make,
	.unlink = refuse_remove,
	.rmdir = refuse_remove,
	.symlink = refuse_symlink,
	.rename = refuse_rename,
	.link = refuse_link,
	.create = refuse_create,
	.setattr = refuse_setattr,
	.write = refuse_write,
	.setxattr = refuse_setxattr,
	.removexattr = refuse_removexattr,
	.fallocate = refuse_fallocate,
};
