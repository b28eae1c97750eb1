/* SPDX-License-Identifier: Apache-2.0 */

/* What the store does when the files are links, were edited, cannot be written or are gone. */

#include "store-fixture.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "model/machine_config.h"

static void assert_erofs(struct fixture *fixture)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("a", "KILL"), *before = facts(fixture);

	assert_int_equal(patch_with(fixture, text, &result), -EROFS);
	assert_int_equal(result.error, EROFS);
	assert_int_equal(result.n_resources, 0);
	assert_non_null(strstr(result.message, "cannot be replaced"));
	assert_facts(fixture, before);
	/* Nothing to write, nothing to refuse. */
	assert_int_equal(set_profile(fixture, "a", "LOG"), 0);
}

static void test_mode_and_owner_are_kept(void **state)
{
	struct fixture *fixture = *state;
	struct stat st;

	write_config(fixture, "a LOG");
	assert_int_equal(chmod(fixture->config, 0640), 0);
	if (!geteuid())
		assert_int_equal(chown(fixture->config, 12, 34), 0);
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(stat(fixture->config, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (!geteuid()) {
		assert_int_equal(st.st_uid, 12);
		assert_int_equal(st.st_gid, 34);
	}
}

static unsigned int count_open(void)
{
	return count_entries("/proc/self/fd");
}

static void close_leavings(struct fixture *fixture, bool at_rest, size_t n_wanted)
{
	int fds[STORE_N_LEAVINGS];
	size_t n = store_take_leavings(fixture->store, at_rest, fds);

	assert_int_equal(n, n_wanted);
	while (n > 0)
		assert_int_equal(close(fds[--n]), 0);
}

/* The files of many patches are closed without a rest, and large ones do not wait for it. */
static void test_what_was_replaced_does_not_pile_up(void **state)
{
	struct fixture *fixture = *state;
	unsigned int n_open;
	FILE *file;

	write_config(fixture, "a LOG");
	open_store(fixture);
	n_open = count_open();
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(set_profile(fixture, "a", i % 2 ? "LOG" : "KILL"), 0);
		assert_true(count_open() <= n_open + STORE_N_LEAVINGS);
	}
	close_leavings(fixture, true, count_open() - n_open);
	for (unsigned int i = 0; i < STORE_N_LEAVINGS / 2; i++) {
		assert_int_equal(set_profile(fixture, "a", i % 2 ? "LOG" : "KILL"), 0);
		close_leavings(fixture, false, i + 1 < STORE_N_LEAVINGS / 2 ? 0 : STORE_N_LEAVINGS);
	}
	file = fopen(fixture->config, "a");
	assert_non_null(file);
	assert_true(fprintf(file, "# %0100000d\n", 0) > 0);
	assert_int_equal(fclose(file), 0);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(set_profile(fixture, "a", i % 2 ? "LOG" : "KILL"), 0);
		assert_int_equal(count_open(), n_open + 2);
	}
	close_leavings(fixture, false, 2);
	assert_int_equal(count_open(), n_open);
}

/* What a patch has replaced waits until somebody has the time; the next patch takes it along. */
static void test_what_was_replaced_is_removed_later(void **state)
{
	struct fixture *fixture = *state;
	unsigned int n_open;

	write_config(fixture, "a LOG");
	open_store(fixture);
	n_open = count_open();
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(set_profile(fixture, "a", i ? "LOG" : "KILL"), 0);
		assert_int_equal(count_open(), n_open + 2 + 2 * i);
	}
	assert_nothing_left(fixture);
	close_leavings(fixture, false, 0);
	close_leavings(fixture, true, 4);
	assert_int_equal(count_open(), n_open);
	/* The same text again as the one whose copy is there. */
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(set_profile(fixture, "a", "LOG"), 0);
	close_store(fixture);
	assert_nothing_left(fixture);
	write_text(fixture->config, "machine: [\n");
	assert_int_equal(try_open(fixture, &fixture->store, NULL), 0);
	assert_served(fixture, "a@5=LOG ");
}

/* Nor does one that fails leave anything. */
static void test_a_patch_that_fails_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *moved = NULL;
	unsigned int n_open;

	write_config(fixture, "a LOG");
	open_store(fixture);
	n_open = count_open();
	assert_true(asprintf(&moved, "%s/moved", fixture->root) > 0);
	assert_int_equal(rename(fixture->state_dir, moved), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), -EIO);
	assert_int_equal(rename(moved, fixture->state_dir), 0);
	assert_int_equal(count_open(), n_open);
	assert_nothing_left(fixture);
}

