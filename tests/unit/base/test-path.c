/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/path.h"

/* A directory `real` with a file, a link to it, an empty directory; the working directory. */
static int enter_directory(void **state)
{
	char name[] = "/tmp/test-path.XXXXXX";

	if (!mkdtemp(name) || chdir(name) < 0 || mkdir("real", 0755) < 0 ||
	    mkdir("empty", 0755) < 0 || symlink("real", "link") < 0 ||
	    close(creat("real/file", 0644)) < 0)
		return -1;
	*state = realpath(name, NULL);
	return *state ? 0 : -1;
}

static int leave_directory(void **state)
{
	unlink("real/file");
	unlink("link");
	rmdir("real");
	rmdir("empty");
	rmdir(*state);
	free(*state);
	return chdir("/");
}

static void test_replace_takes_or_fails(void **state)
{
	_cleanup_(freep) char *path = strdup("old");

	(void)state;
	assert_int_equal(path_replace(&path, NULL), -ENOMEM);
	assert_string_equal(path, "old");
	assert_int_equal(path_replace(&path, strdup("new")), 0);
	assert_string_equal(path, "new");
}

static void test_absolute_keeps_links_and_dots(void **state)
{
	_cleanup_(freep) char *path = strdup("link/../x"), *absolute = strdup("/link/../x");
	_cleanup_(freep) char *expected = path_join(*state, "link/../x");

	assert_int_equal(path_make_absolute(&path), 0);
	assert_string_equal(path, expected);
	assert_int_equal(path_make_absolute(&absolute), 0);
	assert_string_equal(absolute, "/link/../x");
}

static void test_canonical_follows_links(void **state)
{
	_cleanup_(freep) char *path = strdup("link//."), *missing = strdup("missing");
	_cleanup_(freep) char *expected = path_join(*state, "real");

	assert_int_equal(path_make_canonical(&path), 0);
	assert_string_equal(path, expected);
	assert_int_equal(path_make_canonical(&missing), -ENOENT);
	assert_string_equal(missing, "missing");
}

static void test_below(void **state)
{
	_cleanup_(freep) char *real = path_join(*state, "real");

	assert_true(path_is_below(real, real));
	assert_true(path_is_below("link/file", real));
	assert_true(path_is_below("real/file", *state));
	assert_false(path_is_below("empty", real));
	assert_true(path_is_below("/missing/x", "/missing"));
	assert_false(path_is_below("/missing-too", "/missing"));
	assert_false(path_is_below("/missing", "/missing/x"));
	assert_true(path_is_below("/missing", "/"));
}

static void test_leads_through(void **state)
{
	_cleanup_(freep) char *up = path_join(*state, "real/../empty");

	(void)state;
	assert_return_code(symlink("real/../empty", "around"), errno);
	assert_return_code(symlink(up, "absolute"), errno);
	assert_return_code(symlink("loop", "loop"), errno);
	assert_true(path_leads_through("real/file", "real"));
	assert_true(path_leads_through("real", "real"));
	assert_true(path_leads_through("link/file", "real"));
	assert_true(path_leads_through("./real//../missing/x", "real"));
	assert_true(path_leads_through(up, "real"));
	assert_true(path_leads_through("around", "real"));
	assert_true(path_leads_through("absolute", "real"));
	assert_false(path_leads_through("absolute", "locked-not"));
	assert_false(path_leads_through("empty", "real"));
	assert_false(path_leads_through("missing/../real", "real"));
	assert_false(path_leads_through("loop", "real"));
	assert_false(path_leads_through("real/file/x", "empty"));
}

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(path_check_empty("empty"), 0);
	assert_int_equal(path_check_empty("real"), -ENOTEMPTY);
	assert_int_equal(path_check_empty("missing"), -ENOENT);
	assert_int_equal(path_check_empty("real/file"), -ENOTDIR);
}

static void test_lock_is_exclusive(void **state)
{
	int fd = path_lock_directory("locked", 0750), other_fd = open("locked/.lock", O_RDONLY);
	struct stat st;

	(void)state;
	assert_true(fd >= 0 && other_fd >= 0);
	assert_int_equal(stat("locked", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	/* Who may look into the directory cannot hold the lock. */
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(flock(other_fd, LOCK_EX | LOCK_NB), -1);
	close(fd);
	assert_int_equal(flock(other_fd, LOCK_EX | LOCK_NB), 0);
	close(other_fd);
	assert_int_equal(path_lock_directory("real/file", 0755), -ENOTDIR);
	unlink("locked/.lock");
	rmdir("locked");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace_takes_or_fails),
		cmocka_unit_test(test_absolute_keeps_links_and_dots),
		cmocka_unit_test(test_canonical_follows_links),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_leads_through),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_lock_is_exclusive),
	};

	return cmocka_run_group_tests_name("base/path", tests, enter_directory, leave_directory);
}
