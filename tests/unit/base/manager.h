#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The service manager's end of the notification socket, for unit tests. */

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/util.h"

/* Listens at a name of this process, and points the environment at it. */
static inline int manager_listen(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "@test-manager.%d",
	                 (int)getpid());

	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
	                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n)),
	                 0);
	return fd;
}

/* The next message; *passed_fdp gets the descriptor that came with it, or -1. */
static inline void manager_expect(int fd, const char *expected, int *passed_fdp)
{
	char text[512] = "", control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr message = { .msg_iov = &iov,
		                  .msg_iovlen = 1,
		                  .msg_control = control,
		                  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;

	assert_true(recvmsg(fd, &message, MSG_CMSG_CLOEXEC) > 0);
	assert_string_equal(text, expected);
	header = CMSG_FIRSTHDR(&message);
	*passed_fdp = -1;
	if (header)
		memcpy(passed_fdp, CMSG_DATA(header), sizeof(*passed_fdp));
}

static inline void manager_expect_nothing(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), -1);
}
