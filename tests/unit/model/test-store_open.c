/* SPDX-License-Identifier: Apache-2.0 */

/* What the store makes of the files that it finds at the start. */

#include "store-fixture.h"

#include "model/machine_config.h"

static void test_no_config(void **state)
{
	struct fixture *fixture = *state;

	assert_open_fails(fixture, -ENOENT, fixture->config, "No such file");
	assert_int_equal(mkdir(fixture->config, 0755), 0);
	assert_open_fails(fixture, -EISDIR, fixture->config, "directory");
	assert_int_equal(rmdir(fixture->config), 0);
	assert_int_equal(mkfifo(fixture->config, 0644), 0);
	assert_open_fails(fixture, -EINVAL, fixture->config, "not a regular file");
}

static void test_a_bad_config(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct store *store = NULL;

	write_config(fixture, "a LOG b NO c NEITHER");
	assert_int_equal(try_open(fixture, &store, &diag), STORE_E_INVALID);
	/* All of them, each with its place. */
	assert_int_equal(diag.n_errors, 2);
	assert_int_equal(diag.entries[0].line, 9);
	assert_int_equal(diag.entries[1].line, 11);
	/* A failed start leaves no trace in what was never opened. */
	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_served(fixture, "a@1=LOG ");
}

static void test_a_config_that_is_too_large(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	assert_int_equal(truncate(fixture->config, MACHINE_CONFIG_SIZE_MAX + 1), 0);
	assert_open_fails(fixture, STORE_E_INVALID, fixture->config, "larger than 64 MiB");
}

static void test_warnings_are_passed_on(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	write_config(fixture, "a LOG a KILL");
	assert_int_equal(try_open(fixture, &fixture->store, &diag), 0);
	assert_int_equal(diag.n_warnings, 1);
	assert_int_equal(diag.n_errors, 0);
	assert_served(fixture, "a@1=KILL ");
}

static void test_busy(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_open_fails(fixture, STORE_E_BUSY, fixture->state_dir, "another instance");
	/* The one that has it goes on. */
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	reopen(fixture);
	assert_served(fixture, "a@2=KILL ");
}

static void test_what_a_crash_left_is_removed(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *config = NULL, *saved = NULL, *other = NULL;

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	assert_true(asprintf(&config, "%s/.machine.yaml.seccompfs-AbCdEf", fixture->etc) > 0);
	assert_true(asprintf(&saved, "%s/.state.json.seccompfs-AbCdEf", fixture->state_dir) > 0);
	assert_true(asprintf(&other, "%s/.machine.yaml.swp", fixture->etc) > 0);
	write_text(config, "half");
	write_text(saved, "half");
	write_text(other, "an editor's");
	open_store(fixture);
	assert_int_equal(count_entries(fixture->etc), 2);
	assert_int_equal(count_entries(fixture->state_dir), 2);
	assert_text(other, "an editor's");
}

static char *state_path(struct fixture *fixture, const char *suffix)
{
	char *path;

	assert_true(asprintf(&path, "%s/" STATE_FILE_NAME "%s", fixture->state_dir, suffix) > 0);
	return path;
}

static void test_a_newer_state_is_refused_and_kept(void **state)
{
	static const char newer[] = "{\"schema\": 2, \"profiles\": []}";
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = state_path(fixture, "");

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	write_text(path, newer);
	assert_open_fails(fixture, STORE_E_INVALID, fixture->state_dir, "newer version");
	assert_text(path, newer);
	assert_nothing_left(fixture);
}

static uint64_t version_of(struct fixture *fixture, const char *name)
{
	return find(fixture, name)->version;
}

