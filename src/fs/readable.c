/* SPDX-License-Identifier: Apache-2.0 */

#include "readable.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>

#include "base/util.h"

int readable_open(const int *fds, size_t n_fds)
{
	_cleanup_(closep) int wait_fd = epoll_create1(EPOLL_CLOEXEC);

	assert(n_fds <= READABLE_MAX);
	if (wait_fd < 0)
		return -errno;
	for (size_t i = 0; i < n_fds; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = 1U << i };

		if (fds[i] >= 0 && epoll_ctl(wait_fd, EPOLL_CTL_ADD, fds[i], &event) < 0)
			return -errno;
	}
	return steal_fd(&wait_fd);
}

int readable_wait(int wait_fd, int limit_ms)
{
	struct epoll_event events[READABLE_MAX];
	int n = epoll_wait(wait_fd, events, READABLE_MAX, limit_ms), found = 0;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	while (n > 0)
		found |= (int)events[--n].data.u32;
	return found;
}
