#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The file descriptor store of a service manager: what a service leaves there is handed to the next
 * start of that service (systemd: FileDescriptorStoreMax= of systemd.service(5), sd_notify(3),
 * sd_listen_fds(3)). A name stands for one descriptor here.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

#define FD_STORE_MAX      16  /* descriptors that are looked at; what is beyond is closed */
#define FD_STORE_NAME_MAX 255 /* bytes of a name: printable ASCII without ':' */

struct stored_fd {
	int fd;           /* -1: taken */
	const char *name; /* borrowed from the store */
};

struct fd_store {
	struct stored_fd fds[FD_STORE_MAX];
	size_t n_fds;
	char *names; /* private */
};

#define FD_STORE_INIT ((struct fd_store){ .n_fds = 0 })

/*
 * Receives what the manager has passed to this process, the variables LISTEN_* of the environment,
 * which it removes. None of the descriptors stays open across exec. 0, also when there is nothing,
 * or -ENOMEM.
 */
_must_check_ int fd_store_receive(struct fd_store *store);

/* Closes what was not taken; the manager keeps its copies. */
void fd_store_deinit(struct fd_store *store);

/* The first descriptor of that name that was not taken, borrowed; NULL: none. */
struct stored_fd *fd_store_find(struct fd_store *store, const char *name);

/* Closes what was not taken, tells the manager to do the same, and says so in the log. */
void fd_store_discard(struct fd_store *store);

/* Gives the manager a copy of fd. False: there is no manager, or it did not get it. Whether it keeps
 * descriptors at all cannot be known. */
bool fd_store_put(const char *name, int fd);

/* Tells the manager to close those of that name. */
void fd_store_remove(const char *name);
