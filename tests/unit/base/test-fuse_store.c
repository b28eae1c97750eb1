/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/fuse_store.h"
#include "base/mountinfo.h"
#include "manager.h"

#define TYPE "fuse.seccompfs-test"
#define TAG  "data-0123"

/* A mount, and what a manager would pass of it. */
struct fixture {
	char path[64], other[80];
	struct fuse_mount made;
	struct fd_store store;
	char names[2][FD_STORE_NAME_MAX + 1];
};

static void add(struct fixture *fixture, const char *name, int fd)
{
	fixture->store.fds[fixture->store.n_fds++] = (struct stored_fd){ .fd = fd, .name = name };
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_non_null(fixture);
	unsetenv("NOTIFY_SOCKET");
	strcpy(fixture->path, "/tmp/test-fuse_store.XXXXXX");
	assert_non_null(mkdtemp(fixture->path));
	snprintf(fixture->other, sizeof(fixture->other), "%s.other", fixture->path);
	assert_int_equal(mkdir(fixture->other, 0700), 0);
	fixture->made = FUSE_MOUNT_INIT(TYPE);
	assert_int_equal(fuse_mount_open(&fixture->made, fixture->path, "test", 0, "", &diag), 0);
	/* As if somebody had served it. */
	assert_int_equal(ftruncate(fixture->made.flight_fd, 4096), 0);
	snprintf(fixture->names[0], sizeof(fixture->names[0]), "fuse-%u-" TAG,
	         minor(fixture->made.dev));
	snprintf(fixture->names[1], sizeof(fixture->names[1]), "flight-%u-" TAG,
	         minor(fixture->made.dev));
	add(fixture, fixture->names[0], fixture->made.fd);
	add(fixture, fixture->names[1], fixture->made.flight_fd);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	umount2(fixture->path, MNT_DETACH | MNT_FORCE);
	umount2(fixture->other, MNT_DETACH | MNT_FORCE);
	rmdir(fixture->path);
	rmdir(fixture->other);
	fd_store_deinit(&fixture->store);
	free(fixture);
	return 0;
}

static bool is_mounted(const struct fixture *fixture)
{
	return mountinfo_find(fixture->made.dev, NULL, TYPE, NULL) > 0;
}

static bool take(struct fixture *fixture, const char *tag, const char *path,
                 struct fuse_mount *fuse)
{
	const struct fuse_wanted wanted = { tag, path, fuse };

	return fuse_store_take(&fixture->store, &wanted, 1);
}

/* Nothing fits, and nothing was taken. */
static void assert_refused(struct fixture *fixture)
{
	struct fuse_mount fuse = FUSE_MOUNT_INIT(TYPE);
	size_t n_left = 0;

	assert_false(take(fixture, TAG, fixture->path, &fuse));
	assert_int_equal(fuse.fd, -1);
	assert_int_equal(fuse.dev, 0);
	for (size_t i = 0; i < fixture->store.n_fds; i++)
		n_left += fixture->store.fds[i].fd >= 0;
	assert_int_equal(n_left, fixture->store.n_fds);
}

static void test_take(void **state)
{
	struct fixture *fixture = *state;
	struct fuse_mount fuse = FUSE_MOUNT_INIT(TYPE);

	assert_true(take(fixture, TAG, fixture->path, &fuse));
	assert_int_equal(fuse.fd, fixture->made.fd);
	assert_int_equal(fuse.flight_fd, fixture->made.flight_fd);
	assert_int_equal(fuse.dev, fixture->made.dev);
	assert_true(fuse_mount_is_there(&fuse));
	/* Nothing is left to discard. */
	fuse_store_discard(&fixture->store, "fuse.seccompfs");
	assert_true(fuse_mount_is_there(&fuse));
	assert_false(take(fixture, TAG, fixture->path, &fuse));
	fuse_mount_close(&fuse);
	assert_false(is_mounted(fixture));
}

