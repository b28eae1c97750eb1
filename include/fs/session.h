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

struct fuse_lowlevel_ops;
struct fuse_req;
struct ledger;
struct session;

/* A descriptor that is looked at besides the requests, in the same thread and between two of them. */
struct session_source {
	int fd;                        /* borrowed */
	void (*ready)(void *userdata); /* fd is readable; NULL: there is no such descriptor */
	void *userdata;                /* borrowed */
};

struct session_options {
	const char *name; /* for messages: "data plane"; borrowed */
	int fd;           /* of /dev/fuse, mounted; taken on success */
	int flight_fd;    /* a memfd of this mount, see flight.h; borrowed for the call */
	int notifier_fd;  /* see fs/notifier.h; borrowed; -1: no notifications */
	const struct fuse_lowlevel_ops *ops; /* copied; without .init, which is the session's own */
	void *userdata;                      /* what session_userdata() gives; borrowed */
	unsigned int max_write;              /* bytes of one WRITE */
	unsigned int capabilities;           /* FUSE_CAP_*: just these, where the kernel has them */
	unsigned int max_pages;              /* of one READ or READDIR; 0: as for a WRITE */
	struct session_source source;        /* copied */
	/* No request for 20 ms, in the same thread. Returns after how many milliseconds without a
	 * request it is to be called again; -1: there is no more to do. NULL: nothing. */
	int (*rest)(void *userdata);
	int refusal; /* positive errno of requests that would make, remove or rename */
};

/* 0; -EPROTO, logged, when the mount's former session had another agreement with the kernel; -errno.
 */
_must_check_ int session_new(const struct session_options *options, struct session **sessionp);
void session_free(struct session *session);
DEFINE_CLEANUP(struct session *, session_free);

/* The userdata of the session that req came from. */
void *session_userdata(struct fuse_req *req);

/* Replies with the session's refusal. */
void session_refuse(struct fuse_req *req);

/*
 * Serves requests, one at a time, until stop_fd is readable or the mount went away. 0 in both cases,
 * negative errno when the descriptor failed. *unmountedp tells which. stop_fd is borrowed as long as
 * the session lives, and is the same at each call.
 */
_must_check_ int session_run(struct session *session, int stop_fd, bool *unmountedp);

/* Whether a process before this one has served the mount: the kernel knows names. */
bool session_is_successor(const struct session *session);

/* What a process leaves to the next one (ledger.h); borrowed until session_free(). */
struct ledger *session_ledger(const struct session *session);

/* fuse_lowlevel_notify_*, from one thread. The kernel has them, and what came of them is told, when
 * session_sync_notifications() returns, never to be called by the thread that runs the same session.
 * What the kernel does not know is success. -EPIPE: the notifier has ended. */
_must_check_ int session_invalidate_entry(struct session *session, uint64_t parent,
                                          const char *name);
_must_check_ int session_invalidate_inode(struct session *session, uint64_t nodeid);
_must_check_ int session_sync_notifications(struct session *session);
