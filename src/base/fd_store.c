/* SPDX-License-Identifier: Apache-2.0 */

#include "base/fd_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/notify.h"

#define LISTEN_FDS_START 3 /* SD_LISTEN_FDS_START */
#define PASSED_MAX       4096
#define NAME_UNKNOWN     "unknown" /* as sd_listen_fds_with_names(3) says */

/* The number in a variable of the environment; 0: none, or more than max. */
static unsigned long number(const char *name, unsigned long max)
{
	const char *text = getenv(name);
	unsigned long n = 0;

	for (const char *c = text ? text : ""; *c; c++) {
		if (*c < '0' || *c > '9' || n > max)
			return 0;
		n = 10 * n + (unsigned long)(*c - '0');
	}
	return n <= max ? n : 0;
}

static void receive(struct fd_store *store, int n_passed)
{
	char *rest = store->names;

	for (int i = 0; i < n_passed; i++) {
		const char *name = strsep(&rest, ":");
		int fd = LISTEN_FDS_START + i;

		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			continue;
		if (store->n_fds == ARRAY_SIZE(store->fds)) {
			log_warning("more than %zu stored descriptors: one is closed",
			            store->n_fds);
			close(fd);
			continue;
		}
		store->fds[store->n_fds].fd = fd;
		store->fds[store->n_fds++].name = name && *name ? name : NAME_UNKNOWN;
	}
}

int fd_store_receive(struct fd_store *store)
{
	int n_passed = (int)number("LISTEN_FDS", PASSED_MAX);
	bool is_ours = number("LISTEN_PID", (unsigned long)-1 / 10 - 1) == (unsigned long)getpid();
	const char *names = getenv("LISTEN_FDNAMES");

	store->names = strdup(names ? names : "");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (!store->names)
		return -ENOMEM;
	if (is_ours)
		receive(store, n_passed);
	return 0;
}

void fd_store_deinit(struct fd_store *store)
{
	for (size_t i = 0; i < store->n_fds; i++)
		closep(&store->fds[i].fd);
	free(store->names);
	*store = FD_STORE_INIT;
}

struct stored_fd *fd_store_find(struct fd_store *store, const char *name)
{
	for (size_t i = 0; i < store->n_fds; i++) {
		if (store->fds[i].fd >= 0 && !strcmp(store->fds[i].name, name))
			return &store->fds[i];
	}
	return NULL;
}

void fd_store_discard(struct fd_store *store)
{
	for (size_t i = 0; i < store->n_fds; i++) {
		struct stored_fd *stored = &store->fds[i];

		if (stored->fd < 0)
			continue;
		log_warning("stored descriptor %s: does not fit, closed", stored->name);
		close(steal_fd(&stored->fd));
		fd_store_remove(stored->name);
	}
}

static bool send(const char *what, const char *name, int fd)
{
	char state[FD_STORE_NAME_MAX + 64];
	int n = snprintf(state, sizeof(state), "%s\nFDNAME=%s", what, name);

	return n < (int)sizeof(state) && notify_manager_fd(state, fd);
}

bool fd_store_put(const char *name, int fd)
{
	/* Not polled: a manager that waits for the end of a device is woken by all that happens there. */
	return send("FDSTORE=1\nFDPOLL=0", name, fd);
}

void fd_store_remove(const char *name)
{
	send("FDSTOREREMOVE=1", name, -1);
}