static void test_all_or_none(void **state)
{
	struct fixture *fixture = *state;
	struct fuse_mount fuse = FUSE_MOUNT_INIT(TYPE), other = FUSE_MOUNT_INIT(TYPE);
	const struct fuse_wanted wanted[] = {
		{ TAG, fixture->path, &fuse },
		{ "control-0123", fixture->other, &other },
	};

	assert_false(fuse_store_take(&fixture->store, wanted, 2));
	assert_int_equal(fuse.fd, -1);
	assert_int_equal(fuse.flight_fd, -1);
	assert_int_equal(fuse.dev, 0);
	/* Both are there again, each at its name. */
	assert_int_equal(fixture->store.fds[0].fd, fixture->made.fd);
	assert_int_equal(fixture->store.fds[1].fd, fixture->made.flight_fd);
	assert_true(fuse_store_take(&fixture->store, wanted, 1));
	fuse_mount_close(&fuse);
}

static void test_take_what_something_is_mounted_over(void **state)
{
	struct fixture *fixture = *state;
	struct fuse_mount fuse = FUSE_MOUNT_INIT(TYPE);

	assert_int_equal(mount("over", fixture->path, "tmpfs", 0, NULL), 0);
	assert_true(take(fixture, TAG, fixture->path, &fuse));
	assert_int_equal(umount2(fixture->path, MNT_DETACH), 0);
	fuse_mount_close(&fuse);
}

/* What was put under one number may be followed by what is there now. */
static void test_take_the_one_that_is_there(void **state)
{
	struct fixture *fixture = *state;
	struct fuse_mount fuse = FUSE_MOUNT_INIT(TYPE);
	struct stored_fd good[2] = { fixture->store.fds[0], fixture->store.fds[1] };

	fixture->store.n_fds = 0;
	add(fixture, "fuse-999999-" TAG, open("/dev/fuse", O_RDWR | O_CLOEXEC));
	add(fixture, "flight-999999-" TAG, memfd_create("m", MFD_CLOEXEC));
	add(fixture, good[1].name, good[1].fd);
	add(fixture, good[0].name, good[0].fd);
	assert_true(take(fixture, TAG, fixture->path, &fuse));
	assert_int_equal(fuse.fd, fixture->made.fd);
	fuse_mount_close(&fuse);
}

static void test_other_names(void **state)
{
	static const char *const names[] = {
		"fuse-" TAG,     "fuse--" TAG,
		"fuse-0-" TAG,   "fuse-1x-" TAG,
		"unknown",       "",
		"fuse-1",        "fuse-1-",
		"flight-1-" TAG, "fuse-9999999999-" TAG,
		"fuse- 1-" TAG,
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		fixture->store.fds[0].name = names[i];
		assert_refused(fixture);
	}
	fixture->store.fds[0].name = fixture->names[0];
	fixture->store.fds[1].name = "flight-1-" TAG;
	assert_refused(fixture);
}

static void test_another_tag_or_place(void **state)
{
	struct fixture *fixture = *state;
	struct fuse_mount fuse = FUSE_MOUNT_INIT(TYPE), control = FUSE_MOUNT_INIT("fuse.other");

	assert_false(take(fixture, "data-012", fixture->path, &fuse));
	assert_false(take(fixture, TAG "4", fixture->path, &fuse));
	assert_false(take(fixture, TAG, fixture->other, &fuse));
	assert_false(take(fixture, TAG, fixture->path, &control));
	assert_true(take(fixture, TAG, fixture->path, &fuse));
	fuse_mount_close(&fuse);
}

/* Descriptors of the right name that are something else. */
static void test_wrong_kinds(void **state)
{
	struct fixture *fixture = *state;
	struct stored_fd good[2] = { fixture->store.fds[0], fixture->store.fds[1] };
	_cleanup_(closep) int memfd = memfd_create("m", MFD_CLOEXEC);
	_cleanup_(closep) int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	_cleanup_(closep) int not_mounted = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	const int wrong[][2] = {
		{ memfd, good[1].fd },      { null_fd, good[1].fd }, { not_mounted, good[1].fd },
		{ good[1].fd, good[0].fd }, { good[0].fd, null_fd }, { good[0].fd, good[0].fd },
		{ good[0].fd, memfd }, /* which is empty */
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		fixture->store.fds[0].fd = wrong[i][0];
		fixture->store.fds[1].fd = wrong[i][1];
		assert_refused(fixture);
	}
	assert_int_equal(ftruncate(memfd, 1LL << 30), 0);
	assert_refused(fixture);
	fixture->store.fds[0].fd = good[0].fd;
	fixture->store.fds[1].fd = good[1].fd;
}

