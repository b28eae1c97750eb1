#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A FUSE session on a descriptor that somebody else mounted: libfuse's low-level API with read(2)
 * and writev(2) of our own. Never mounts, never unmounts.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct fuse_session;
struct fuse_lowlevel_ops;
struct session;

/* Takes fd on success. userdata is what fuse_req_userdata() gives. name is for messages ("data plane"). */
_must_check_ int session_new(const char *name, int fd, const struct fuse_lowlevel_ops *ops,
			     size_t n_ops, void *userdata, struct session **sessionp);
void session_free(struct session *session);
DEFINE_CLEANUP(struct session *, session_free);

/*
 * Serves requests until stop_fd (an eventfd, borrowed) is readable or the mount went away. 0 in both
 * cases, negative errno when the descriptor failed. *unmountedp tells which.
 */
_must_check_ int session_run(struct session *session, int stop_fd, bool *unmountedp);

/* fuse_lowlevel_notify_*; ENOENT is success. Never from the thread that runs the same session. */
_must_check_ int session_invalidate_entry(struct session *session, uint64_t parent,
					  const char *name);
_must_check_ int session_invalidate_inode(struct session *session, uint64_t nodeid);