/* Opens on a state of these bytes. Returns what the versions of all profiles are above now. */
static uint64_t open_broken(struct fixture *fixture, const char *bytes, size_t n_bytes)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(freep) char *path = state_path(fixture, ""),
			      *kept = state_path(fixture, ".broken");
	_cleanup_(buffer_deinit) struct buffer broken = BUFFER_INIT;

	write_bytes(path, bytes, n_bytes);
	assert_int_equal(try_open(fixture, &fixture->store, &diag), 0);
	assert_int_equal(diag.n_errors, 0);
	assert_int_equal(diag.n_warnings, 1);
	assert_non_null(strstr(diag.entries[0].message, "is broken"));
	assert_int_equal(file_read(AT_FDCWD, kept, 1 << 20, &broken, NULL), 0);
	assert_int_equal(broken.n_data, n_bytes);
	assert_memory_equal(broken.data, bytes, n_bytes);
	return version_of(fixture, "a") - 1;
}

/*
 * The node comes up, says so, and no version is one that somebody may have seen; neither of a name
 * that is served, nor of one that was gone when the state broke.
 */
static void test_a_broken_state(void **state)
{
	static const char garbage[] = "\x7f\x00\xff\xfe garbage";
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = state_path(fixture, ""), *whole = NULL;
	uint64_t floor, nodeid;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "b", "LOG"), 0);
	assert_int_equal(delete_profile(fixture, "b"), 0);
	close_store(fixture);
	whole = read_text(path);

	floor = open_broken(fixture, "", 0);
	assert_true(floor > 1000000);
	nodeid = find(fixture, "a")->nodeid;
	assert_true(nodeid > 1000000);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(version_of(fixture, "a"), floor + 2);
	assert_int_equal(set_profile(fixture, "b", "LOG"), 0);
	assert_int_equal(version_of(fixture, "b"), floor + 1);
	reopen(fixture);
	assert_int_equal(version_of(fixture, "a"), floor + 2);
	assert_int_equal(set_profile(fixture, "c", "LOG"), 0);
	assert_int_equal(version_of(fixture, "c"), floor + 1);
	close_store(fixture);

	/* Once more, and at once: above what the first time gave. */
	assert_true(open_broken(fixture, whole, strlen(whole) / 2) > floor + 2);
	close_store(fixture);
	assert_true(open_broken(fixture, garbage, sizeof(garbage)) > floor + 2);
	assert_true(find(fixture, "a")->nodeid > nodeid);
}

/* The second time the file is of the second before: still above the first. */
static void test_a_state_that_breaks_twice_at_once(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = state_path(fixture, "");
	uint64_t floor;

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	floor = open_broken(fixture, "", 0);
	close_store(fixture);
	write_text(path, "");
	assert_int_equal(utimensat(AT_FDCWD, path,
	                           (struct timespec[2]){ { .tv_sec = 1 }, { .tv_sec = 1 } }, 0),
	                 0);
	open_store(fixture);
	assert_true(version_of(fixture, "a") > floor);
}

/* A clock that starts at the epoch knows less than the time of the file. */
static void test_a_broken_state_from_the_future(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = state_path(fixture, "");
	const struct timespec times[2] = { { 4102444800, 0 }, { 4102444800, 0 } };
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	write_text(path, "");
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_int_equal(try_open(fixture, &fixture->store, &diag), 0);
	assert_true(version_of(fixture, "a") > 4102444800000000U);
}

/*
 * A worker follows another one, and the state is gone: the kernel knows nodeids that the first had
 * given out, and readers know versions.
 */
static void test_a_state_that_was_removed(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(freep) char *path = state_path(fixture, "");
	uint64_t nodeid;

	write_config(fixture, "a LOG");
	open_store(fixture);
	nodeid = find(fixture, "a")->nodeid;
	close_store(fixture);
	assert_int_equal(unlink(path), 0);
	fixture->is_successor = true;
	assert_int_equal(try_open(fixture, &fixture->store, &diag), 0);
	assert_int_equal(diag.n_errors, 0);
	assert_non_null(strstr(diag.entries[0].message, "removed while the mount was served"));
	assert_true(version_of(fixture, "a") > 1000000);
	assert_true(find(fixture, "a")->nodeid > nodeid + 1000000);
	reopen(fixture);
	assert_true(version_of(fixture, "a") > 1000000);
}

