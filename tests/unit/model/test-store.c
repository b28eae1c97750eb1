/* SPDX-License-Identifier: Apache-2.0 */

/* What a transaction does, and what it says about it. */

#include "store-fixture.h"

#include <pthread.h>

#include "model/machine_config.h"

static void test_a_patch(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("audit.json", "KILL");
	struct profile before;

	write_config(fixture, "audit.json LOG other.json LOG");
	open_store(fixture);
	before = *find(fixture, "audit.json");
	assert_int_equal(patch_with(fixture, text, &result), 0);
	assert_served(fixture, "audit.json@2=KILL other.json@1=LOG ");
	assert_int_not_equal(find(fixture, "audit.json")->nodeid, before.nodeid);
	assert_int_equal(find(fixture, "audit.json")->created.tv_nsec, before.created.tv_nsec);
	assert_int_equal(result.kind, RESULT_APPLIED);
	assert_int_equal(result.error, 0);
	assert_string_equal(result.message, "patched machine config: 1 updated");
	assert_int_equal(result.n_resources, 1);
	assert_string_equal(result.resources[0].id, "audit.json");
	assert_int_equal(result.resources[0].version, 2);
	assert_int_equal(result.resources[0].event, RESULT_UPDATED);
	assert_non_null(strstr(store_last_result(fixture->store), "version: 2\n"));
	assert_nothing_left(fixture);
	text = (free(text), read_text(fixture->config));
	assert_ptr_equal(strstr(text, "# kept\n"), text);
	assert_non_null(strstr(text, "SCMP_ACT_KILL"));
}

static void test_a_patch_that_moves_no_profile(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *config = NULL;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_int_equal(patch_with(fixture, "debug: true\n", &result), 0);
	assert_int_equal(result.kind, RESULT_APPLIED);
	assert_string_equal(result.message, "patched machine config: no profile changed");
	assert_int_equal(result.n_resources, 0);
	config = read_text(fixture->config);
	assert_non_null(strstr(config, "debug: true"));
	assert_served(fixture, "a@1=LOG ");
	reopen(fixture);
	assert_served(fixture, "a@1=LOG ");
	assert_non_null(strstr(store_last_result(fixture->store), "no profile changed"));
}

static void test_the_same_patch_again_is_skipped(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("a", "KILL"), *before = NULL, *path = NULL;
	struct stat first, second;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_int_equal(patch(fixture, text), 0);
	before = facts(fixture);
	assert_int_equal(stat(fixture->config, &first), 0);
	assert_int_equal(patch_with(fixture, text, &result), 0);
	assert_int_equal(result.kind, RESULT_SKIPPED);
	assert_string_equal(result.message, "skipped: no changes detected");
	assert_int_equal(result.n_resources, 0);
	assert_facts(fixture, before);
	assert_int_equal(stat(fixture->config, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	/* Skipped again, the state holds it already. */
	assert_true(asprintf(&path, "%s/" STATE_FILE_NAME, fixture->state_dir) > 0);
	assert_int_equal(stat(path, &first), 0);
	assert_int_equal(patch(fixture, text), 0);
	assert_int_equal(stat(path, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
	reopen(fixture);
	assert_facts(fixture, before);
	assert_non_null(strstr(store_last_result(fixture->store), "result: skipped\n"));
}

static void test_a_bad_patch_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"{machine: {seccompProfiles: [{name: a, value: {defaultAction: SCMP_ACT_NO}}]}}",
		"{machine: {seccompProfiles: [{name: a, value: {}}]}}",
		"{machine: {seccompProfiles: [{name: ../a, value: {defaultAction: SCMP_ACT_LOG}}]}}",
		"machine: [",
		"[{\"op\": \"test\", \"path\": \"/machine/type\", \"value\": \"x\"}]",
		"machin: {}",
	};
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "b", "LOG"), 0);
	before = facts(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(result_deinit) struct result result = RESULT_INIT;

		assert_int_equal(patch_with(fixture, bad[i], &result), -EINVAL);
		assert_int_equal(result.kind, RESULT_FAILED);
		assert_int_equal(result.error, EINVAL);
		assert_int_equal(result.n_resources, 0);
		assert_true(result.diag.n_errors > 0);
		assert_string_equal(result.diag.entries[0].source, "patch");
		assert_true(result.diag.entries[0].line > 0);
		assert_non_null(strstr(result.message, "nothing was changed"));
		assert_facts(fixture, before);
		assert_non_null(strstr(store_last_result(fixture->store), "result: failed\n"));
	}
	reopen(fixture);
	assert_facts(fixture, before);
	assert_non_null(strstr(store_last_result(fixture->store), "result: failed\n"));
	assert_nothing_left(fixture);
}