static void test_half(void **state)
{
	struct fixture *fixture = *state;

	fixture->store.n_fds = 1;
	assert_refused(fixture);
	fixture->store.fds[0] = fixture->store.fds[1];
	assert_refused(fixture);
	close(fixture->made.fd); /* else of the two, which the store has not */
}

static void test_gone(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(umount2(fixture->path, MNT_DETACH), 0);
	assert_refused(fixture);
}

/* Lazily, so that it lives on in somebody's hands. */
static void test_gone_while_busy(void **state)
{
	struct fixture *fixture = *state;
	_unused_ _cleanup_(closep) int holder = open(fixture->path, O_PATH | O_CLOEXEC);

	assert_int_equal(umount2(fixture->path, MNT_DETACH), 0);
	assert_refused(fixture);
}

static void test_cut(void **state)
{
	struct fixture *fixture = *state;
	_unused_ _cleanup_(closep) int holder = open(fixture->path, O_PATH | O_CLOEXEC);

	assert_int_equal(umount2(fixture->path, MNT_DETACH | MNT_FORCE), 0);
	assert_refused(fixture);
}

static void test_put_and_remove(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(closep) int fd = manager_listen();
	char text[512];
	const char *const kinds[] = { fixture->names[1], fixture->names[0] };
	struct stat sent, passed;
	int passed_fd;

	assert_true(fuse_store_put(&fixture->made, TAG));
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", kinds[i]);
		manager_expect(fd, text, &passed_fd);
		fstat(i ? fixture->made.fd : fixture->made.flight_fd, &sent);
		assert_int_equal(fstat(passed_fd, &passed), 0);
		assert_int_equal(sent.st_ino, passed.st_ino);
		close(passed_fd);
	}
	fuse_store_remove(&fixture->made, TAG);
	for (size_t i = 2; i--;) {
		snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", kinds[i]);
		manager_expect(fd, text, &passed_fd);
		assert_int_equal(passed_fd, -1);
	}
	unsetenv("NOTIFY_SOCKET");
	assert_false(fuse_store_put(&fixture->made, TAG));
}

/* Wherever it is by now; but not what something else says to be it. */
static void test_discard(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(closep) int fd = manager_listen(),
			      kept = fcntl(fixture->made.fd, F_DUPFD_CLOEXEC, 0);
	char text[512];
	int passed_fd;

	assert_int_equal(mount(fixture->path, fixture->other, NULL, MS_MOVE, NULL), 0);
	fixture->store.fds[0].fd = memfd_create("m", MFD_CLOEXEC);
	fuse_store_discard(&fixture->store, "fuse.seccompfs");
	assert_true(is_mounted(fixture));
	for (size_t i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", fixture->names[i]);
		manager_expect(fd, text, &passed_fd);
	}
	close(fixture->made.fd);
	fixture->store.fds[0].fd = steal_fd(&kept);
	fuse_store_discard(&fixture->store, "fuse.another");
	assert_true(is_mounted(fixture));
	fixture->store.fds[0].fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	fuse_store_discard(&fixture->store, "fuse.seccompfs");
	assert_true(is_mounted(fixture));
}

static void test_discard_detaches(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mount(fixture->path, fixture->other, NULL, MS_MOVE, NULL), 0);
	fuse_store_discard(&fixture->store, "fuse.seccompfs");
	assert_false(is_mounted(fixture));
	assert_int_equal(fixture->store.fds[0].fd, -1);
	assert_int_equal(fixture->store.fds[1].fd, -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_take),
		CASE(test_all_or_none),
		CASE(test_take_what_something_is_mounted_over),
		CASE(test_take_the_one_that_is_there),
		CASE(test_other_names),
		CASE(test_another_tag_or_place),
		CASE(test_wrong_kinds),
		CASE(test_half),
		CASE(test_gone),
		CASE(test_gone_while_busy),
		CASE(test_cut),
		CASE(test_put_and_remove),
		CASE(test_discard),
		CASE(test_discard_detaches),
	};

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		puts("1..0 # SKIP mounts need root");
		return getenv("CI") ? 1 : 0;
	}
	return cmocka_run_group_tests_name("base/fuse_store", tests, NULL, NULL);
}
