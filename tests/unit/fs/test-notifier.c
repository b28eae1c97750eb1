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
#include <sys/wait.h>

#include <cmocka.h>

static void send_text(int fd, const char *text)
{
	struct iovec iov[] = {
		{ .iov_base = (void *)text, .iov_len = 2 },
		{ .iov_base = (void *)(text + 2), .iov_len = strlen(text) - 2 },
	};

	assert_int_equal(notifier_send(fd, iov, 2), 0);
}

static void test_messages_arrive_before_sync_returns(void **state)
{
	int pipe_fds[2], fd = -1;
	char got[64] = "";

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(notifier_start(pipe_fds[1], -1, NULL, &fd), 0);
	send_text(fd, "first, ");
	send_text(fd, "second");
	assert_int_equal(notifier_sync(fd), 0);
	assert_int_equal(read(pipe_fds[0], got, sizeof(got)), 13);
	assert_string_equal(got, "first, second");
	close(fd);
	/* It has nothing open but what it was given, and ends with us. */
	close(pipe_fds[1]);
	assert_int_equal(poll(&(struct pollfd){ .fd = pipe_fds[0], .events = POLLIN }, 1, 10000),
	                 1);
	assert_int_equal(read(pipe_fds[0], got, sizeof(got)), 0);
	close(pipe_fds[0]);
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
	assert_int_equal(notifier_sync(fd), 0);
	assert_int_equal(poll(&end, 1, 0), 0);
	closep(&fd);
	fd = -1;
	assert_int_equal(poll(&end, 1, 10000), 1);
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
		assert_int_equal(notifier_sync(fd), 0);
	}
}

static void test_an_error_is_told_once(void **state)
{
	_cleanup_(closep) int full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;

	assert_int_equal(notifier_start(full_fd, -1, NULL, &fd), 0);
	send_text(fd, "message");
	assert_int_equal(notifier_sync(fd), -ENOSPC);
	assert_int_equal(notifier_sync(fd), 0);
}

static void test_stop_ends_a_wait(void **state)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	_cleanup_(closep) int fd = -1;

	assert_int_equal(notifier_start(null_fd, -1, NULL, &fd), 0);
	notifier_stop(fd);
	assert_int_equal(notifier_sync(fd), -EPIPE);
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
	assert_int_equal(poll(&(struct pollfd){ .fd = fd }, 1, 10000), 1);
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
	assert_int_equal(notifier_sync(fd), -ENOSPC);
	waitpid(killed, NULL, 0);
	waitpid(ended, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_serves_only_when_it_has_begun),
		cmocka_unit_test(test_a_writer_that_was_killed),
		cmocka_unit_test(test_messages_arrive_before_sync_returns),
		cmocka_unit_test(test_what_it_holds),
		cmocka_unit_test(test_what_it_closes),
		cmocka_unit_test(test_an_error_is_told_once),
		cmocka_unit_test(test_stop_ends_a_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
