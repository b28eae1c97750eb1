#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the files of the control plane share: control_plane.c (life), control_ops.c (requests),
 * control_refuse.c (requests that are refused). */

#include "fs/control_plane.h"

#include <sys/stat.h>

#include "control_file.h"
#include "control_text.h"
#include "fs/session.h"
#include "fuse_api.h"

#define NODEID_CONTROL 2 /* then those of the texts, in the order of their kinds */
#define NODEID_TEXT    3

/*
 * One open file. The kernel knows it by a number, not by its address: a worker that takes over a
 * mount is asked for handles of the one before it.
 */
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
	struct timespec started;
	struct timespec changed;    /* when the snapshot did */
	struct timespec transacted; /* when a transaction was, also a failed one */
	struct control_texts texts;
	struct handle *handles; /* few; the one used last is first */
	uint64_t next_handle;
};

/* Takes the content of handle and gives it its number. 0 or -ENOMEM. */
_must_check_ int control_plane_add_handle(struct control_plane *plane, struct handle *handle);

/* Borrowed, or NULL: it is not one of ours. */
struct handle *control_plane_find_handle(struct control_plane *plane, uint64_t id);

/* The last close; a patch that is pending is committed. */
void control_plane_release_handle(struct control_plane *plane, uint64_t id);

extern const struct fuse_lowlevel_ops control_ops;
