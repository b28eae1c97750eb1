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

static bool send_to(const struct sockaddr_un *address, size_t n_path, const char *state, int fd)
{
	_cleanup_(closep) int socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct iovec text = { .iov_base = (char *)state, .iov_len = strlen(state) };
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr message = {
		.msg_name = (void *)address,
		.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n_path),
		.msg_iov = &text,
		.msg_iovlen = 1,
	};

	if (fd >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.bytes);
	}
	return socket_fd >= 0 && sendmsg(socket_fd, &message, MSG_NOSIGNAL) >= 0;
}

bool notify_manager_fd(const char *state, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n_path = path ? strlen(path) : 0;

	if (!n_path || n_path > sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, path, n_path);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* the abstract namespace */
	if (send_to(&address, n_path, state, fd))
		return true;
	log_warning("cannot notify %s: %s", path, error_text(errno));
	return false;
}

void notify_manager(const char *state)
{
	notify_manager_fd(state, -1);
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
