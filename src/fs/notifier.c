/* SPDX-License-Identifier: Apache-2.0 */

#include "fs/notifier.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "asker.h"

#define MESSAGE_MAX 4096 /* bytes; a name has at most 255 */

/* One message is one packet. Those that are shorter than any that the kernel knows are for the
 * notifier: a thread, whether it is being killed; these. */
static const char question = '?'; /* what came of the messages before */
static const char closing = '-';  /* has descriptors with it, and gets no answer */

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

/* Room for descriptors, aligned as the kernel wants it. */
union rights {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(NOTIFIER_CLOSE_MAX * sizeof(int))];
};

/* A packet, whose descriptors are closed. The bytes of it, 0 at the end, -1. */
static ssize_t receive(int fd, char message[MESSAGE_MAX])
{
	struct iovec iov = { .iov_base = message, .iov_len = MESSAGE_MAX };
	union rights rights;
	struct msghdr packet = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = sizeof(rights.bytes),
	};
	ssize_t n = recvmsg(fd, &packet, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&packet) : NULL;
	size_t n_fds = header ? (header->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

	for (size_t i = 0; i < n_fds; i++) {
		int one;

		memcpy(&one, CMSG_DATA(header) + i * sizeof(one), sizeof(one));
		close(one);
	}
	return n;
}

static void serve(int fuse_fd, int fd)
{
	char message[MESSAGE_MAX];
	int answer, result = 0;
	ssize_t n;

	while ((n = receive(fd, message)) > 0) {
		if (n > (ssize_t)sizeof(pid_t)) {
			notify(fuse_fd, message, (size_t)n, &result);
			continue;
		}
		if (n == sizeof(closing) && message[0] == closing)
			continue;
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

void notifier_close(int fd, const int *fds, size_t n_fds)
{
	struct iovec iov = { .iov_base = (void *)&closing, .iov_len = sizeof(closing) };
	union rights rights = { 0 };
	const struct msghdr packet = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = CMSG_SPACE(n_fds * sizeof(*fds)),
	};

	if (!n_fds)
		return;
	assert(n_fds <= NOTIFIER_CLOSE_MAX);
	rights.header.cmsg_level = SOL_SOCKET;
	rights.header.cmsg_type = SCM_RIGHTS;
	rights.header.cmsg_len = CMSG_LEN(n_fds * sizeof(*fds));
	memcpy(CMSG_DATA(&rights.header), fds, n_fds * sizeof(*fds));
	/* If it has too much to do already, or has ended, ours are the last. */
	(void)sendmsg(fd, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
}

void notifier_stop(int fd)
{
	shutdown(fd, SHUT_RDWR);
}