/* A chain of links, one of them relative, one over a directory. */
static void test_links_are_followed(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *real = NULL, *target = NULL, *link = NULL, *text = NULL;
	struct stat st;

	assert_true(asprintf(&real, "%s/real", fixture->root) > 0);
	assert_true(asprintf(&target, "%s/real/config.yaml", fixture->root) > 0);
	assert_true(asprintf(&link, "%s/link", fixture->root) > 0);
	assert_int_equal(mkdir(real, 0755), 0);
	assert_int_equal(symlink("real", link), 0);
	assert_int_equal(symlink("../link/config.yaml", fixture->config), 0);
	write_config(fixture, "a LOG");
	assert_int_equal(lstat(target, &st), 0);
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(lstat(fixture->config, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	text = read_text(target);
	assert_non_null(strstr(text, "SCMP_ACT_KILL"));
	assert_int_equal(count_entries(real), 1);

	/* The link leads elsewhere now: that is where the next patch acts. */
	assert_int_equal(unlink(fixture->config), 0);
	write_config(fixture, "b LOG");
	assert_int_equal(set_profile(fixture, "b", "KILL"), 0);
	assert_served(fixture, "b@1=KILL ");
	assert_text(target, text);
}

static void test_an_edit_is_patched_not_overwritten(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("a", "KILL"), *config = NULL;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	write_config(fixture, "a LOG b ERRNO c LOG");
	assert_int_equal(patch_with(fixture, text, &result), 0);
	assert_served(fixture, "a@2=KILL b@2=ERRNO c@1=LOG ");
	assert_int_equal(result.n_resources, 3);
	config = config_text("a KILL b ERRNO c LOG");
	assert_text(fixture->config, config);
}

static void test_an_edit_is_taken_in_by_a_patch_without_effect(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("a", "LOG");

	write_config(fixture, "a LOG");
	open_store(fixture);
	write_config(fixture, "a LOG b LOG");
	assert_int_equal(patch_with(fixture, text, &result), 0);
	assert_int_equal(result.kind, RESULT_APPLIED);
	assert_string_equal(result.message, "took in an edit of the machine config: 1 created");
	assert_served(fixture, "a@1=LOG b@1=LOG ");
}

static void test_a_broken_edit_stops_the_patch(void **state)
{
	static const char broken[] = "machine:\n  seccompProfiles:\n    - name: [\n";
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("a", "KILL");

	write_config(fixture, "a LOG");
	open_store(fixture);
	write_text(fixture->config, broken);
	assert_int_equal(patch_with(fixture, text, &result), -EINVAL);
	assert_non_null(strstr(result.message, "on disk is invalid"));
	assert_string_equal(result.diag.entries[0].source, fixture->config);
	assert_true(result.diag.entries[0].line >= 3);
	assert_text(fixture->config, broken);
	assert_served(fixture, "a@1=LOG ");
}

static void test_the_file_is_gone(void **state)
{
	struct fixture *fixture = *state;
	struct stat st;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_int_equal(unlink(fixture->config), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), -EIO);
	assert_int_equal(stat(fixture->config, &st), -1);
	assert_served(fixture, "a@1=LOG ");
	write_config(fixture, "a LOG");
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_served(fixture, "a@2=KILL ");
}

/* The path counts, not the directory that was there once. */
static void test_the_directory_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *old = NULL, *old_config = NULL, *text = NULL;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_true(asprintf(&old, "%s/old", fixture->root) > 0);
	assert_true(asprintf(&old_config, "%s/machine.yaml", old) > 0);
	assert_int_equal(rename(fixture->etc, old), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), -EIO);
	assert_int_equal(mkdir(fixture->etc, 0755), 0);
	write_config(fixture, "b LOG");
	assert_int_equal(set_profile(fixture, "c", "LOG"), 0);
	assert_served(fixture, "b@1=LOG c@1=LOG ");
	text = config_text("a LOG");
	assert_text(old_config, text);
}

static void test_the_state_directory_is_moved_away(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *old = NULL, *before = NULL;

	write_config(fixture, "a LOG");
	open_store(fixture);
	before = facts(fixture);
	assert_true(asprintf(&old, "%s/old", fixture->root) > 0);
	assert_int_equal(rename(fixture->state_dir, old), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), -EIO);
	assert_facts(fixture, before);
	assert_int_equal(mkdir(fixture->state_dir, 0700), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), -EIO);
	assert_facts(fixture, before);
	assert_int_equal(rmdir(fixture->state_dir), 0);
	assert_int_equal(rename(old, fixture->state_dir), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_nothing_left(fixture);
}

