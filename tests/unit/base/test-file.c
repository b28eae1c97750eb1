/* SPDX-License-Identifier: Apache-2.0 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include "base/file.h"

struct fixture {
	char path[64];
	int dir_fd;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	snprintf(fixture->path, sizeof(fixture->path), "/tmp/test-file-XXXXXX");
	if (!mkdtemp(fixture->path))
		return -1;
	fixture->dir_fd = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = fixture;
	return fixture->dir_fd < 0 ? -1 : 0;
}

/* Directories in the fixture are one level deep and no deeper. */
static void empty_directory(int dir_fd)
{
	DIR *dir = fdopendir(dup(dir_fd));
	struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!unlinkat(dir_fd, entry->d_name, 0))
			continue;
		if (unlinkat(dir_fd, entry->d_name, AT_REMOVEDIR) < 0) {
			int fd = openat(dir_fd, entry->d_name, O_RDONLY | O_DIRECTORY);

			empty_directory(fd);
			close(fd);
			unlinkat(dir_fd, entry->d_name, AT_REMOVEDIR);
		}
	}
	closedir(dir);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	empty_directory(fixture->dir_fd);
	close(fixture->dir_fd);
	rmdir(fixture->path);
	free(fixture);
	return 0;
}

static void write_file(struct fixture *fixture, const char *name, const char *text, mode_t mode)
{
	int fd = openat(fixture->dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_holds(struct fixture *fixture, const char *name, const char *text)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	assert_int_equal(file_read(fixture->dir_fd, name, 1 << 20, &out, NULL), 0);
	assert_string_equal(out.data, text);
}

static unsigned int count_entries(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fdopendir(fd);
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void test_read(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	struct stat st;

	write_file(fixture, "f", "hello", 0640);
	buffer_append_string(&out, "> ");
	assert_int_equal(file_read(fixture->dir_fd, "f", 5, &out, &st), 0);
	assert_string_equal(out.data, "> hello");
	assert_int_equal(st.st_size, 5);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(file_read(fixture->dir_fd, "f", 4, &out, NULL), -EFBIG);
}

static void test_read_of_what_is_no_file(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	assert_int_equal(file_read(fixture->dir_fd, "absent", 10, &out, NULL), -ENOENT);
	assert_int_equal(mkdirat(fixture->dir_fd, "d", 0700), 0);
	assert_int_equal(file_read(fixture->dir_fd, "d", 10, &out, NULL), -EISDIR);
	/* Nobody ever opens the other end. */
	assert_int_equal(mkfifoat(fixture->dir_fd, "fifo", 0600), 0);
	assert_int_equal(file_read(fixture->dir_fd, "fifo", 10, &out, NULL), -EINVAL);
	assert_int_equal(file_read(AT_FDCWD, "/dev/null", 10, &out, NULL), -EINVAL);
}

static void test_replace_makes_a_private_file(void **state)
{
	struct fixture *fixture = *state;
	struct stat st;

	assert_int_equal(file_replace(fixture->dir_fd, "f", "one", 3, -1), 0);
	assert_holds(fixture, "f", "one");
	assert_int_equal(fstatat(fixture->dir_fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(count_entries(fixture->dir_fd), 1);
}

static void test_replace_keeps_mode_and_owner(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(closep) int model_fd = -1;
	struct stat st;

	write_file(fixture, "f", "old", 0600);
	model_fd = openat(fixture->dir_fd, "f", O_RDONLY | O_CLOEXEC);
	if (!geteuid())
		assert_int_equal(fchown(model_fd, 12, 34), 0);
	assert_int_equal(fchmod(model_fd, 02664), 0);
	assert_int_equal(file_replace(fixture->dir_fd, "f", "new", 3, model_fd), 0);
	assert_holds(fixture, "f", "new");
	assert_int_equal(fstatat(fixture->dir_fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 02664);
	if (!geteuid()) {
		assert_int_equal(st.st_uid, 12);
		assert_int_equal(st.st_gid, 34);
	}
}

/* An access list in the kernel's form: version 2, then {tag, permissions, id} each. */
static const uint8_t access_list[] = {
	2,    0, 0, 0,                     /* version */
	1,    0, 6, 0, 255, 255, 255, 255, /* user::rw- */
	2,    0, 6, 0, 99,  0,   0,   0,   /* user:99:rw- */
	4,    0, 0, 0, 255, 255, 255, 255, /* group::--- */
	0x10, 0, 6, 0, 255, 255, 255, 255, /* mask::rw- */
	0x20, 0, 0, 0, 255, 255, 255, 255, /* other::--- */
};

#define ACCESS_LIST  "system.posix_acl_access"
#define DEFAULT_LIST "system.posix_acl_default"

/* Not every file system has access lists. */
static void set_list(int fd, const char *name)
{
	if (!fsetxattr(fd, name, access_list, sizeof(access_list), 0))
		return;
	assert_int_equal(errno, ENOTSUP);
	print_message("# skip: no access lists in /tmp\n");
	skip();
}

static void test_replace_keeps_the_access_list(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(closep) int model_fd = -1, fd = -1;
	uint8_t list[256];

	write_file(fixture, "f", "old", 0600);
	model_fd = openat(fixture->dir_fd, "f", O_RDONLY | O_CLOEXEC);
	set_list(model_fd, ACCESS_LIST);
	assert_int_equal(file_replace(fixture->dir_fd, "f", "new", 3, model_fd), 0);
	fd = openat(fixture->dir_fd, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(fd, ACCESS_LIST, list, sizeof(list)), sizeof(access_list));
	assert_memory_equal(list, access_list, sizeof(access_list));
}

static void test_replace_takes_no_list_from_the_directory(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(closep) int model_fd = -1, fd = -1;
	uint8_t list[256];
	struct stat st;

	write_file(fixture, "f", "old", 0660);
	model_fd = openat(fixture->dir_fd, "f", O_RDONLY | O_CLOEXEC);
	set_list(fixture->dir_fd, DEFAULT_LIST);
	assert_int_equal(file_replace(fixture->dir_fd, "f", "new", 3, model_fd), 0);
	fd = openat(fixture->dir_fd, "f", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fgetxattr(fd, ACCESS_LIST, list, sizeof(list)), -1);
	assert_int_equal(errno, ENODATA);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void test_three_steps(void **state)
{
	struct fixture *fixture = *state;
	struct replacement replacement = REPLACEMENT_INIT;

	write_file(fixture, "f", "old", 0600);
	assert_int_equal(replacement_prepare(&replacement, fixture->dir_fd, "f", "new", 3, -1), 0);
	assert_holds(fixture, "f", "old");
	assert_holds(fixture, replacement.temporary, "new");
	assert_false(replacement.placed);
	assert_int_equal(replacement_sync(&replacement), 0);
	assert_int_equal(replacement.fd, -1);
	assert_int_equal(replacement_commit(&replacement), 0);
	assert_true(replacement.placed);
	assert_holds(fixture, "f", "new");
	replacement_deinit(&replacement);
	replacement_deinit(&replacement);
	assert_holds(fixture, "f", "new");
	assert_int_equal(count_entries(fixture->dir_fd), 1);
}

/* In place of the C library's: what the kernel says to the hint, 0 as it is. */
static int hint_error;

int sync_file_range(int fd, off64_t offset, off64_t n_bytes, unsigned int flags)
{
	errno = hint_error;
	if (hint_error)
		return -1;
	return (int)syscall(SYS_sync_file_range, fd, offset, n_bytes, flags);
}

static void test_a_hint_that_fails(void **state)
{
	static const int unknown[] = { ENOSYS, EINVAL, ESPIPE, EPERM },
			 of_disk[] = { EIO, ENOSPC, EDQUOT };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		hint_error = unknown[i];
		assert_int_equal(file_replace(fixture->dir_fd, "f", "new", 3, -1), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(of_disk); i++) {
		hint_error = of_disk[i];
		assert_int_equal(file_replace(fixture->dir_fd, "f", "newer", 5, -1), -of_disk[i]);
	}
	hint_error = 0;
	assert_holds(fixture, "f", "new");
	assert_int_equal(count_entries(fixture->dir_fd), 1);
}

static void test_dropped_before_the_commit(void **state)
{
	struct fixture *fixture = *state;
	struct replacement replacement = REPLACEMENT_INIT;

	write_file(fixture, "f", "old", 0600);
	assert_int_equal(replacement_prepare(&replacement, fixture->dir_fd, "f", "new", 3, -1), 0);
	replacement_deinit(&replacement);
	assert_holds(fixture, "f", "old");
	assert_int_equal(count_entries(fixture->dir_fd), 1);
}

static void test_failures_leave_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct replacement replacement = REPLACEMENT_INIT;
	struct rlimit before, tiny = { 4, 4 };
	_cleanup_(closep) int gone_fd = -1;
	int r;

	/* The name is a directory: the rename fails, the temporary file goes. */
	assert_int_equal(mkdirat(fixture->dir_fd, "d", 0700), 0);
	assert_int_equal(file_replace(fixture->dir_fd, "d", "x", 1, -1), -EISDIR);
	assert_int_equal(count_entries(fixture->dir_fd), 1);

	/* A write that fails half way. */
	signal(SIGXFSZ, SIG_IGN); /* the write shall fail, not kill */
	getrlimit(RLIMIT_FSIZE, &before);
	tiny.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &tiny);
	r = replacement_prepare(&replacement, fixture->dir_fd, "f", "123456", 6, -1);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(r, -EFBIG);
	assert_null(replacement.temporary);
	assert_int_equal(count_entries(fixture->dir_fd), 1);

	/* A directory that is gone. */
	gone_fd = openat(fixture->dir_fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(unlinkat(fixture->dir_fd, "d", AT_REMOVEDIR), 0);
	assert_int_equal(file_replace(gone_fd, "f", "x", 1, -1), -ENOENT);
}

static void test_temporaries_go_and_nothing_else(void **state)
{
	static const char *const kept[] = {
		"f",
		".f.swp",
		".f.AbC123",
		".f.seccompfs-AbC12",
		".g.seccompfs-AbC123",
		"f.seccompfs-AbC123",
		".f.seccompfs-AbC1234",
		".f.somebodyx-AbC123",
	};
	struct fixture *fixture = *state;
	struct replacement crashed = REPLACEMENT_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		write_file(fixture, kept[i], kept[i], 0600);
	assert_int_equal(replacement_prepare(&crashed, fixture->dir_fd, "f", "new", 3, -1), 0);
	file_remove_temporaries(fixture->dir_fd, "f");
	assert_int_equal(faccessat(fixture->dir_fd, crashed.temporary, F_OK, 0), -1);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		assert_holds(fixture, kept[i], kept[i]);
	replacement_deinit(&crashed);
}

static mode_t mode_of(struct fixture *fixture, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(fixture->dir_fd, name, &st, 0), 0);
	return st.st_mode & 07777;
}

static void test_directory_make(void **state)
{
	struct fixture *fixture = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s//a/b///", fixture->path);
	assert_int_equal(directory_make(path, 0700), 0);
	assert_int_equal(mode_of(fixture, "a"), 0755);
	assert_int_equal(mode_of(fixture, "a/b"), 0700);
	/* One that is there keeps its mode. */
	assert_int_equal(directory_make(path, 0711), 0);
	assert_int_equal(mode_of(fixture, "a/b"), 0700);

	write_file(fixture, "file", "", 0600);
	snprintf(path, sizeof(path), "%s/file", fixture->path);
	assert_int_equal(directory_make(path, 0700), -ENOTDIR);
	snprintf(path, sizeof(path), "%s/file/x", fixture->path);
	assert_int_equal(directory_make(path, 0700), -ENOTDIR);
	assert_int_equal(directory_make("/", 0700), 0);
	assert_int_equal(directory_make("", 0700), -ENOENT);
}

static void test_directory_make_relative(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(closep) int here_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(fchdir(fixture->dir_fd), 0);
	assert_int_equal(directory_make("x", 0700), 0);
	assert_int_equal(directory_make("y/z", 0750), 0);
	assert_int_equal(fchdir(here_fd), 0);
	assert_int_equal(mode_of(fixture, "x"), 0700);
	assert_int_equal(mode_of(fixture, "y/z"), 0750);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_read),
		TEST(test_read_of_what_is_no_file),
		TEST(test_replace_makes_a_private_file),
		TEST(test_replace_keeps_mode_and_owner),
		TEST(test_replace_keeps_the_access_list),
		TEST(test_replace_takes_no_list_from_the_directory),
		TEST(test_three_steps),
		TEST(test_a_hint_that_fails),
		TEST(test_dropped_before_the_commit),
		TEST(test_failures_leave_nothing),
		TEST(test_temporaries_go_and_nothing_else),
		TEST(test_directory_make),
		TEST(test_directory_make_relative),
	};

	return cmocka_run_group_tests_name("base/file", tests, NULL, NULL);
}
