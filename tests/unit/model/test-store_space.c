/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A disk that has room for what is to be written only when what commits have replaced is closed, which
 * the store leaves for later. This program has write(2) in place of the C library's: it finds no space
 * as long as files are open that have lost their names, but for the two that a commit itself replaces.
 */

#include "store-fixture.h"

#include <limits.h>
#include <sys/syscall.h>

#define OF_A_COMMIT 2 /* config and state */

static struct {
	struct fixture *fixture; /* NULL: there is room */
	const char *name;        /* only for files whose path ends so; NULL: for all */
	bool fails_fsync;        /* of the state's directory, once; the disk is full from then on */
	unsigned int n_asked;    /* how often whoever was given them was asked */
} disk;

static ssize_t path_of(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
	return n;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n_text = strlen(text), n_end = strlen(end);

	return n_text >= n_end && !strcmp(text + n_text - n_end, end);
}

static unsigned int count_nameless(void)
{
	unsigned int n = 0;
	char path[PATH_MAX];

	for (int fd = 0; fd < 256; fd++) {
		if (path_of(fd, path) > 0 && ends_with(path, " (deleted)") &&
		    !strncmp(path, disk.fixture->root, strlen(disk.fixture->root)))
			n++;
	}
	return n;
}

static bool has_room(int fd)
{
	char path[PATH_MAX];

	if (!disk.fixture || disk.fails_fsync || path_of(fd, path) < 0 ||
	    strncmp(path, disk.fixture->root, strlen(disk.fixture->root)) != 0)
		return true;
	return (disk.name && !ends_with(path, disk.name)) || count_nameless() <= OF_A_COMMIT;
}

ssize_t write(int fd, const void *data, size_t n_data)
{
	if (has_room(fd))
		return syscall(SYS_write, fd, data, n_data);
	errno = ENOSPC;
	return -1;
}

int fsync(int fd)
{
	char path[PATH_MAX];

	if (!disk.fails_fsync || path_of(fd, path) < 0 ||
	    strcmp(path, disk.fixture->state_dir) != 0)
		return (int)syscall(SYS_fsync, fd);
	disk.fails_fsync = false;
	errno = EIO;
	return -1;
}

/* Two commits have left what they have replaced, and now the disk is full. */
static void fill(struct fixture *fixture, const char *name)
{
	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(patch(fixture, "{machine: {type: controlplane}}"), 0);
	disk.name = name;
	disk.fixture = fixture;
	assert_true(count_nameless() > OF_A_COMMIT);
}

static int empty(void **state)
{
	memset(&disk, 0, sizeof(disk));
	return tear_down(state);
}

static void test_a_patch(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, NULL);
	assert_int_equal(set_profile(fixture, "a", "ERRNO"), 0);
	assert_served(fixture, "a@3=ERRNO b@1=LOG ");
}

static void test_an_edit(void **state)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(patch(fixture, "{machine: {type: controlplane}}"), 0);
	write_config(fixture, "a ERRNO b LOG");
	disk.fixture = fixture;
	assert_true(count_nameless() > OF_A_COMMIT);
	assert_int_equal(store_reload(fixture->store, &result), 0);
	assert_served(fixture, "a@3=ERRNO b@1=LOG ");
}

/* Readers who have the old version open would lose it with the process. */
static void test_what_is_kept_of_old_versions(void **state)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("a", "ERRNO");
	struct fixture *fixture = *state;

	fill(fixture, "/replaced");
	assert_int_equal(patch_with(fixture, text, &result), 0);
	assert_int_equal(result.diag.n_entries, 0);
}

/* Who looks after a crash what came of it. */
static void test_the_result_of_a_patch_that_was_refused(void **state)
{
	struct fixture *fixture = *state;

	fill(fixture, NULL);
	assert_int_equal(patch(fixture, "{machine: 1}"), -EINVAL);
	disk.fixture = NULL;
	reopen(fixture);
	assert_non_null(strstr(store_last_result(fixture->store), "result: failed\n"));
}

static int given[STORE_N_LEAVINGS];
static size_t n_given;

static bool close_given(void *userdata)
{
	bool was_any = n_given > 0;

	assert_ptr_equal(userdata, &disk);
	disk.n_asked++;
	while (n_given > 0)
		close(given[--n_given]);
	return was_any;
}

/* A file that takes space until it is closed. */
static int open_nameless(const struct fixture *fixture)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/nameless", fixture->etc);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	return fd;
}

/* Whoever has taken them may be about to close them; when he has none either, the disk is full. */
static void test_what_was_given_away(void **state)
{
	struct fixture *fixture = *state;
	int held[OF_A_COMMIT + 1];
	size_t n_held = 0;

	fill(fixture, NULL);
	n_given = store_take_leavings(fixture->store, true, given);
	assert_true(n_given > OF_A_COMMIT);
	store_set_room(fixture->store, close_given, &disk);
	assert_int_equal(set_profile(fixture, "a", "ERRNO"), 0);
	assert_int_equal(disk.n_asked, 1);
	assert_served(fixture, "a@3=ERRNO b@1=LOG ");
	/* Nothing is left to close: refused, and not tried for ever. */
	while (n_held < OF_A_COMMIT + 1)
		held[n_held++] = open_nameless(fixture);
	for (size_t i = store_take_leavings(fixture->store, true, given); i > 0; i--)
		close(given[i - 1]);
	assert_int_equal(set_profile(fixture, "a", "LOG"), -ENOSPC);
	while (n_held > 0)
		close(held[--n_held]);
	assert_int_equal(set_profile(fixture, "a", "LOG"), 0);
}

/* It waits for them as well: two copies need the space of one till the old one goes. */
static void test_the_copy_of_the_config(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct fixture *fixture = *state;

	fill(fixture, NULL);
	store_keep_copy(fixture->store, &diag);
	assert_int_equal(diag.n_entries, 0);
	assert_true(count_nameless() == 0);
	assert_nothing_left(fixture);
}

static void test_a_commit_that_is_undone(void **state)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("a", "ERRNO"), *before = NULL;
	struct fixture *fixture = *state;

	fill(fixture, NULL);
	before = facts(fixture);
	disk.fails_fsync = true;
	assert_int_equal(patch_with(fixture, text, &result), -EIO);
	assert_int_equal(result.diag.n_errors, 0);
	assert_facts(fixture, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_patch, set_up, empty),
		cmocka_unit_test_setup_teardown(test_an_edit, set_up, empty),
		cmocka_unit_test_setup_teardown(test_what_is_kept_of_old_versions, set_up, empty),
		cmocka_unit_test_setup_teardown(test_the_result_of_a_patch_that_was_refused, set_up,
		                                empty),
		cmocka_unit_test_setup_teardown(test_the_copy_of_the_config, set_up, empty),
		cmocka_unit_test_setup_teardown(test_a_commit_that_is_undone, set_up, empty),
		cmocka_unit_test_setup_teardown(test_what_was_given_away, set_up, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
