/* SPDX-License-Identifier: Apache-2.0 */

#include "fs/notifier.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "asker.h"

/* The first byte of a packet: what it is. */
enum kind {
	KIND_MESSAGES = '!', /* for the kernel */
	KIND_SYNC = '?',     /* likewise; asks what came of them and of those before */
	KIND_KILLED = 'k',   /* a thread; asks whether it is being killed */
	KIND_HOLD = '+',     /* has descriptors with it, which are held */
	KIND_CLOSE = '-',    /* which are closed */
	KIND_CLOSED = '.',   /* asks whether they are */
};

/* Descriptors whose last copies are here. */
struct held {
	int fds[NOTIFIER_CLOSE_MAX];
	size_t n;
};

/* Each has its length in front. */
static void notify(int fuse_fd, const char *messages, size_t n_messages, int *resultp)
{
	uint32_t n_message;

	while (n_messages > sizeof(n_message)) {
		memcpy(&n_message, messages, sizeof(n_message));
		messages += sizeof(n_message);
		n_messages -= sizeof(n_message);
		if (n_message > n_messages)
			return;
		if (write(fuse_fd, messages, n_message) < 0 && errno != ENOENT && errno != ENODEV)
			*resultp = -errno;
		messages += n_message;
		n_messages -= n_message;
	}
}

static int is_killed(const char *bytes, size_t n_bytes)
{
	pid_t thread = 0;

	if (n_bytes == sizeof(thread))
		memcpy(&thread, bytes, sizeof(thread));
	return asker_is_killed(thread);
}

static void close_held(struct held *held)
{
	while (held->n)
		close(held->fds[--held->n]);
}

/* Room for descriptors, aligned as the kernel wants it. */
union rights {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(NOTIFIER_CLOSE_MAX * sizeof(int))];
};

/* A packet, whose descriptors are held in place of others. The bytes of it, 0 at the end, -1. */
static ssize_t receive(int fd, char bytes[NOTIFIER_PACKET_MAX], struct held *held)
{
	struct iovec iov = { .iov_base = bytes, .iov_len = NOTIFIER_PACKET_MAX };
	union rights rights;
	struct msghdr packet = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = sizeof(rights.bytes),
	};
	ssize_t n = recvmsg(fd, &packet, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&packet) : NULL;

	if (header) {
		close_held(held);
		held->n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(held->fds, CMSG_DATA(header), held->n * sizeof(int));
	}
	return n;
}

static void serve(int fuse_fd, int fd)
{
	char bytes[NOTIFIER_PACKET_MAX];
	struct held held = { .n = 0 };
	int answer, result = 0;
	ssize_t n;

	while ((n = receive(fd, bytes, &held)) > 0) {
		if (bytes[0] == KIND_CLOSE)
			close_held(&held);
		if (bytes[0] == KIND_MESSAGES || bytes[0] == KIND_SYNC)
			notify(fuse_fd, bytes + 1, (size_t)n - 1, &result);
		if (bytes[0] == KIND_SYNC) {
			answer = result;
			result = 0;
		} else if (bytes[0] == KIND_KILLED) {
			answer = is_killed(bytes + 1, (size_t)n - 1);
		} else if (bytes[0] == KIND_CLOSED) {
			close_held(&held); /* if the word to do so was lost */
			answer = 0;
		} else {
			continue;
		}
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

static int send_packet(int fd, const void *bytes, size_t n_bytes)
{
	struct iovec iov = { .iov_base = (void *)bytes, .iov_len = n_bytes };
	const struct msghdr packet = { .msg_iov = &iov, .msg_iovlen = 1 };

	while (sendmsg(fd, &packet, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int send_messages(int fd, struct notifier_packet *packet, enum kind kind)
{
	size_t n = packet->n;

	packet->n = 0;
	packet->bytes[0] = (char)kind;
	return send_packet(fd, packet->bytes, n ? n : 1);
}

static void append(struct notifier_packet *packet, const void *data, size_t n_data)
{
	memcpy(packet->bytes + packet->n, data, n_data);
	packet->n += n_data;
}

int notifier_send(int fd, struct notifier_packet *packet, const struct iovec *iov, int n_iov)
{
	uint32_t n_message = 0;
	int r;

	for (int i = 0; i < n_iov; i++)
		n_message += (uint32_t)iov[i].iov_len;
	if (1 + sizeof(n_message) + n_message > sizeof(packet->bytes))
		return -EMSGSIZE;
	if (packet->n + sizeof(n_message) + n_message > sizeof(packet->bytes)) {
		r = send_messages(fd, packet, KIND_MESSAGES);
		if (r)
			return r;
	}
	if (!packet->n)
		packet->n = 1; /* its kind */
	append(packet, &n_message, sizeof(n_message));
	for (int i = 0; i < n_iov; i++)
		append(packet, iov[i].iov_base, iov[i].iov_len);
	return 0;
}

/* r: of what was asked with. */
static int receive_answer(int fd, int r, int *answerp)
{
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

int notifier_sync(int fd, struct notifier_packet *packet)
{
	int result = 0, r = send_messages(fd, packet, KIND_SYNC);

	r = receive_answer(fd, r, &result);
	return r ? r : result;
}

bool notifier_ask_killed(int fd, pid_t thread)
{
	char question[1 + sizeof(thread)] = { KIND_KILLED };
	int killed = 0;

	memcpy(question + 1, &thread, sizeof(thread));
	return receive_answer(fd, send_packet(fd, question, sizeof(question)), &killed) || killed;
}

static void hand_over(int fd, const int *fds, size_t n_fds)
{
	char kind = KIND_HOLD;
	struct iovec iov = { .iov_base = &kind, .iov_len = sizeof(kind) };
	union rights rights = { 0 };
	const struct msghdr packet = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights.bytes,
		.msg_controllen = CMSG_SPACE(n_fds * sizeof(*fds)),
	};

	assert(n_fds <= NOTIFIER_CLOSE_MAX);
	rights.header.cmsg_level = SOL_SOCKET;
	rights.header.cmsg_type = SCM_RIGHTS;
	rights.header.cmsg_len = CMSG_LEN(n_fds * sizeof(*fds));
	memcpy(CMSG_DATA(&rights.header), fds, n_fds * sizeof(*fds));
	(void)sendmsg(fd, &packet, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* If the notifier has too much to do already, or has ended, ours are the last. Otherwise its copies are,
 * so it is told to close them when ours are gone; without that word the next ones take their place. */
void notifier_close(int fd, const int *fds, size_t n_fds)
{
	const char kind = KIND_CLOSE;

	if (!n_fds)
		return;
	hand_over(fd, fds, n_fds);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	(void)send(fd, &kind, sizeof(kind), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void notifier_wait_closed(int fd)
{
	const char kind = KIND_CLOSED;
	int answer;

	(void)receive_answer(fd, send_packet(fd, &kind, sizeof(kind)), &answer);
}

void notifier_stop(int fd)
{
	shutdown(fd, SHUT_RDWR);
}