/* As the kubelet projects a ConfigMap: machine.yaml -> ..data/machine.yaml, ..data -> ..2026. */
static void test_a_projected_volume(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *data = NULL, *link = NULL, *config = NULL, *real = NULL;

	assert_true(asprintf(&data, "%s/..2026_11_24", fixture->etc) > 0);
	assert_true(asprintf(&link, "%s/..data", fixture->etc) > 0);
	assert_true(asprintf(&real, "%s/machine.yaml", data) > 0);
	assert_int_equal(mkdir(data, 0755), 0);
	assert_int_equal(symlink("..2026_11_24", link), 0);
	assert_int_equal(symlink("..data/machine.yaml", fixture->config), 0);
	config = config_text("a LOG");
	write_text(real, config);
	open_store(fixture);
	assert_erofs(fixture);
	close_store(fixture);

	/* The same when mount(8) has resolved every link. */
	snprintf(fixture->config, sizeof(fixture->config), "%s", real);
	open_store(fixture);
	assert_erofs(fixture);
}

/* As a user to whom modes mean something. */
static void test_without_permission(void **state)
{
	struct fixture *fixture = *state;

	if (geteuid()) {
		print_message("# skip: needs root to become someone else\n");
		skip();
	}
	write_config(fixture, "a LOG");
	assert_int_equal(chmod(fixture->root, 0755), 0);
	open_store(fixture);
	/* The directory is not his: no temporary file. */
	assert_int_equal(chmod(fixture->config, 0666), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_erofs(fixture);
	assert_int_equal(seteuid(0), 0);
	/* The file is not his, but the directory is. */
	assert_int_equal(chmod(fixture->config, 0444), 0);
	assert_int_equal(chown(fixture->etc, 65534, 65534), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_erofs(fixture);
	assert_int_equal(seteuid(0), 0);
	/* Both are his, and he said that he does not want it written. */
	assert_int_equal(chown(fixture->config, 65534, getegid()), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_erofs(fixture);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(count_entries(fixture->etc), 1);
}

/* Runs `then` in a mount namespace of its own; its assertions count here. */
static void in_namespace(struct fixture *fixture, void (*then)(struct fixture *fixture))
{
	int status = 0;
	pid_t pid;

	if (geteuid()) {
		print_message("# skip: needs root to mount\n");
		skip();
	}
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			_exit(2);
		then(fixture);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* cmocka's assertions end a test, not a process: in a child they would go on as the parent. */
#define child_assert(condition)                                                           \
	do {                                                                              \
		if (!(condition)) {                                                       \
			fprintf(stderr, "# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			_exit(1);                                                         \
		}                                                                         \
	} while (0)

static void expect_error(struct fixture *fixture, int error)
{
	_cleanup_(freep) char *before = facts(fixture), *after = NULL;

	child_assert(set_profile(fixture, "a", "KILL") == error);
	after = facts(fixture);
	child_assert(!strcmp(before, after));
}

static void bind_the_file(struct fixture *fixture)
{
	child_assert(!mount(fixture->config, fixture->config, NULL, MS_BIND, NULL));
	expect_error(fixture, -EROFS);
	child_assert(count_entries(fixture->etc) == 1);
}

static void test_a_bind_mounted_file(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	in_namespace(fixture, bind_the_file);
}

static void mount_read_only(struct fixture *fixture)
{
	child_assert(!mount(fixture->etc, fixture->etc, NULL, MS_BIND, NULL));
	child_assert(!mount(NULL, fixture->etc, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	expect_error(fixture, -EROFS);
}

static void test_a_read_only_file_system(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	in_namespace(fixture, mount_read_only);
}

static void mount_read_only_state(struct fixture *fixture)
{
	const char *dir = fixture->state_dir;

	child_assert(!mount(dir, dir, NULL, MS_BIND, NULL));
	child_assert(!mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	/* Nothing new to record: it is served, but not changed. */
	open_store(fixture);
	expect_error(fixture, -EIO);
}

static void test_a_read_only_state(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	in_namespace(fixture, mount_read_only_state);
}

/* The config was edited, and that cannot be written down: what was served last is served on, and the
 * edit is taken in as soon as it can be. */
static void start_read_only_with_an_edit(struct fixture *fixture)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(result_deinit) struct result result = RESULT_INIT, later = RESULT_INIT;
	_cleanup_(freep) char *old = NULL, *new = NULL;
	const char *dir = fixture->state_dir;

	child_assert(!mount(dir, dir, NULL, MS_BIND, NULL));
	child_assert(!mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
	child_assert(!try_open(fixture, &fixture->store, &diag));
	child_assert(diag.n_errors == 1);
	child_assert(strstr(diag_first_error(&diag)->message, "cannot be written: Read-only"));
	old = served(fixture->store);
	child_assert(!strcmp(old, "a@1=LOG "));
	child_assert(strstr(store_last_result(fixture->store), "the last good one is served"));
	child_assert(store_reload(fixture->store, &result) == -EIO);
	child_assert(!mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT, NULL));
	child_assert(!store_reload(fixture->store, &later));
	new = served(fixture->store);
	child_assert(!strcmp(new, "a@2=KILL b@1=LOG "));
}

static void test_a_start_that_cannot_write_an_edit_down(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	write_config(fixture, "a KILL b LOG");
	in_namespace(fixture, start_read_only_with_an_edit);
	open_store(fixture);
	assert_served(fixture, "a@2=KILL b@1=LOG ");
	assert_nothing_left(fixture);
}

static void fill(const char *directory)
{
	_cleanup_(freep) char *path = NULL;
	static char block[4096];
	FILE *file;

	child_assert(asprintf(&path, "%s/filler", directory) > 0);
	file = fopen(path, "we");
	child_assert(file);
	while (fwrite(block, sizeof(block), 1, file) == 1 && !fflush(file))
		;
	fclose(file);
}

static void mount_full_config(struct fixture *fixture)
{
	child_assert(!mount("tmpfs", fixture->etc, "tmpfs", 0, "size=64k"));
	write_config(fixture, "a LOG");
	fill(fixture->etc);
	expect_error(fixture, -ENOSPC);
	child_assert(count_entries(fixture->etc) == 2);
}

static void test_a_full_disk_below_the_config(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	in_namespace(fixture, mount_full_config);
}

static void mount_full_state(struct fixture *fixture)
{
	child_assert(!mount("tmpfs", fixture->state_dir, "tmpfs", 0, "size=64k"));
	open_store(fixture);
	fill(fixture->state_dir);
	expect_error(fixture, -ENOSPC);
	child_assert(count_entries(fixture->state_dir) == 3);
	child_assert(count_entries(fixture->etc) == 1);
}

static void test_a_full_disk_below_the_state(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	assert_int_equal(mkdir(fixture->state_dir, 0700), 0);
	in_namespace(fixture, mount_full_state);
}

/* The daemon goes to / after it opened the store. */
static void test_relative_paths(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {
		.config_path = "etc/machine.yaml",
		.state_dir = "state",
		.profile = { VALIDATE_STRICT, COMPILE_OFF, NULL },
	};
	_cleanup_(closep) int here_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	write_config(fixture, "a LOG");
	assert_int_equal(chdir(fixture->root), 0);
	assert_int_equal(store_open(&options, &fixture->store, NULL), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(fchdir(here_fd), 0);
	assert_nothing_left(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_mode_and_owner_are_kept),
		STORE_TEST(test_what_was_replaced_is_removed_later),
		STORE_TEST(test_what_was_replaced_does_not_pile_up),
		STORE_TEST(test_a_patch_that_fails_leaves_nothing),
		STORE_TEST(test_links_are_followed),
		STORE_TEST(test_an_edit_is_patched_not_overwritten),
		STORE_TEST(test_an_edit_is_taken_in_by_a_patch_without_effect),
		STORE_TEST(test_a_broken_edit_stops_the_patch),
		STORE_TEST(test_the_file_is_gone),
		STORE_TEST(test_the_directory_is_replaced),
		STORE_TEST(test_the_state_directory_is_moved_away),
		STORE_TEST(test_a_projected_volume),
		STORE_TEST(test_without_permission),
		STORE_TEST(test_a_bind_mounted_file),
		STORE_TEST(test_a_read_only_file_system),
		STORE_TEST(test_a_read_only_state),
		STORE_TEST(test_a_start_that_cannot_write_an_edit_down),
		STORE_TEST(test_a_full_disk_below_the_config),
		STORE_TEST(test_a_full_disk_below_the_state),
		STORE_TEST(test_relative_paths),
	};

	return cmocka_run_group_tests_name("model/store_disk", tests, NULL, NULL);
}
