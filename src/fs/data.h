#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the data plane share: data_plane.c (life, publishing), data_entry.c
 * (attributes, lookup counts), and the requests: data_ops.c, data_listing.c, data_xattr.c. */

#include "fs/data_plane.h"

#include <pthread.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/log.h"
#include "directory.h"
#include "fs/session.h"
#include "fuse_api.h"
#include "inode_table.h"
#include "miss_log.h"

#define NODEID_CONTROL 2
#define CONTROL_NAME   ".control"

/* Seconds; what never changes is cached for as long as the kernel can count (it takes this as
 * jiffies, and keeps what is too much at its own longest time). */
#define FOREVER 1e10

struct data_plane {
	struct session *session;
	char *control_target;
	struct timespec started;

	pthread_mutex_t lock;       /* the innermost; never held over a reply or a notification */
	struct snapshot *snapshot;  /* under lock: a reference */
	struct inode_table *inodes; /* under lock */
	struct timespec changed;    /* under lock: time of the snapshot */

	/* The thread that publishes, and whoever makes the plane. */
	uint8_t names[DIGEST_SIZE]; /* of the snapshot, as the ledger has it */
	bool is_known;              /* the ledger has it: the kernel has cached nothing else */

	/* The session's thread only. */
	struct directory *directory; /* the last that was listed; NULL: none */
	struct miss_log misses;
	struct ratelimit stale_limit; /* of the log */
};

/* A reference to the current snapshot. */
struct snapshot *data_plane_snapshot(struct data_plane *plane);

/* Attributes; what a nodeid names is the same for ever. */
void data_plane_stat_root(struct data_plane *plane, struct stat *st);
void data_plane_stat_control(const struct data_plane *plane, struct stat *st);
void data_plane_stat_profile(const struct profile *profile, struct stat *st);

/* The entry of a profile, whose lookup is counted; to be taken back with data_plane_forget() when
 * the kernel does not get it. 0 or -ENOMEM. */
_must_check_ int data_plane_enter(struct data_plane *plane, struct profile *profile,
                                  struct fuse_entry_param *entry);
void data_plane_forget(struct data_plane *plane, uint64_t nodeid, uint64_t n_lookups);
void data_plane_enter_control(const struct data_plane *plane, struct fuse_entry_param *entry);

/* A reference to what a nodeid names, or NULL. */
struct profile *data_plane_profile(struct data_plane *plane, uint64_t nodeid);

/* Forgets the directory of another snapshot, and with it that snapshot and its config. The session's
 * thread only. */
void data_plane_drop_directory(struct data_plane *plane, const struct snapshot *snapshot);

extern const struct fuse_lowlevel_ops data_ops;

void data_readdir(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
                  struct fuse_file_info *fi);
void data_readdirplus(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
                      struct fuse_file_info *fi);
void data_getxattr(fuse_req_t req, fuse_ino_t nodeid, const char *name, size_t size);
void data_listxattr(fuse_req_t req, fuse_ino_t nodeid, size_t size);
