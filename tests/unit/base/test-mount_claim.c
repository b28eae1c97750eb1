/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mount_claim.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <cmocka.h>

#define DEV makedev(0, 77)

static int setup(void **state)
{
	static char directory[] = "/tmp/test-mount_claim-XXXXXX";

	*state = mkdtemp(directory);
	return *state ? 0 : -1;
}

/* Fails where a file is left. */
static int teardown(void **state)
{
	return rmdir(*state);
}

/* What another process sees; or the -errno of taking it, which is let go of at once. */
static enum mount_claim look(const char *directory)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit((int)mount_claim_look(directory, DEV));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (enum mount_claim)WEXITSTATUS(status);
}

static void test_take_and_release(void **state)
{
	int fd;

	assert_int_equal(look(*state), MOUNT_CLAIM_NONE);
	fd = mount_claim_take(*state, DEV);
	assert_true(fd >= 0);
	assert_int_equal(look(*state), MOUNT_CLAIM_HELD);
	assert_int_equal(mount_claim_look(*state, makedev(0, 78)), MOUNT_CLAIM_NONE);
	mount_claim_release(*state, DEV, &fd);
	assert_int_equal(fd, -1);
	mount_claim_release(*state, DEV, &fd);
	assert_int_equal(look(*state), MOUNT_CLAIM_NONE);
}

/* Dies with a claim, and with a child that has all its descriptors. */
static void test_one_that_is_left(void **state)
{
	int fd, status, fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		close(fds[1]);
		if (mount_claim_take(*state, DEV) < 0)
			_exit(1);
		if (!fork()) {
			char byte;

			_exit((int)read(fds[0], &byte, 1));
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(look(*state), MOUNT_CLAIM_LEFT);
	close(fds[0]);
	close(fds[1]);
	/* Whoever gets the number next claims it again. */
	fd = mount_claim_take(*state, DEV);
	assert_true(fd >= 0);
	assert_int_equal(look(*state), MOUNT_CLAIM_HELD);
	mount_claim_release(*state, DEV, &fd);
}

static void test_forget(void **state)
{
	int fd = mount_claim_take(*state, DEV);

	close(fd);
	assert_int_equal(mount_claim_look(*state, DEV), MOUNT_CLAIM_LEFT);
	mount_claim_forget(*state, DEV);
	assert_int_equal(mount_claim_look(*state, DEV), MOUNT_CLAIM_NONE);
	mount_claim_forget(*state, DEV);
}

/* The mount went away while its owner slept, and ours got its number. */
static void test_a_number_that_is_used_again(void **state)
{
	int fds[2], status, fd;
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		fd = mount_claim_take(*state, DEV);
		close(fds[1]);
		if (fd < 0 || kill(getpid(), SIGSTOP) || read(fds[0], &byte, 1) != 0)
			_exit(1);
		mount_claim_release(*state, DEV, &fd);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(look(*state), MOUNT_CLAIM_HELD);
	fd = mount_claim_take(*state, DEV);
	assert_true(fd >= 0);
	close(fds[0]);
	close(fds[1]);
	kill(pid, SIGCONT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(look(*state), MOUNT_CLAIM_HELD);
	mount_claim_release(*state, DEV, &fd);
	assert_int_equal(mount_claim_take("/nonexistent", DEV), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_and_release),
		cmocka_unit_test(test_one_that_is_left),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_a_number_that_is_used_again),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
