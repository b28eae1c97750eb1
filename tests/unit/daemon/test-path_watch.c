/* SPDX-License-Identifier: Apache-2.0 */

/* Which changes on the way to a file are told. Each step looks at the events at once: inotify(7)
 * has queued them when the call that made them returns. */

#include "watch-fixture.h"

#include <sys/inotify.h>
#include <sys/syscall.h>

#include "path_watch.h"

static unsigned int n_watches_left = UINT_MAX;

/* In place of the C library's. */
int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	if (n_watches_left && n_watches_left--)
		return (int)syscall(SYS_inotify_add_watch, fd, path, mask);
	errno = ENOSPC;
	return -1;
}

struct fixture {
	char *root;
	struct path_watch *watch;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->root = make_root();
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	path_watch_free(fixture->watch);
	remove_root(fixture->root);
	free(fixture);
	return 0;
}

#define WATCH_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void watch(struct fixture *fixture, const char *name)
{
	_cleanup_(freep) char *path = path_join(fixture->root, name);

	assert_int_equal(path_watch_new(path, path_watch_open(), &fixture->watch), 0);
	assert_int_equal(path_watch_arm(fixture->watch), 0);
	assert_int_equal(path_watch_read(fixture->watch), 0);
}

/* Something was told since the last look; what is there now is watched. */
#define assert_changed(fixture)                                                 \
	do {                                                                    \
		assert_true(path_watch_read((fixture)->watch) & PATH_CHANGED);  \
		assert_int_equal(path_watch_arm((fixture)->watch), 0);          \
		/* What removing watches itself gives. */                       \
		while (is_readable(path_watch_fd((fixture)->watch), 0))         \
			assert_int_equal(path_watch_read((fixture)->watch), 0); \
	} while (0)

#define assert_nothing(fixture) assert_int_equal(path_watch_read((fixture)->watch), 0)

static void test_the_file(void **state)
{
	struct fixture *fixture = *state;

	put(fixture->root, "f", "1");
	watch(fixture, "f");
	put(fixture->root, "f", "2");
	assert_changed(fixture);
	put(fixture->root, "g", "3");
	assert_nothing(fixture);
	move(fixture->root, "g", "f");
	assert_changed(fixture);
	/* The new one is watched like the old. */
	put(fixture->root, "f", "4");
	assert_changed(fixture);
	move(fixture->root, "f", "away");
	assert_changed(fixture);
	put(fixture->root, "away", "5");
	assert_nothing(fixture);
	put(fixture->root, "f", "6");
	assert_changed(fixture);
	remove_file(fixture->root, "f");
	assert_changed(fixture);
}

static void test_other_names_are_of_no_interest(void **state)
{
	struct fixture *fixture = *state;

	put(fixture->root, "f", "1");
	watch(fixture, "f");
	put(fixture->root, ".f.seccompfs-AbCdEf", "2");
	put(fixture->root, "ff", "2");
	make(fixture->root, "d");
	remove_file(fixture->root, "ff");
	assert_nothing(fixture);
}

static void test_a_writer_who_has_not_closed(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = path_join(fixture->root, "f");
	int fd;

	put(fixture->root, "f", "1");
	watch(fixture, "f");
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(path_watch_read(fixture->watch), PATH_CHANGED | PATH_WRITTEN);
	assert_int_equal(write(fd, "22", 2), 2);
	assert_int_equal(path_watch_read(fixture->watch), PATH_CHANGED | PATH_WRITTEN);
	close(fd);
	assert_int_equal(path_watch_read(fixture->watch), PATH_CHANGED);
}

static void test_another_name_of_the_file(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = path_join(fixture->root, "f"),
			      *other = path_join(fixture->root, "d/other");

	put(fixture->root, "f", "1");
	make(fixture->root, "d");
	assert_int_equal(link(path, other), 0);
	watch(fixture, "f");
	put(fixture->root, "d/other", "2");
	assert_changed(fixture);
}

static void test_a_config_map(void **state)
{
	struct fixture *fixture = *state;

	make(fixture->root, "..1");
	put(fixture->root, "..1/f", "1");
	link_to(fixture->root, "..1", "..data");
	link_to(fixture->root, "..data/f", "f");
	watch(fixture, "f");
	make(fixture->root, "..2");
	put(fixture->root, "..2/f", "2");
	link_to(fixture->root, "..2", "..data_tmp");
	assert_nothing(fixture);
	move(fixture->root, "..data_tmp", "..data");
	assert_changed(fixture);
	remove_file(fixture->root, "..1/f");
	remove_file(fixture->root, "..1");
	assert_nothing(fixture);
	put(fixture->root, "..2/f", "3");
	assert_changed(fixture);
}

