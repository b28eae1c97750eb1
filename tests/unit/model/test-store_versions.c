/* SPDX-License-Identifier: Apache-2.0 */

/* Versions, nodeids and times over transactions and restarts. */

#include "store-fixture.h"

static void test_first_start(void **state)
{
	struct fixture *fixture = *state;
	const struct profile *audit;
	struct stat st;

	write_config(fixture, "violation.json ERRNO audit.json LOG");
	open_store(fixture);
	assert_served(fixture, "audit.json@1=LOG violation.json@1=ERRNO ");
	audit = find(fixture, "audit.json");
	assert_string_equal(bytes_of(fixture, "audit.json"),
	                    "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
	assert_true(audit->nodeid >= NODEID_FIRST);
	assert_int_not_equal(audit->nodeid, find(fixture, "violation.json")->nodeid);
	assert_int_equal(audit->created.tv_sec, audit->updated.tv_sec);
	assert_in_range(audit->updated.tv_sec, time(NULL) - 60, time(NULL));
	assert_string_equal(store_last_result(fixture->store), "");
	assert_int_equal(stat(fixture->state_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_nothing_left(fixture);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_first_start),
		STORE_TEST(test_created_updated_and_destroyed_in_one),
		STORE_TEST(test_everything_survives_a_restart),
		STORE_TEST(test_a_name_that_comes_back_goes_on),
		STORE_TEST(test_only_bytes_make_a_version),
		STORE_TEST(test_updated_never_goes_back),
	};

	return cmocka_run_group_tests_name("model/store_versions", tests, NULL, NULL);
}
