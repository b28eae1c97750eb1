/* SPDX-License-Identifier: Apache-2.0 */

/* Versions, results and the config's text over transactions and restarts. */

#include "store-fixture.h"

#include "document/yaml_reader.h"
#include "model/machine_config.h"

static void test_first_start(void **state)
{
	struct fixture *fixture = *state;
	const struct profile *audit;
	struct stat st;

	write_config(fixture, "violation.json ERRNO audit.json LOG");
	open_store(fixture);
	assert_served(fixture, "audit.json@1=LOG violation.json@1=ERRNO ");
	audit = find(fixture, "audit.json");
	assert_string_equal(audit->bytes, "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
	assert_true(audit->nodeid >= NODEID_FIRST);
	assert_int_not_equal(audit->nodeid, find(fixture, "violation.json")->nodeid);
	assert_int_equal(audit->created.tv_sec, audit->updated.tv_sec);
	assert_in_range(audit->updated.tv_sec, time(NULL) - 60, time(NULL));
	assert_string_equal(store_last_result(fixture->store), "");
	assert_int_equal(stat(fixture->state_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_nothing_left(fixture);
}

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

static void test_created_updated_and_destroyed_in_one(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	assert_int_equal(patch_with(fixture,
	                            "{machine: {seccompProfiles: [{name: a, $patch: delete}, "
	                            "{name: b, value: {defaultAction: SCMP_ACT_KILL}}, "
	                            "{name: c, value: {defaultAction: SCMP_ACT_LOG}}]}}",
	                            &result),
	                 0);
	assert_served(fixture, "b@2=KILL c@1=LOG ");
	assert_string_equal(result.message,
	                    "patched machine config: 1 created, 1 updated, 1 destroyed");
	assert_int_equal(result.n_resources, 3);
	assert_int_equal(result.resources[0].event, RESULT_DESTROYED);
	assert_int_equal(result.resources[0].version, 1);
	assert_int_equal(result.resources[1].event, RESULT_UPDATED);
	assert_int_equal(result.resources[2].event, RESULT_CREATED);
}

static void test_everything_survives_a_restart(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL, *last = NULL;
	struct timespec created;

	write_config(fixture, "a LOG b LOG");
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_int_equal(set_profile(fixture, "c", "KILL"), 0);
	before = facts(fixture);
	last = strdup(store_last_result(fixture->store));
	created = find(fixture, "a")->created;
	reopen(fixture);
	assert_facts(fixture, before);
	assert_string_equal(store_last_result(fixture->store), last);
	assert_int_equal(find(fixture, "a")->created.tv_sec, created.tv_sec);
	assert_int_equal(find(fixture, "a")->created.tv_nsec, created.tv_nsec);
	/* The nodeid of the next version is none that was ever used. */
	assert_int_equal(set_profile(fixture, "a", "LOG"), 0);
	assert_true(find(fixture, "a")->nodeid > find(fixture, "c")->nodeid);
}

static void test_a_name_that_comes_back_goes_on(void **state)
{
	struct fixture *fixture = *state;
	struct profile first, second;

	write_config(fixture, "a LOG");
	open_store(fixture);
	first = *find(fixture, "a");
	assert_int_equal(delete_profile(fixture, "a"), 0);
	assert_served(fixture, "");
	reopen(fixture);
	/* The very same bytes: coming back is a change. */
	assert_int_equal(set_profile(fixture, "a", "LOG"), 0);
	assert_served(fixture, "a@2=LOG ");
	second = *find(fixture, "a");
	assert_true(second.nodeid > first.nodeid);
	assert_true(second.created.tv_sec > first.created.tv_sec ||
	            second.created.tv_nsec != first.created.tv_nsec);
	assert_int_equal(second.created.tv_nsec, second.updated.tv_nsec);
	assert_int_equal(delete_profile(fixture, "a"), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	assert_served(fixture, "a@3=KILL ");
}

static void test_only_bytes_make_a_version(void **state)
{
	struct fixture *fixture = *state;

	write_text(
		fixture->config,
		"machine:\n  seccompProfiles:\n"
		"  - name: b\n    value: {defaultAction: SCMP_ACT_LOG}\n"
		"  - name: a\n    value: {defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 16}\n");
	open_store(fixture);
	close_store(fixture);
	write_text(
		fixture->config,
		"machine:\n  seccompProfiles: # other order, style and spelling\n"
		"  - {name: a, value: {\"defaultErrnoRet\": 0x10, defaultAction: \"SCMP_ACT_ERRNO\"}}\n"
		"  - {name: b, value: {defaultAction: SCMP_ACT_LOG}}\n");
	open_store(fixture);
	assert_served(fixture, "a@1=ERRNO b@1=LOG ");
}

/* A clock that was set back gives times that still rise, by the least there is. */
static void test_updated_never_goes_back(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *path = NULL, *text = NULL;
	const struct profile *a;
	char *at;

	write_config(fixture, "a LOG");
	open_store(fixture);
	close_store(fixture);
	assert_true(asprintf(&path, "%s/" STATE_FILE_NAME, fixture->state_dir) > 0);
	text = read_text(path);
	at = strstr(text, "\"updated\": \"");
	assert_non_null(at);
	memcpy(at + strlen("\"updated\": \""), "2099-12-31T23:59:59.999999999Z", 30);
	write_text(path, text);
	open_store(fixture);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	a = find(fixture, "a");
	assert_int_equal(a->updated.tv_sec, 4102444800);
	assert_int_equal(a->updated.tv_nsec, 0);
	assert_int_equal(delete_profile(fixture, "a"), 0);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	a = find(fixture, "a");
	assert_int_equal(a->updated.tv_nsec, 1);
	assert_int_equal(a->created.tv_nsec, 1);
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
	_cleanup_(freep) char *text = profile_patch("a", "KILL"), *before = NULL;
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
	assert_string_equal(snapshot_find(old, "a")->bytes, "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
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
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_first_start),
		STORE_TEST(test_a_patch),
		STORE_TEST(test_created_updated_and_destroyed_in_one),
		STORE_TEST(test_everything_survives_a_restart),
		STORE_TEST(test_a_name_that_comes_back_goes_on),
		STORE_TEST(test_only_bytes_make_a_version),
		STORE_TEST(test_updated_never_goes_back),
		STORE_TEST(test_a_patch_that_moves_no_profile),
		STORE_TEST(test_the_same_patch_again_is_skipped),
		STORE_TEST(test_a_bad_patch_changes_nothing),
		STORE_TEST(test_too_large),
		STORE_TEST(test_read_only),
		STORE_TEST(test_the_subscriber),
		STORE_TEST(test_snapshots_stay),
		STORE_TEST(test_a_failure_that_was_no_patch),
		STORE_TEST(test_reload),
		STORE_TEST(test_the_start_reports_an_edit),
	};

	return cmocka_run_group_tests_name("model/store", tests, NULL, NULL);
}