/* None for what the config had before, one for what it has now. */
static void test_warnings_come_once(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("b", "KILL");
	static const char again[] = "[{op: add, path: /machine/seccompProfiles/-, value: "
				    "{name: b, value: {defaultAction: SCMP_ACT_LOG}}}]";

	write_config(fixture, "a LOG a KILL");
	assert_int_equal(try_open(fixture, &fixture->store, NULL), 0);
	assert_int_equal(patch_with(fixture, text, &result), 0);
	assert_int_equal(result.diag.n_errors, 0);
	assert_int_equal(result.diag.n_warnings, 0);
	result_deinit(&result);
	assert_int_equal(patch_with(fixture, again, &result), 0);
	assert_string_equal(result.diag.entries[0].source, "patch");
	assert_int_equal(result.diag.n_warnings, 2);
}

/* What a look has read of a patch gives what the patch gives without one, also for the second that comes
 * of it, and is no part of one with other bytes. */
static void test_a_look_before_a_patch(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *kill = profile_patch("a", "KILL"), *log = profile_patch("a", "LOG"),
			      *bad = profile_patch("a", "NO");
	const struct {
		const char *looked_at, *written, *then;
		int r;
	} cases[] = {
		{ kill, kill, "a@2=KILL ", 0 },     { kill, kill, "a@2=KILL ", 0 },
		{ kill, log, "a@3=LOG ", 0 },       { bad, kill, "a@4=KILL ", 0 },
		{ bad, bad, "a@4=KILL ", -EINVAL }, { "{", log, "a@5=LOG ", 0 },
	};

	write_config(fixture, "a LOG");
	open_store(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(result_deinit) struct result result = RESULT_INIT;

		assert_false(store_is_hopeless(fixture->store, cases[i].looked_at,
		                               strlen(cases[i].looked_at), NULL));
		assert_int_equal(patch_with(fixture, cases[i].written, &result), cases[i].r);
		assert_served(fixture, cases[i].then);
		if (cases[i].r)
			assert_string_equal(diag_first_error(&result.diag)->source, "patch");
	}
	/* One that nobody writes to its end. */
	assert_false(store_is_hopeless(fixture->store, kill, strlen(kill), NULL));
}

static void test_too_large(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	write_config(fixture, "a LOG");
	open_store(fixture);
	/* No byte is looked at. */
	assert_int_equal(store_patch(fixture->store, "", MACHINE_CONFIG_SIZE_MAX + 1, &result),
	                 -EFBIG);
	assert_int_equal(result.error, EFBIG);
	assert_served(fixture, "a@1=LOG ");
}

static void test_read_only(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = profile_patch("a", "KILL"), *before = NULL;

	fixture->read_only = true;
	write_config(fixture, "a LOG");
	open_store(fixture);
	before = facts(fixture);
	assert_int_equal(patch_with(fixture, text, &result), -EROFS);
	assert_int_equal(result.error, EROFS);
	assert_facts(fixture, before);
}

struct seen {
	struct fixture *fixture;
	unsigned int n_calls;
	char *before;
	char *after;
	char *config;
};

static void see(void *userdata, struct snapshot *before, struct snapshot *after)
{
	struct seen *seen = userdata;
	_cleanup_(snapshot_unrefp) struct snapshot *current = store_snapshot(seen->fixture->store);

	seen->n_calls++;
	assert_ptr_equal(current, after);
	free(seen->before);
	free(seen->after);
	free(seen->config);
	seen->before = strdup(before->config);
	seen->after = strdup(after->config);
	seen->config = read_text(seen->fixture->config);
}

