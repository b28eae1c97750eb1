/* SPDX-License-Identifier: Apache-2.0 */

#include "fs/notifier.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct notifier_packet packet;

static void send_text(int fd, const char *text)
{
	struct iovec iov[] = {
		{ .iov_base = (void *)text, .iov_len = 2 },
		{ .iov_base = (void *)(text + 2), .iov_len = strlen(text) - 2 },
	};

	assert_int_equal(notifier_send(fd, &packet, iov, 2), 0);
}

static void test_messages_arrive_before_sync_returns(void **state)
{
	int pipe_fds[2], fd = -1;
	char got[64] = "";

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(notifier_start(pipe_fds[1], -1, NULL, &fd), 0);
	send_text(fd, "first, ");
	send_text(fd, "second");
	assert_int_equal(notifier_sync(fd, &packet), 0);
	assert_int_equal(read(pipe_fds[0], got, sizeof(got)), 13);
	assert_string_equal(got, "first, second");
	close(fd);
	/* It has nothing open but what it was given, and ends with us. */
	close(pipe_fds[1]);
	assert_int_equal(poll(&(struct pollfd){ .fd = pipe_fds[0], .events = POLLIN }, 1, 30000),
	                 1);
	assert_int_equal(read(pipe_fds[0], got, sizeof(got)), 0);
	close(pipe_fds[0]);
}

/* More than one packet has room for: each is a message of its own, and one that is too large none. */
static void test_many_messages(void **state)
{
	static char large[NOTIFIER_PACKET_MAX];
	_cleanup_(closep) int fd = -1;
	struct iovec iov = { .iov_base = large, .iov_len = sizeof(large) };
	int fds[2];
	char got[64];

	/* A packet for each write(2). */
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(notifier_start(fds[1], -1, NULL, &fd), 0);
	assert_int_equal(notifier_send(fd, &packet, &iov, 1), -EMSGSIZE);
	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < 100; i++)
			send_text(fd, i % 2 ? "an odd one" : "an even message");
		assert_int_equal(notifier_sync(fd, &packet), 0);
		for (unsigned int i = 0; i < 100; i++) {
			const char *wanted = i % 2 ? "an odd one" : "an even message";

			assert_int_equal(recv(fds[0], got, sizeof(got), 0), strlen(wanted));
			assert_memory_equal(got, wanted, strlen(wanted));
		}
		assert_int_equal(recv(fds[0], got, sizeof(got), MSG_DONTWAIT), -1);
	}
	close(fds[0]);
	close(fds[1]);
}

/* What it holds stays open for as long as it lives, and no longer. */
static void test_what_it_holds(void **state)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;
	int pipe_fds[2];
	struct pollfd end;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	end = (struct pollfd){ .fd = pipe_fds[0], .events = POLLIN };
	assert_int_equal(notifier_start(null_fd, pipe_fds[1], NULL, &fd), 0);
	close(pipe_fds[1]);
	/* An answer: by now it has closed what it closes. */
	assert_int_equal(notifier_sync(fd, &packet), 0);
	assert_int_equal(poll(&end, 1, 0), 0);
	closep(&fd);
	fd = -1;
	assert_int_equal(poll(&end, 1, 30000), 1);
	assert_int_equal(end.revents, POLLHUP);
	close(pipe_fds[0]);
}

/* By whoever is there to do it; where nobody is, they are closed all the same. */
static void test_what_it_closes(void **state)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;
	char byte;

	assert_int_equal(notifier_start(null_fd, -1, NULL, &fd), 0);
	for (unsigned int i = 0; i < 3; i++) {
		int fds[NOTIFIER_CLOSE_MAX], ends[NOTIFIER_CLOSE_MAX];

		for (unsigned int k = 0; k < NOTIFIER_CLOSE_MAX; k++) {
			int pipe_fds[2];

			assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
			ends[k] = pipe_fds[0];
			fds[k] = pipe_fds[1];
		}
		notifier_close(i < 2 ? fd : -1, fds, NOTIFIER_CLOSE_MAX);
		for (unsigned int k = 0; k < NOTIFIER_CLOSE_MAX; k++) {
			assert_int_equal(fcntl(fds[k], F_GETFD), -1);
			assert_int_equal(read(ends[k], &byte, 1), 0);
			close(ends[k]);
		}
		/* It serves on. */
		assert_int_equal(notifier_sync(fd, &packet), 0);
	}
}

