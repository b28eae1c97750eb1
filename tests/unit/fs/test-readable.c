/* SPDX-License-Identifier: Apache-2.0 */

#include "readable.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define N_PIPES 3

struct pipes {
	int read_fds[N_PIPES], write_fds[N_PIPES];
	int wait_fd;
};

static int set_up(void **state)
{
	static struct pipes pipes;

	for (size_t i = 0; i < N_PIPES; i++) {
		int fds[2];

		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		pipes.read_fds[i] = fds[0];
		pipes.write_fds[i] = fds[1];
	}
	pipes.wait_fd = readable_open(pipes.read_fds, N_PIPES);
	assert_true(pipes.wait_fd >= 0);
	*state = &pipes;
	return 0;
}

static int tear_down(void **state)
{
	struct pipes *pipes = *state;

	closep(&pipes->wait_fd);
	for (size_t i = 0; i < N_PIPES; i++) {
		closep(&pipes->read_fds[i]);
		closep(&pipes->write_fds[i]);
	}
	return 0;
}

static void test_none_in_time(void **state)
{
	const struct pipes *pipes = *state;

	assert_int_equal(readable_wait(pipes->wait_fd, 0), 0);
	assert_int_equal(readable_wait(pipes->wait_fd, 1), 0);
}

static void test_all_that_are(void **state)
{
	const struct pipes *pipes = *state;

	assert_int_equal(write(pipes->write_fds[1], "", 1), 1);
	assert_int_equal(readable_wait(pipes->wait_fd, -1), 2);
	assert_int_equal(write(pipes->write_fds[2], "", 1), 1);
	assert_int_equal(readable_wait(pipes->wait_fd, -1), 2 | 4);
	assert_int_equal(write(pipes->write_fds[0], "", 1), 1);
	/* As long as nobody has read. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(readable_wait(pipes->wait_fd, -1), 1 | 2 | 4);
}

static void test_end(void **state)
{
	struct pipes *pipes = *state;

	closep(&pipes->write_fds[2]);
	pipes->write_fds[2] = -1;
	assert_int_equal(readable_wait(pipes->wait_fd, -1), 4);
}

static void test_none(void **state)
{
	const struct pipes *pipes = *state;
	const int fds[] = { -1, pipes->read_fds[0] };
	_cleanup_(closep) int wait_fd = readable_open(fds, 2);

	assert_true(wait_fd >= 0);
	assert_int_equal(write(pipes->write_fds[0], "", 1), 1);
	assert_int_equal(readable_wait(wait_fd, -1), 2);
}

static void take_signal(int number) {}

static void test_signal(void **state)
{
	const struct pipes *pipes = *state;
	const struct sigaction action = { .sa_handler = take_signal };
	/* Again and again, so that one comes while it waits. */
	const struct itimerval often = { { 0, 10000 }, { 0, 10000 } }, never = { 0 };

	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	assert_int_equal(readable_wait(pipes->wait_fd, -1), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
}

static void test_faults(void **state)
{
	const int fds[] = { 1000000 };

	assert_int_equal(readable_open(fds, 1), -EBADF);
	assert_int_equal(readable_wait(-1, -1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_that_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none_in_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signal, set_up, tear_down),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
