/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mount_place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fuse_mount.h"
#include "base/mount_claim.h"
#include "base/mountinfo.h"
#include "base/path.h"

#define TYPE "fuse.seccompfs-test"

/* Two places, and a directory for claims. */
struct fixture {
	char root[64];
	char *first, *last, *claims;
	pid_t claimer; /* 0: none */
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .root = "/tmp/test-mount_place.XXXXXX" };
	*state = &fixture;
	if (!mkdtemp(fixture.root))
		return -1;
	fixture.first = path_join(fixture.root, "first");
	fixture.last = path_join(fixture.root, "last");
	fixture.claims = path_join(fixture.root, "claims");
	return mkdir(fixture.first, 0700) || mkdir(fixture.last, 0700) ||
	       mkdir(fixture.claims, 0700);
}

/* Fails where something is left. */
static int teardown(void **state)
{
	struct fixture *fixture = *state;
	int r = rmdir(fixture->first) | rmdir(fixture->last) | rmdir(fixture->claims);

	if (fixture->claimer) {
		kill(fixture->claimer, SIGKILL);
		waitpid(fixture->claimer, NULL, 0);
	}
	free(fixture->first);
	free(fixture->last);
	free(fixture->claims);
	return r | rmdir(fixture->root);
}

static void deinit_mount(struct fuse_mount *fuse)
{
	fuse_mount_close(fuse);
}

static struct fuse_mount mount_at(const char *path, const char *type)
{
	struct fuse_mount fuse = FUSE_MOUNT_INIT(type);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(fuse_mount_open(&fuse, path, "test", 0, "", &diag), 0);
	return fuse;
}

/* Its server has gone. */
static void mount_dead_at(const char *path)
{
	struct fuse_mount fuse = mount_at(path, TYPE);

	close(fuse.fd);
	close(fuse.flight_fd);
}

static bool is_mount(const char *path)
{
	return mountinfo_find(0, path, "", NULL) > 0;
}

/* By a process that lives until it is killed. */
static void claim(struct fixture *fixture, dev_t dev)
{
	int fds[2];
	char byte;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fixture->claimer = fork();
	assert_true(fixture->claimer >= 0);
	if (!fixture->claimer) {
		int fd = mount_claim_take(fixture->claims, dev);

		if (fd < 0 || write(fds[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
}

static void kill_claimer(struct fixture *fixture)
{
	kill(fixture->claimer, SIGKILL);
	waitpid(fixture->claimer, NULL, 0);
	fixture->claimer = 0;
}

static int clear_first(const struct fixture *fixture, bool *orphanedp, const char *reason)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct diag_entry *error;
	int r = mount_place_clear(fixture->first, TYPE, fixture->claims, orphanedp, &diag);

	error = diag_first_error(&diag);
	assert_int_equal(!error, !reason);
	assert_true(!reason || (error && strstr(error->message, reason)));
	return r;
}

static void test_nothing_is_there(void **state)
{
	const struct fixture *fixture = *state;
	bool orphaned = false;

	assert_int_equal(clear_first(fixture, &orphaned, NULL), 0);
	assert_false(orphaned);
	mount_place_wait(fixture->first, fixture->last, TYPE);
}

static void test_dead_mounts_make_room(void **state)
{
	const struct fixture *fixture = *state;

	mount_dead_at(fixture->first);
	mount_dead_at(fixture->last);
	mount_dead_at(fixture->last);
	mount_place_wait(fixture->first, fixture->last, TYPE);
	assert_false(is_mount(fixture->first));
	assert_false(is_mount(fixture->last));
}

static void test_one_with_a_supervisor(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(deinit_mount) struct fuse_mount fuse = mount_at(fixture->first, TYPE);
	bool orphaned = false;

	/* Nobody ever claimed it: as one of a build that did not do so. */
	assert_int_equal(clear_first(fixture, &orphaned, "mounted here already"), -EBUSY);
	claim(fixture, fuse.dev);
	assert_int_equal(clear_first(fixture, &orphaned, "mounted here already"), -EBUSY);
	assert_true(is_mount(fixture->first));
	assert_false(orphaned);
	/* Now that one has gone. */
	kill_claimer(fixture);
	assert_int_equal(clear_first(fixture, &orphaned, NULL), 0);
	assert_true(orphaned);
	assert_false(is_mount(fixture->first));
}

/* Nobody's claim makes it ours. */
static void test_one_of_a_stranger(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(deinit_mount) struct fuse_mount fuse = mount_at(fixture->first, "fuse.other");
	bool orphaned = false;

	claim(fixture, fuse.dev);
	kill_claimer(fixture);
	assert_int_equal(clear_first(fixture, &orphaned, "does not answer"), -ETIMEDOUT);
	/* Who asked it. */
	assert_true(waitpid(-1, NULL, 0) > 0);
	assert_true(is_mount(fixture->first));
	assert_false(orphaned);
	mount_claim_forget(fixture->claims, fuse.dev);
}

static void test_files_that_would_be_hidden(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(mount_place_check_empty(fixture->first, false, &diag), 0);
	assert_int_equal(mount_place_check_empty(fixture->root, true, &diag), 0);
	assert_null(diag_first_error(&diag));
	assert_int_equal(mount_place_check_empty(fixture->root, false, &diag), -ENOTEMPTY);
	assert_non_null(strstr(diag_first_error(&diag)->message, "nonempty"));
	assert_int_equal(mount_place_check_empty("/nonexistent", false, &diag), -ENOENT);
}

/* Returns with the lock free, and does not keep it. */
static void test_the_lock(void **state)
{
	const struct fixture *fixture = *state;
	_cleanup_(closep) int fd = open(fixture->first, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int locked[2], status;
	pid_t pid;
	char byte;

	assert_int_equal(pipe2(locked, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		int own_fd = open(fixture->first, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		int r = flock(own_fd, LOCK_EX);

		/* It is held a little longer than the other one needs to begin to wait. */
		_exit(write(locked[1], "", 1) != 1 || r || poll(NULL, 0, 200));
	}
	assert_int_equal(read(locked[0], &byte, 1), 1);
	mount_place_wait_for_lock(fixture->first);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	mount_place_wait_for_lock("/nonexistent");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(locked[0]);
	close(locked[1]);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_nothing_is_there),           CASE(test_dead_mounts_make_room),
		CASE(test_one_with_a_supervisor),      CASE(test_one_of_a_stranger),
		CASE(test_files_that_would_be_hidden), CASE(test_the_lock),
	};

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		puts("1..0 # SKIP mounts need root");
		return getenv("CI") ? 1 : 0;
	}
	return cmocka_run_group_tests_name("base/mount_place", tests, NULL, NULL);
}