/* Takes one packet of the one for the other, with the descriptors that it has. */
static void pass_on(int from, int to)
{
	char byte = 0, rights[CMSG_SPACE(NOTIFIER_CLOSE_MAX * sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = rights,
		.msg_controllen = sizeof(rights),
	};
	const struct cmsghdr *header;
	int received = -1;

	assert_int_equal(recvmsg(from, &message, MSG_CMSG_CLOEXEC), 1);
	assert_int_equal(sendmsg(to, &message, 0), 1);
	header = CMSG_FIRSTHDR(&message);
	if (header) {
		memcpy(&received, CMSG_DATA(header), sizeof(received));
		close(received);
	}
}

/* Whichever of the two runs first: the sender's are closed before the notifier's. */
static void test_it_closes_last(void **state)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;
	int between[2], pipe_fds[2];
	struct pollfd end;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, between), 0);
	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(notifier_start(null_fd, -1, NULL, &fd), 0);
	end = (struct pollfd){ .fd = pipe_fds[0], .events = POLLIN };
	notifier_close(between[0], &pipe_fds[1], 1);
	pass_on(between[1], fd);
	assert_int_equal(notifier_sync(fd, &packet), 0);
	assert_int_equal(poll(&end, 1, 0), 0);
	pass_on(between[1], fd);
	assert_int_equal(notifier_sync(fd, &packet), 0);
	assert_int_equal(poll(&end, 1, 0), 1);
	assert_int_equal(end.revents, POLLHUP);
	close(pipe_fds[0]);
	close(between[0]);
	close(between[1]);
}

/* Also where the word to close them was lost. */
static void test_waiting_for_what_it_closes(void **state)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;
	int between[2], pipe_fds[2];
	struct pollfd end;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, between), 0);
	assert_int_equal(notifier_start(null_fd, -1, NULL, &fd), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
		end = (struct pollfd){ .fd = pipe_fds[0], .events = POLLIN };
		notifier_close(i ? fd : between[0], &pipe_fds[1], 1);
		if (!i)
			pass_on(between[1], fd);
		notifier_wait_closed(fd);
		assert_int_equal(poll(&end, 1, 0), 1);
		assert_int_equal(end.revents, POLLHUP);
		close(pipe_fds[0]);
	}
	/* It serves on; and nobody waits for one that does not. */
	assert_int_equal(notifier_sync(fd, &packet), 0);
	notifier_stop(fd);
	notifier_wait_closed(fd);
	close(between[0]);
	close(between[1]);
}

static void test_an_error_is_told_once(void **state)
{
	_cleanup_(closep) int full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;

	assert_int_equal(notifier_start(full_fd, -1, NULL, &fd), 0);
	send_text(fd, "message");
	assert_int_equal(notifier_sync(fd, &packet), -ENOSPC);
	assert_int_equal(notifier_sync(fd, &packet), 0);
}

static void test_stop_ends_a_wait(void **state)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;

	assert_int_equal(notifier_start(null_fd, -1, NULL, &fd), 0);
	notifier_stop(fd);
	assert_int_equal(notifier_sync(fd, &packet), -EPIPE);
}

static int do_not_begin(void)
{
	return -EPERM;
}

static void test_it_serves_only_when_it_has_begun(void **state)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;

	assert_int_equal(notifier_start(null_fd, -1, do_not_begin, &fd), 0);
	assert_int_equal(poll(&(struct pollfd){ .fd = fd }, 1, 30000), 1);
	/* Nobody vouches that a writer was not killed. */
	assert_true(notifier_ask_killed(fd, getpid()));
}

/* The child has ended, but not quite. */
static pid_t end_child(int number)
{
	siginfo_t info;
	pid_t pid = fork();

	if (!pid) {
		raise(number);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

static void test_a_writer_that_was_killed(void **state)
{
	_cleanup_(closep) int full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;
	pid_t killed = end_child(SIGKILL), ended = end_child(0);

	assert_int_equal(notifier_start(full_fd, -1, NULL, &fd), 0);
	assert_false(notifier_ask_killed(fd, getpid()));
	send_text(fd, "message");
	assert_true(notifier_ask_killed(fd, killed));
	assert_false(notifier_ask_killed(fd, ended));
	/* What came of the message is still to be told. */
	assert_int_equal(notifier_sync(fd, &packet), -ENOSPC);
	waitpid(killed, NULL, 0);
	waitpid(ended, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_serves_only_when_it_has_begun),
		cmocka_unit_test(test_a_writer_that_was_killed),
		cmocka_unit_test(test_messages_arrive_before_sync_returns),
		cmocka_unit_test(test_many_messages),
		cmocka_unit_test(test_what_it_holds),
		cmocka_unit_test(test_what_it_closes),
		cmocka_unit_test(test_it_closes_last),
		cmocka_unit_test(test_waiting_for_what_it_closes),
		cmocka_unit_test(test_an_error_is_told_once),
		cmocka_unit_test(test_stop_ends_a_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
