#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A process of its own for what the worker cannot do itself, or not at once: it sends notifications to
 * the kernel, looks whether a writer was killed, and closes files.
 *
 * A notification waits in the kernel, uninterruptibly, for a lock that a LOOKUP may hold while it
 * waits for our answer. If the thread that sends it were one of the worker's, then a worker that is
 * killed at that moment would not end: no thread of it answers the LOOKUP any more, and as long as
 * one of its threads stays, it keeps its locks and is not seen to be dead, so that nobody takes
 * over. Another process may wait there: the next worker answers the LOOKUP.
 *
 * Nor is anybody to wait while a file system frees the blocks of a file that was replaced, which it does
 * when the last descriptor is closed.
 *
 * How a process ended is shown by /proc to those who may trace it, and a worker in its sandbox may
 * trace nobody.
 */

#include <stdbool.h>
#include <sys/types.h>

#include <sys/uio.h>

#include "base/util.h"

/* Called in the new process before it serves; 0, or -errno: then it ends. */
typedef int (*notifier_begin_fn)(void);

/*
 * Starts it, before there are threads. It shares fuse_fd and held_fd and nothing else, and ends when
 * *fdp, which is owned by the caller, is closed; *fdp has POLLHUP when it ended before. held_fd is
 * what would keep the caller's own end waiting if nobody else had it open: the notifier does nothing
 * but close it later; -1: none. begin may be NULL. 0 or -errno.
 */
_must_check_ int notifier_start(int fuse_fd, int held_fd, notifier_begin_fn begin, int *fdp);

#define NOTIFIER_PACKET_MAX 4096 /* bytes; the longest message takes a tenth of it */

/* Messages that are handed over together, since each packet may wake the notifier. Of one thread; zeros
 * at first. */
struct notifier_packet {
	size_t n; /* bytes; 0: there is none */
	char bytes[NOTIFIER_PACKET_MAX];
};

/* Adds one message; those that were added before are handed over where there is no room for it. Does not
 * wait until the kernel has them. 0 or -errno; -EPIPE: the notifier ended. */
_must_check_ int notifier_send(int fd, struct notifier_packet *packet, const struct iovec *iov,
                               int n_iov);

/* Waits until the kernel has all messages. 0, or the error of one of them: what the kernel does not
 * know, or a mount that is gone, is none. -EPIPE: the notifier ended, or notifier_stop(). */
_must_check_ int notifier_sync(int fd, struct notifier_packet *packet);

/* Whether a process is ending because of a signal, or its end was not to be learned. Waits for all
 * messages that were handed over before it. */
bool notifier_ask_killed(int fd, pid_t thread);

#define NOTIFIER_CLOSE_MAX 24

/* Takes the descriptors, at most so many, and closes them where nobody waits for it, if it can. */
void notifier_close(int fd, const int *fds, size_t n_fds);

/* Waits until all those are closed, or it has ended. */
void notifier_wait_closed(int fd);

/* Whoever waits for it returns; from any thread. */
void notifier_stop(int fd);