/* An absolute link in the middle, dots, a link at the end. */
static void test_links(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *a = path_join(fixture->root, "a");

	make(fixture->root, "a");
	make(fixture->root, "b");
	put(fixture->root, "b/real", "1");
	link_to(fixture->root, ".././b//real", "a/f");
	link_to(fixture->root, a, "here");
	watch(fixture, "here/f");
	put(fixture->root, "b/real", "2");
	assert_changed(fixture);
	put(fixture->root, "a/real", "no");
	assert_nothing(fixture);
	remove_file(fixture->root, "here");
	assert_changed(fixture);
	put(fixture->root, "b/real", "3");
	assert_nothing(fixture);
	make(fixture->root, "here");
	assert_changed(fixture);
	put(fixture->root, "here/f", "4");
	assert_changed(fixture);
}

static void test_a_loop_of_links(void **state)
{
	struct fixture *fixture = *state;

	link_to(fixture->root, "g", "f");
	link_to(fixture->root, "f", "g");
	watch(fixture, "f");
	remove_file(fixture->root, "g");
	assert_changed(fixture);
	put(fixture->root, "g", "1");
	assert_changed(fixture);
}

static void test_directories_come_and_go(void **state)
{
	struct fixture *fixture = *state;

	watch(fixture, "a/b/f");
	make(fixture->root, "a");
	assert_changed(fixture);
	make(fixture->root, "a/b");
	assert_changed(fixture);
	put(fixture->root, "a/b/f", "1");
	assert_changed(fixture);
	move(fixture->root, "a", "away");
	assert_changed(fixture);
	put(fixture->root, "away/b/f", "2");
	assert_nothing(fixture);
	/* A tree that is moved in at once, and a file in the place of a directory. */
	move(fixture->root, "away", "a");
	assert_changed(fixture);
	put(fixture->root, "a/b/f", "3");
	assert_changed(fixture);
	move(fixture->root, "a/b", "away");
	put(fixture->root, "a/b", "no directory");
	assert_changed(fixture);
	remove_file(fixture->root, "a/b");
	assert_changed(fixture);
	move(fixture->root, "away", "a/b");
	assert_changed(fixture);
}

static void test_what_overflows_is_a_change(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *a = path_join(fixture->root, "a"),
			      *b = path_join(fixture->root, "b");
	unsigned long limit = 0;
	unsigned int seen = 0;
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "re");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &limit), 1);
	fclose(file);
	if (limit > 100000) {
		print_message("# skip: a queue of %lu events\n", limit);
		skip();
	}
	put(fixture->root, "a", "1");
	watch(fixture, "f");
	for (unsigned long i = 0; i <= limit / 2; i++) {
		assert_int_equal(rename(i % 2 ? b : a, i % 2 ? a : b), 0);
	}
	while (is_readable(path_watch_fd(fixture->watch), 0))
		seen |= path_watch_read(fixture->watch);
	assert_int_equal(seen, PATH_CHANGED);
}

/* What is missing is told, what could be watched is. */
static void test_no_watches_left(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = path_join(fixture->root, "f");

	put(fixture->root, "f", "1");
	assert_int_equal(path_watch_new(path, path_watch_open(), &fixture->watch), 0);
	/* The root, /tmp, the directory; not the file. */
	n_watches_left = 3;
	assert_int_equal(path_watch_arm(fixture->watch), -ENOSPC);
	n_watches_left = UINT_MAX;
	put(fixture->root, "f", "2");
	assert_true(path_watch_read(fixture->watch) & PATH_CHANGED);
	assert_int_equal(path_watch_arm(fixture->watch), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WATCH_TEST(test_the_file),
		WATCH_TEST(test_other_names_are_of_no_interest),
		WATCH_TEST(test_a_writer_who_has_not_closed),
		WATCH_TEST(test_another_name_of_the_file),
		WATCH_TEST(test_a_config_map),
		WATCH_TEST(test_links),
		WATCH_TEST(test_a_loop_of_links),
		WATCH_TEST(test_directories_come_and_go),
		WATCH_TEST(test_what_overflows_is_a_change),
		WATCH_TEST(test_no_watches_left),
	};

	return cmocka_run_group_tests_name("daemon/path_watch", tests, NULL, NULL);
}
