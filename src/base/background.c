/* SPDX-License-Identifier: Apache-2.0 */

#include "base/background.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>

int background_fork(int *front_fdp)
{
	_cleanup_(closep) int ready_fd = -1;
	int fds[2];
	pid_t pid;
	char byte;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	ready_fd = fds[0];
	pid = fork();
	if (!pid) {
		unsetenv("NOTIFY_SOCKET");
		*front_fdp = fds[1];
		return 0;
	}
	close(fds[1]);
	if (pid < 0)
		return -errno;
	return read(ready_fd, &byte, 1) == 1 ? 1 : -ECHILD;
}

void background_ready(int *front_fd)
{
	int null_fd;
	ssize_t n;

	if (*front_fd < 0)
		return;
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd <= STDERR_FILENO && null_fd >= 0; fd++)
		dup2(null_fd, fd);
	closep(&null_fd);
	setsid();
	/* The one in front may have been killed; that changes nothing here. */
	signal(SIGPIPE, SIG_IGN);
	n = write(*front_fd, "", 1);
	(void)n;
	close(steal_fd(front_fd));
}

void background_close_inherited_fds(void)
{
	/* Linux before 5.9 does not have it: then they stay open, as in most daemons. */
	close_range(STDERR_FILENO + 1, UINT_MAX, 0);
}

void background_open_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	closep(&fd);
}