static void test_a_state_directory_that_cannot_be(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	write_text(fixture->state_dir, "a file");
	assert_open_fails(fixture, -ENOTDIR, fixture->state_dir, "cannot be made");
}

/* config and state are two files: each may be the older one after a crash or a restored backup. */
static void test_digests_decide_when_the_files_disagree(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = state_path(fixture, ""), *old_config = NULL,
			      *old_state = NULL;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	close_store(fixture);
	old_config = read_text(fixture->config);
	old_state = read_text(path);
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(delete_profile(fixture, "b"), 0);
	close_store(fixture);

	/* The config is new, the state old: the very versions that the commits gave. */
	write_text(path, old_state);
	open_store(fixture);
	assert_served(fixture, "a@2=KILL ");
	assert_non_null(strstr(store_last_result(fixture->store), "1 updated, 1 destroyed"));
	close_store(fixture);

	/* The config is old, the state new: above the versions that were seen. */
	write_text(fixture->config, old_config);
	open_store(fixture);
	assert_served(fixture, "a@3=LOG b@2=LOG ");
	reopen(fixture);
	assert_served(fixture, "a@3=LOG b@2=LOG ");
}

/* A newer program may render a value in other bytes: that is a version, and recorded at once. */
static void test_other_bytes_of_the_same_config(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = state_path(fixture, ""), *text = NULL, *after = NULL;
	char *at;

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	text = read_text(path);
	at = strstr(text, "\"sha256\": \"");
	assert_non_null(at);
	memset(at + strlen("\"sha256\": \""), '0', 64);
	write_text(path, text);
	open_store(fixture);
	assert_served(fixture, "a@2=LOG ");
	after = read_text(path);
	assert_non_null(strstr(after, "\"version\": 2,"));
}

static void test_the_last_good_config_is_served(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *good = NULL;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "b", "KILL"), 0);
	good = read_text(fixture->config);
	close_store(fixture);

	write_text(fixture->config, BROKEN);
	for (unsigned int i = 0; i < 2; i++) {
		_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;

		open_on_last_good(fixture, "nam");
		assert_non_null(strstr(store_last_result(fixture->store), "line: 3\n"));
		assert_served(fixture, "a@1=LOG b@1=KILL ");
		snapshot = store_snapshot(fixture->store);
		assert_string_equal(snapshot->config, good);
		/* A patch has nothing to stand on, and must not put the old text back. */
		assert_int_equal(set_profile(fixture, "c", "LOG"), -EINVAL);
		assert_text(fixture->config, BROKEN);
		close_store(fixture);
	}
	assert_int_equal(unlink(fixture->config), 0);
	open_on_last_good(fixture, "No such file");
	assert_served(fixture, "a@1=LOG b@1=KILL ");
	close_store(fixture);

	/* Mended as it was: nothing moves, and nobody is told any more that it is broken. */
	write_text(fixture->config, good);
	open_store(fixture);
	assert_served(fixture, "a@1=LOG b@1=KILL ");
	assert_non_null(strstr(store_last_result(fixture->store), "result: applied\n"));
	assert_nothing_left(fixture);
}

/* With the stricter rules of today the config of yesterday is invalid; it is served all the same. */
static void test_the_last_good_config_under_other_rules(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {
		.config_path = fixture->config,
		.state_dir = fixture->state_dir,
		.profile = { VALIDATE_OFF, COMPILE_OFF, NULL },
	};

	write_text(fixture->config, "machine:\n  seccompProfiles:\n    - name: a\n"
	                            "      value: {defaultAction: SCMP_ACT_NEW}\n");
	assert_int_equal(store_open(&options, &fixture->store, NULL), 0);
	store_keep_copy(fixture->store, NULL);
	close_store(fixture);
	for (unsigned int i = 0; i < 2; i++) {
		_cleanup_(result_deinit) struct result result = RESULT_INIT;

		open_on_last_good(fixture, "SCMP_ACT_NEW");
		assert_served(fixture, "a@1=NEW ");
		/* But it is not the ground for more: the rules are asked, not what is served. */
		assert_int_equal(set_profile(fixture, "b", "LOG"), -EINVAL);
		assert_non_null(strstr(store_last_result(fixture->store), "SCMP_ACT_NEW"));
		assert_int_equal(store_reload(fixture->store, &result), 0);
		assert_false(store_serves_config(fixture->store));
		assert_served(fixture, "a@1=NEW ");
		close_store(fixture);
	}
}