/* The subscriber is told of what is on disk and published already, and of nothing else. */
static void test_the_subscriber(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = { .fixture = fixture };

	write_config(fixture, "a LOG");
	open_store(fixture);
	store_subscribe(fixture->store, see, &seen);
	assert_int_equal(set_profile(fixture, "a", "LOG"), 0);
	assert_int_equal(set_profile(fixture, "a", "NO"), -EINVAL);
	assert_int_equal(seen.n_calls, 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(seen.n_calls, 1);
	assert_non_null(strstr(seen.before, "SCMP_ACT_LOG"));
	assert_non_null(strstr(seen.after, "SCMP_ACT_KILL"));
	assert_string_equal(seen.after, seen.config);
	free(seen.before);
	free(seen.after);
	free(seen.config);
}

/* Whoever holds a snapshot keeps what it shows, and what did not change is the same object. */
static void test_snapshots_stay(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(snapshot_unrefp) struct snapshot *old = NULL;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	old = store_snapshot(fixture->store);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(snapshot_find(old, "a")->version, 1);
	assert_ptr_equal(snapshot_find(old, "b"), find(fixture, "b"));
	assert_ptr_not_equal(snapshot_find(old, "a"), find(fixture, "a"));
	close_store(fixture);
	/* Made before it was replaced, so that one need not have the old snapshot. */
	assert_string_equal(profile_bytes(snapshot_find(old, "a")),
	                    "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
}

struct reader {
	struct store *store;
	bool stop;
	bool saw_half;
};

/* a and b change in one patch: no snapshot has one of the two. */
static void *read_on(void *userdata)
{
	struct reader *reader = userdata;

	while (!__atomic_load_n(&reader->stop, __ATOMIC_RELAXED)) {
		_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(
			reader->store);
		struct profile *a = snapshot_find(snapshot, "a");
		struct profile *b = snapshot_find(snapshot, "b");
		const char *a_bytes = NULL, *b_bytes = NULL;

		if (snapshot_make_bytes(snapshot, a, &a_bytes) ||
		    snapshot_make_bytes(snapshot, b, &b_bytes) || a->version != b->version ||
		    strcmp(a_bytes, b_bytes))
			reader->saw_half = true;
	}
	return NULL;
}

static void test_readers_see_whole_transactions(void **state)
{
	static const char *const actions[] = { "KILL", "LOG", "ERRNO" };
	struct fixture *fixture = *state;
	struct reader reader = { 0 };
	pthread_t threads[2];

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	reader.store = fixture->store;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_on, &reader), 0);
	for (size_t i = 0; i < 30; i++) {
		_cleanup_(freep) char *text = NULL;
		const char *action = actions[i % ARRAY_SIZE(actions)];

		assert_true(asprintf(&text,
		                     "{machine: {seccompProfiles: ["
		                     "{name: a, value: {defaultAction: SCMP_ACT_%s}}, "
		                     "{name: b, value: {defaultAction: SCMP_ACT_%s}}]}}",
		                     action, action) > 0);
		assert_int_equal(patch(fixture, text), 0);
	}
	__atomic_store_n(&reader.stop, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	assert_false(reader.saw_half);
	assert_served(fixture, "a@31=ERRNO b@31=ERRNO ");
}

static void test_a_failure_that_was_no_patch(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	write_config(fixture, "a LOG");
	open_store(fixture);
	result_fail(&result, EFBIG, "more than %d bytes", 7);
	store_record_failure(fixture->store, &result);
	assert_non_null(strstr(store_last_result(fixture->store), "message: more than 7 bytes\n"));
	reopen(fixture);
	assert_non_null(strstr(store_last_result(fixture->store), "message: more than 7 bytes\n"));
	assert_served(fixture, "a@1=LOG ");
}

static void test_reload(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	assert_int_equal(store_reload(fixture->store, &result), 0);
	assert_int_equal(result.kind, RESULT_SKIPPED);
	result_deinit(&result);

	write_config(fixture, "b KILL c LOG");
	assert_int_equal(store_reload(fixture->store, &result), 0);
	assert_int_equal(result.kind, RESULT_APPLIED);
	assert_int_equal(result.n_resources, 3);
	assert_served(fixture, "b@2=KILL c@1=LOG ");
	result_deinit(&result);

	write_text(fixture->config, "machine:\n  seccompProfiles:\n    - nam: x\n");
	assert_int_equal(store_reload(fixture->store, &result), -EINVAL);
	assert_int_equal(result.diag.entries[0].line, 3);
	assert_served(fixture, "b@2=KILL c@1=LOG ");

	write_config(fixture, "b KILL c LOG");
	reopen(fixture);
	assert_served(fixture, "b@2=KILL c@1=LOG ");
}

/* What a watcher asks when nothing has happened, or nothing new. */
static int reload(struct fixture *fixture, enum result_kind expected)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	int r = store_reload(fixture->store, &result);

	assert_int_equal(result.kind, expected);
	if (expected != RESULT_SKIPPED)
		assert_int_equal(store_serves_config(fixture->store), r == 0);
	return r;
}

static bool last_result_is(struct fixture *fixture, const char *text)
{
	return !!strstr(store_last_result(fixture->store), text);
}

