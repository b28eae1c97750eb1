/* SPDX-License-Identifier: Apache-2.0 */

#include "base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/log.h"
#include "base/util.h"

void notify_manager(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n_path = path ? strlen(path) : 0;
	_cleanup_(closep) int fd = -1;

	if (!n_path || n_path > sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, n_path);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* the abstract namespace */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
	                     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n_path)) < 0)
		log_warning("cannot notify %s: %s", path, strerror(errno));
}

void notify_manager_reloading(const char *status)
{
	struct timespec now;
	char state[256];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=%s",
	         now.tv_sec * 1000000ULL + (unsigned long long)now.tv_nsec / 1000, status);
	notify_manager(state);
}
