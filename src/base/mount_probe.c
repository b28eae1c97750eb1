/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mount_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/statfs.h>
#include <sys/wait.h>

#include "base/util.h"

/* The last thing that its process does. ECONNABORTED: the server went while we asked. */
static enum mount_health ask(const char *path)
{
	struct statfs st;

	if (statfs(path, &st) < 0 && (errno == ENOTCONN || errno == ECONNABORTED))
		return MOUNT_DEAD;
	return MOUNT_ALIVE;
}

enum mount_health mount_probe(const char *path, int timeout_ms)
{
	int fds[2], status;
	struct pollfd end;
	bool has_ended;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return MOUNT_SILENT;
	pid = fork();
	if (!pid)
		_exit((int)ask(path));
	close(fds[1]);
	end = (struct pollfd){ .fd = fds[0] };
	has_ended = pid > 0 && poll(&end, 1, timeout_ms) == 1; /* POLLHUP */
	close(fds[0]);
	if (!has_ended) {
		if (pid > 0)
			kill(pid, SIGKILL);
		return MOUNT_SILENT;
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return MOUNT_SILENT;
	return (enum mount_health)WEXITSTATUS(status);
}
