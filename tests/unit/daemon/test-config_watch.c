/* SPDX-License-Identifier: Apache-2.0 */

/* When the file is looked at. */

#include "watch-fixture.h"

#include <sys/inotify.h>
#include <sys/syscall.h>
#include <time.h>

#include "config_watch.h"
#include "path_watch.h"

static bool has_no_inotify;

/* In place of the C library's. */
int inotify_init1(int flags)
{
	if (!has_no_inotify)
		return (int)syscall(SYS_inotify_init1, flags);
	errno = EMFILE;
	return -1;
}

struct fixture {
	char *root;
	struct config_watch *watch;
	unsigned int n_looks;
	bool fails;
};

static bool look(void *userdata)
{
	struct fixture *fixture = userdata;

	fixture->n_looks++;
	return !fixture->fails;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Serves until there was one more look. Returns how long that took, in ms. */
static uint64_t await_look(struct fixture *fixture)
{
	unsigned int n = fixture->n_looks;
	uint64_t begin = now_ms();

	while (fixture->n_looks == n) {
		assert_true(is_readable(config_watch_fd(fixture->watch), TIME_LIMIT_MS));
		config_watch_dispatch(fixture->watch);
	}
	assert_int_equal(fixture->n_looks, n + 1);
	return now_ms() - begin;
}

/* Serves what there is; nothing of it makes it look. */
static void assert_quiet(struct fixture *fixture)
{
	unsigned int n = fixture->n_looks;

	while (is_readable(config_watch_fd(fixture->watch), 2 * CONFIG_WATCH_QUIET_MS))
		config_watch_dispatch(fixture->watch);
	assert_int_equal(fixture->n_looks, n);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	_cleanup_(freep) char *path = NULL;

	fixture->root = make_root();
	put(fixture->root, "f", "1");
	path = path_join(fixture->root, "f");
	*state = fixture;
	if (config_watch_new(path, path_watch_open(), look, fixture, &fixture->watch))
		return -1;
	/* What changed before there was a watch. */
	await_look(fixture);
	assert_quiet(fixture);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	config_watch_free(fixture->watch);
	remove_root(fixture->root);
	free(fixture);
	return 0;
}

#define WATCH_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void test_the_steps_of_an_editor_are_one_change(void **state)
{
	struct fixture *fixture = *state;

	move(fixture->root, "f", "f~");
	put(fixture->root, "f", "2");
	remove_file(fixture->root, "f~");
	assert_true(await_look(fixture) >= CONFIG_WATCH_QUIET_MS - 1);
	assert_quiet(fixture);
	put(fixture->root, "f", "3");
	await_look(fixture);
	assert_quiet(fixture);
}

static void test_each_step_prolongs_the_wait(void **state)
{
	struct fixture *fixture = *state;
	unsigned int n = fixture->n_looks;
	uint64_t begin = now_ms();

	/* Somebody who never stops: looked at all the same, but not at each step. */
	while (fixture->n_looks == n) {
		assert_true(now_ms() - begin < TIME_LIMIT_MS);
		put(fixture->root, "f", "x");
		config_watch_dispatch(fixture->watch);
	}
	assert_true(now_ms() - begin >= CONFIG_WATCH_MAX_MS - 1);
}

static void test_an_open_writer_is_waited_for(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = path_join(fixture->root, "f");
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_quiet(fixture);
	assert_int_equal(write(fd, "2", 1), 1);
	assert_int_equal(close(fd), 0);
	await_look(fixture);
	assert_quiet(fixture);

	/* But not for ever. */
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_true(await_look(fixture) >= CONFIG_WATCH_MAX_MS - 1);
	close(fd);
}

static void test_other_files_are_of_no_interest(void **state)
{
	struct fixture *fixture = *state;

	put(fixture->root, "g", "2");
	assert_quiet(fixture);
}

static void test_what_failed_is_tried_again(void **state)
{
	struct fixture *fixture = *state;

	fixture->fails = true;
	put(fixture->root, "f", "2");
	await_look(fixture);
	fixture->fails = false;
	assert_true(await_look(fixture) >= CONFIG_WATCH_RETRY_MS - 1);
	assert_quiet(fixture);
}

static bool refuse(void *userdata)
{
	++*(unsigned int *)userdata;
	return false;
}

/* Told at once, not after the pause; and then there is no look. */
static void test_a_guard(void **state)
{
	struct fixture *fixture = *state;
	unsigned int n_asked = 0;

	config_watch_set_guard(fixture->watch, refuse, &n_asked);
	put(fixture->root, "other", "1");
	config_watch_dispatch(fixture->watch);
	assert_int_equal(n_asked, 0);
	put(fixture->root, "f", "2");
	config_watch_dispatch(fixture->watch);
	assert_int_equal(n_asked, 1);
	assert_quiet(fixture);
}

/* Others have taken all instances: it is slower then, and said so. */
static void test_without_inotify(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = path_join(fixture->root, "f");

	config_watch_free(steal_ptr(fixture->watch));
	has_no_inotify = true;
	assert_int_equal(config_watch_new(path, path_watch_open(), look, fixture, &fixture->watch),
	                 0);
	has_no_inotify = false;
	await_look(fixture);
	put(fixture->root, "f", "2");
	assert_true(await_look(fixture) >= CONFIG_WATCH_RETRY_MS - 1);
}

static void test_a_relative_path(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(closep) int here_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	config_watch_free(steal_ptr(fixture->watch));
	assert_int_equal(chdir(fixture->root), 0);
	assert_int_equal(config_watch_new("f", path_watch_open(), look, fixture, &fixture->watch),
	                 0);
	assert_int_equal(fchdir(here_fd), 0);
	await_look(fixture);
	put(fixture->root, "f", "2");
	await_look(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH_TEST(test_the_steps_of_an_editor_are_one_change),
		WATCH_TEST(test_each_step_prolongs_the_wait),
		WATCH_TEST(test_an_open_writer_is_waited_for),
		WATCH_TEST(test_other_files_are_of_no_interest),
		WATCH_TEST(test_what_failed_is_tried_again),
		WATCH_TEST(test_a_guard),
		WATCH_TEST(test_without_inotify),
		WATCH_TEST(test_a_relative_path),
	};

	return cmocka_run_group_tests_name("daemon/config_watch", tests, NULL, NULL);
}
