#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the control plane share: control_plane.c (life, handles), control_lost.c (what a
 * worker that died had open), and the requests: control_node.c (names and attributes), control_ops.c
 * (open files). */

#include "fs/control_plane.h"

#include <sys/stat.h>

#include "control_file.h"
#include "control_text.h"
#include "fs/session.h"
#include "fuse_api.h"

/* The kernel keeps them for the life of the mount, over an upgrade as well. */
#define NODEID_CONTROL 2 /* then those of the texts, in the order of their kinds */
#define NODEID_TEXT    3
#define NODEID_METRICS 64

/*
 * One open file. The kernel knows it by a number, not by its address: a worker that takes over a
 * mount is asked for handles of the one before it. So the number itself says whether patches can
 * have been written through it.
 */
#define HANDLE_WRITABLE 1
#define HANDLE_STEP     2

struct handle {
	uint64_t id;
	struct control_file *file; /* of `control`; or NULL */
	struct control_text *text; /* of another file; or NULL */
	struct handle *next;
};

struct control_plane {
	struct session *session;
	struct store *store; /* borrowed */
	char *node;
	size_t max_patch;
	int notifier_fd; /* borrowed */
	struct control_plane_source source;
	struct control_plane_idle idle;
	unsigned int n_releases;       /* since there was a rest */
	const struct data_plane *data; /* borrowed */
	unsigned int n_restarts;
	char *last_cause;
	struct timespec started;
	struct timespec changed;    /* when the snapshot did */
	struct timespec transacted; /* when a transaction was, also a failed one */
	struct control_texts texts;
	bool is_closing;        /* the notifier was given files since somebody waited for that */
	struct handle *handles; /* few; the one used last is first */
};

/* Takes the content of handle and gives it its number. 0 or -ENOMEM. */
_must_check_ int control_plane_add_handle(struct control_plane *plane, struct handle *handle,
                                          bool is_writable);

/* Borrowed, or NULL: it is not one of ours. */
struct handle *control_plane_find_handle(struct control_plane *plane, uint64_t id);

/* The last close; a patch that is pending is committed. */
void control_plane_release_handle(struct control_plane *plane, uint64_t id);

/* A file. */
struct control_node {
	const char *name;
	mode_t mode;
	fuse_ino_t nodeid;
};

/* Borrowed, or NULL. */
const struct control_node *control_node_find(fuse_ino_t nodeid);

/* Of one that is not `control`. */
enum control_kind control_node_kind(const struct control_node *node);

/* Looks whether there is a new snapshot. Transactions run in this thread only, so that what is
 * current stays so for the whole request. */
void control_plane_update(struct control_plane *plane);

/* There was a transaction with a patch; userdata is the control plane. */
void control_plane_transacted(void *userdata, enum result_kind kind);

/* What `metrics` tells now. Returns owned, or NULL without memory. */
struct control_text *control_plane_metrics(struct control_plane *plane);

/* See control_lost.c. Before every request that may commit a patch, and with is_write before one that
 * may add to it; behind the answer; and behind every other transaction. */
void control_begin(struct control_plane *plane, const struct handle *handle, bool is_write);
void control_end(struct control_plane *plane, const struct handle *handle);
void control_reloaded(struct control_plane *plane);

/* What the worker before this one did not bring to its end is told; before the first request. */
void control_take_over(struct control_plane *plane);

/* For a file that a dead worker had opened: its writer knows, or has closed it for good; and what a
 * close by thread says, 0 or -EIO. */
void control_lost_told(struct control_plane *plane, uint64_t id);
int control_lost_flush(struct control_plane *plane, uint64_t id, pid_t thread);

/* When nobody has asked for anything for a while: see struct session_options. */
int control_rest(void *userdata);

/* store_room_fn */
bool control_make_room(void *userdata);

extern const struct fuse_lowlevel_ops control_ops;

void control_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void control_getattr(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi);
void control_setattr(fuse_req_t req, fuse_ino_t nodeid, struct stat *attr, int to_set,
                     struct fuse_file_info *fi);
void control_readdir(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
                     struct fuse_file_info *fi);
