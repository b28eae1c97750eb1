/* SPDX-License-Identifier: Apache-2.0 */

#include "fs/notifier.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "asker.h"

#define MESSAGE_MAX 4096 /* bytes; a name has at most 255 */

/* One message is one packet. Those that are shorter than any that the kernel knows are questions: a
 * thread, whether it is being killed; this, what came of the messages before. */
static const char question = '?';

_Static_assert(sizeof(pid_t) > sizeof(question), "a question is told by its length");

static void notify(int fuse_fd, const char *message, size_t n_message, int *resultp)
{
	if (write(fuse_fd, message, n_message) < 0 && errno != ENOENT && errno != ENODEV)
		*resultp = -errno;
}

static int is_killed(const char *message)
{
	pid_t thread;

	memcpy(&thread, message, sizeof(thread));
	return asker_is_killed(thread);
}

static void serve(int fuse_fd, int fd)
{
	char message[MESSAGE_MAX];
	int answer, result = 0;
	ssize_t n;

	while ((n = recv(fd, message, sizeof(message), 0)) > 0) {
		if (n > (ssize_t)sizeof(pid_t)) {
			notify(fuse_fd, message, (size_t)n, &result);
			continue;
		}
		answer = n == sizeof(pid_t) ? is_killed(message) : result;
		if (n == sizeof(question))
			result = 0;
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			return;
	}
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Closes all others, also the standard ones: nobody shall wait for us. -1 is none. */
static void keep_only(int *fds, size_t n_fds)
{
	int next = 0; /* that is not looked at yet */

	qsort(fds, n_fds, sizeof(*fds), compare);
	for (size_t i = 0; i < n_fds; i++) {
		if (fds[i] > next)
			close_range((unsigned int)next, (unsigned int)fds[i] - 1, 0);
		next = fds[i] + 1;
	}
	close_range((unsigned int)next, ~0U, 0);
}

int notifier_start(int fuse_fd, int held_fd, notifier_begin_fn begin, int *fdp)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	pid = fork();
	if (!pid) {
		/* Who stops us is the worker, also when a whole group gets the signal. */
		signal(SIGTERM, SIG_IGN);
		signal(SIGINT, SIG_IGN);
		keep_only((int[]){ fuse_fd, held_fd, fds[1] }, 3);
		if (!begin || !begin())
			serve(fuse_fd, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return -errno;
	}
	*fdp = fds[0];
	return 0;
}

int notifier_send(int fd, struct iovec *iov, int n_iov)
{
	const struct msghdr message = { .msg_iov = iov, .msg_iovlen = (size_t)n_iov };

	while (sendmsg(fd, &message, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int ask(int fd, const void *what, size_t n_what, int *answerp)
{
	struct iovec iov = { .iov_base = (void *)what, .iov_len = n_what };
	int r = notifier_send(fd, &iov, 1);
	ssize_t n;

	if (r)
		return r;
	do
		n = recv(fd, answerp, sizeof(*answerp), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(*answerp) ? 0 : -EPIPE;
}

int notifier_sync(int fd)
{
	int result = 0, r = ask(fd, &question, sizeof(question), &result);

	return r ? r : result;
}

bool notifier_ask_killed(int fd, pid_t thread)
{
	int killed = 0;

	return ask(fd, &thread, sizeof(thread), &killed) || killed;
}

void notifier_stop(int fd)
{
	shutdown(fd, SHUT_RDWR);
}