#define OTHER_RULES                                                   \
	"machine:\n  seccompProfiles:\n"                              \
	"    - name: a\n      value: {defaultAction: SCMP_ACT_NEW}\n" \
	"    - name: b\n      value: {defaultAction: SCMP_ACT_NEW}\n" \
	"    - name: c\n      value: {defaultAction: SCMP_ACT_NEW}\n"

/* What was served by other rules is checked by those of today before anything is built on it. */
static void test_no_patch_of_what_other_rules_took(void **state)
{
	struct fixture *fixture = *state;
	struct store_options options = {
		.config_path = fixture->config,
		.state_dir = fixture->state_dir,
		.profile = { VALIDATE_OFF, COMPILE_OFF, NULL },
	};
	struct result result;

	write_text(fixture->config, OTHER_RULES);
	assert_int_equal(store_open(&options, &fixture->store, NULL), 0);
	store_keep_copy(fixture->store, NULL);
	close_store(fixture);
	open_on_last_good(fixture, "SCMP_ACT_NEW");
	/* As it is served, and as somebody has added to it. */
	assert_int_equal(set_profile(fixture, "d", "LOG"), -EINVAL);
	assert_int_equal(set_profile(fixture, "a", "NEW"), -EINVAL);
	assert_text(fixture->config, OTHER_RULES);
	write_text(fixture->config, OTHER_RULES "# more\n");
	assert_int_equal(set_profile(fixture, "d", "LOG"), -EINVAL);
	assert_text(fixture->config, OTHER_RULES "# more\n");
	/* Nor is it usable because it is what is served. */
	write_text(fixture->config, OTHER_RULES);
	assert_int_equal(store_reload(fixture->store, &result), 0);
	assert_int_equal(result.kind, RESULT_SKIPPED);
	result_deinit(&result);
	assert_false(store_serves_config(fixture->store));
	/* Mended, patches are taken again. */
	write_config(fixture, "a LOG");
	assert_int_equal(set_profile(fixture, "b", "LOG"), 0);
	assert_int_equal(set_profile(fixture, "c", "LOG"), 0);
	assert_true(store_serves_config(fixture->store));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_no_config),
		STORE_TEST(test_a_bad_config),
		STORE_TEST(test_a_config_that_is_too_large),
		STORE_TEST(test_warnings_are_passed_on),
		STORE_TEST(test_busy),
		STORE_TEST(test_what_a_crash_left_is_removed),
		STORE_TEST(test_a_newer_state_is_refused_and_kept),
		STORE_TEST(test_a_broken_state),
		STORE_TEST(test_a_state_that_breaks_twice_at_once),
		STORE_TEST(test_a_broken_state_from_the_future),
		STORE_TEST(test_a_state_that_was_removed),
		STORE_TEST(test_a_state_directory_that_cannot_be),
		STORE_TEST(test_digests_decide_when_the_files_disagree),
		STORE_TEST(test_other_bytes_of_the_same_config),
		STORE_TEST(test_the_last_good_config_is_served),
		STORE_TEST(test_the_last_good_config_under_other_rules),
		STORE_TEST(test_no_patch_of_what_other_rules_took),
	};

	return cmocka_run_group_tests_name("model/store_open", tests, NULL, NULL);
}
