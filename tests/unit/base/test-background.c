/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/background.h"

static void test_front_hears_of_success(void **state)
{
	int fds[2], front_fd = -1, r;
	char answer[2] = "";

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	r = background_fork(&front_fd);
	if (!r) {
		background_ready(&front_fd);
		/* Behind: a session of its own, and nothing left of the caller's terminal. */
		r = getsid(0) == getpid() && front_fd == -1 && !isatty(STDERR_FILENO);
		_exit(write(fds[1], r ? "y" : "n", 1) != 1);
	}
	assert_int_equal(r, 1);
	assert_int_equal(read(fds[0], answer, 1), 1);
	assert_string_equal(answer, "y");
	close(fds[0]);
	close(fds[1]);
	assert_true(wait(NULL) > 0);
}

static void test_front_hears_of_an_end(void **state)
{
	int front_fd = -1, r = background_fork(&front_fd);

	(void)state;
	if (!r)
		_exit(0);
	assert_int_equal(r, -ECHILD);
	assert_true(wait(NULL) > 0);
}

static void test_front_that_was_killed_does_no_harm(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		int fds[2], front_fd;

		if (pipe2(fds, O_CLOEXEC) < 0)
			_exit(2);
		close(fds[0]);
		front_fd = fds[1];
		background_ready(&front_fd);
		_exit(front_fd == -1 ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_standard_descriptors_exist(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		int fd;

		close(STDIN_FILENO);
		close(STDERR_FILENO);
		background_open_standard_fds();
		fd = open("/dev/zero", O_RDONLY);
		_exit(fd > STDERR_FILENO && fcntl(STDERR_FILENO, F_GETFD) >= 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_front_hears_of_success),
		cmocka_unit_test(test_front_hears_of_an_end),
		cmocka_unit_test(test_front_that_was_killed_does_no_harm),
		cmocka_unit_test(test_standard_descriptors_exist),
	};

	return cmocka_run_group_tests_name("base/background", tests, NULL, NULL);
}