static ino_t state_inode(struct fixture *fixture)
{
	_cleanup_(freep) char *path = NULL;
	struct stat st;

	assert_true(asprintf(&path, "%s/" STATE_FILE_NAME, fixture->state_dir) > 0);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void test_a_reload_without_news(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *last = NULL;
	ino_t inode;

	write_config(fixture, "a LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	last = strdup(store_last_result(fixture->store));
	inode = state_inode(fixture);
	assert_int_equal(reload(fixture, RESULT_SKIPPED), 0);
	assert_string_equal(store_last_result(fixture->store), last);
	assert_int_equal(state_inode(fixture), inode);
}

static void test_a_refused_edit_is_told_once(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	write_config(fixture, "a NONSENSE");
	assert_int_equal(reload(fixture, RESULT_FAILED), -EINVAL);
	assert_true(last_result_is(fixture, "SCMP_ACT_NONSENSE"));
	assert_true(last_result_is(fixture, "line: 7\n"));
	/* A patch's own failure is not overwritten by the same old story. */
	assert_int_equal(patch(fixture, "{machine: [}"), -EINVAL);
	assert_int_equal(reload(fixture, RESULT_SKIPPED), 0);
	write_config(fixture, "a OTHER");
	assert_int_equal(reload(fixture, RESULT_FAILED), -EINVAL);
	assert_true(last_result_is(fixture, "SCMP_ACT_OTHER"));
	assert_int_equal(unlink(fixture->config), 0);
	assert_int_equal(reload(fixture, RESULT_FAILED), -EIO);
	assert_int_equal(reload(fixture, RESULT_SKIPPED), 0);
	assert_true(last_result_is(fixture, "No such file"));
	assert_served(fixture, "a@1=LOG ");
	/* Mended to what is served, then to something else. */
	write_config(fixture, "a LOG");
	assert_int_equal(reload(fixture, RESULT_APPLIED), 0);
	assert_true(last_result_is(fixture, "no profile changed"));
	assert_int_equal(reload(fixture, RESULT_SKIPPED), 0);
	write_text(fixture->config, "");
	assert_int_equal(reload(fixture, RESULT_FAILED), -EINVAL);
	write_config(fixture, "a LOG b LOG");
	assert_int_equal(reload(fixture, RESULT_APPLIED), 0);
	assert_served(fixture, "a@1=LOG b@1=LOG ");
	/* The very text that was refused is refused again after it was good. */
	write_text(fixture->config, "");
	assert_int_equal(reload(fixture, RESULT_FAILED), -EINVAL);
}

/* What failed for want of space is tried again, whoever asks. */
static void test_a_reload_that_could_not_be_written(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *away = NULL;

	write_config(fixture, "a LOG");
	open_store(fixture);
	write_config(fixture, "a KILL");
	assert_true(asprintf(&away, "%s/away", fixture->root) > 0);
	assert_int_equal(rename(fixture->state_dir, away), 0);
	assert_int_equal(reload(fixture, RESULT_FAILED), -EIO);
	assert_int_equal(reload(fixture, RESULT_FAILED), -EIO);
	assert_served(fixture, "a@1=LOG ");
	assert_int_equal(rename(away, fixture->state_dir), 0);
	assert_int_equal(reload(fixture, RESULT_APPLIED), 0);
	assert_served(fixture, "a@2=KILL ");
	assert_nothing_left(fixture);
}

/* The last result tells of what the start found, but for the very first one. */
static void test_the_start_reports_an_edit(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	write_config(fixture, "a KILL b LOG");
	open_store(fixture);
	assert_served(fixture, "a@2=KILL b@1=LOG ");
	assert_non_null(strstr(store_last_result(fixture->store), "1 created, 1 updated"));
	close_store(fixture);
	/* A patch that moved no profile may have lost its reply as well. */
	write_text(fixture->config, "debug: true\nmachine: {seccompProfiles: "
	                            "[{name: a, value: {defaultAction: SCMP_ACT_KILL}}, "
	                            "{name: b, value: {defaultAction: SCMP_ACT_LOG}}]}\n");
	open_store(fixture);
	assert_served(fixture, "a@2=KILL b@1=LOG ");
	assert_non_null(strstr(store_last_result(fixture->store), "no profile changed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_a_patch),
		STORE_TEST(test_a_patch_that_moves_no_profile),
		STORE_TEST(test_the_same_patch_again_is_skipped),
		STORE_TEST(test_a_bad_patch_changes_nothing),
		STORE_TEST(test_warnings_come_once),
		STORE_TEST(test_a_look_before_a_patch),
		STORE_TEST(test_too_large),
		STORE_TEST(test_read_only),
		STORE_TEST(test_the_subscriber),
		STORE_TEST(test_snapshots_stay),
		STORE_TEST(test_readers_see_whole_transactions),
		STORE_TEST(test_a_failure_that_was_no_patch),
		STORE_TEST(test_reload),
		STORE_TEST(test_a_reload_without_news),
		STORE_TEST(test_a_refused_edit_is_told_once),
		STORE_TEST(test_a_reload_that_could_not_be_written),
		STORE_TEST(test_the_start_reports_an_edit),
	};

	return cmocka_run_group_tests_name("model/store", tests, NULL, NULL);
}
