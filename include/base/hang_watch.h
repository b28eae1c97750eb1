#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Whether a process that serves a FUSE mount hangs, seen from outside.
 *
 * Somebody waits when a request stands in /dev/fuse, or when the memfd of the mount shows one that
 * was taken and not answered (base/flight_layout.h; no kind of request there may wait for anything
 * but the process itself). If at many looks in a row somebody waits and nothing was taken or
 * answered in between, the process hangs. Looks are counted rather than time: where the whole
 * machine stood still, as a virtual one may, the process had no more of it than we.
 *
 * A thread that waits uninterruptibly, as for a slow disk in fsync(2), does not hang: a signal would
 * end it no sooner than the disk answers, and the transaction would be lost.
 */

#include <sys/types.h>

struct hang_watch {
	int fuse_fd, flight_fd; /* of the mount; borrowed */
	unsigned long long progress;
	unsigned int n_still; /* looks in a row at which nothing had moved */
};

#define HANG_WATCH_INIT(fuse_fd_, flight_fd_) \
	((struct hang_watch){ .fuse_fd = fuse_fd_, .flight_fd = flight_fd_ })

/* Looks once more at process pid, which serves, and returns how many looks in a row somebody waited
 * and nothing moved. Allocates nothing. */
unsigned int hang_watch_look(struct hang_watch *watch, pid_t pid);

/* Another process serves. */
void hang_watch_reset(struct hang_watch *watch);
