/* SPDX-License-Identifier: Apache-2.0 */

/* A start that believes the state, and what keeps it from doing so. */

#include "store-fixture.h"

#define MAKER "one"

/* Returns owned. */
static char *read_state(const struct fixture *fixture)
{
	_cleanup_(freep) char *path = NULL;

	assert_true(asprintf(&path, "%s/" STATE_FILE_NAME, fixture->state_dir) > 0);
	return read_text(path);
}

static void write_state(const struct fixture *fixture, const char *text)
{
	_cleanup_(freep) char *path = NULL;

	assert_true(asprintf(&path, "%s/" STATE_FILE_NAME, fixture->state_dir) > 0);
	write_text(path, text);
}

/* Gives the first profile another span, NULL: none. Returns the one it had. The store is closed. */
static struct span edit_span(struct fixture *fixture, const struct span *span)
{
	_cleanup_(state_freep) struct state *state = NULL;
	_cleanup_(freep) char *text = read_state(fixture), *edited = NULL;
	struct span before;

	close_store(fixture);
	assert_int_equal(state_parse(text, strlen(text), &state, NULL), 0);
	assert_string_equal(state->maker, MAKER);
	before = state->records[0].span;
	if (span)
		state->records[0].span = *span;
	edited = state_format(state, NULL);
	write_state(fixture, edited);
	return before;
}

static void open_as(struct fixture *fixture, const char *maker, bool is_trusted)
{
	close_store(fixture);
	fixture->maker = maker;
	open_store(fixture);
	assert_int_equal(store_trusted_state(fixture->store), is_trusted);
}

static void test_trusted(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL, *after = NULL, *text = NULL, *text_after = NULL;

	write_config(fixture, "b LOG a ERRNO");
	open_as(fixture, MAKER, false);
	before = facts(fixture);
	text = read_state(fixture);
	open_as(fixture, MAKER, true);
	/* Nothing has its bytes, and all get the right ones. */
	assert_null(profile_bytes(find(fixture, "a")));
	assert_null(profile_bytes(find(fixture, "b")));
	after = facts(fixture);
	assert_string_equal(before, after);
	assert_string_equal(store_last_result(fixture->store), "");
	assert_true(store_serves_config(fixture->store));
	assert_nothing_left(fixture);
	text_after = read_state(fixture);
	assert_string_equal(text, text_after);
}

static void test_after_changes(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL, *after = NULL;

	write_config(fixture, "a LOG b LOG c LOG");
	open_as(fixture, MAKER, false);
	assert_int_equal(set_profile(fixture, "b", "KILL_PROCESS"), 0);
	assert_int_equal(delete_profile(fixture, "a"), 0);
	assert_int_equal(set_profile(fixture, "d", "TRAP"), 0);
	before = facts(fixture);
	open_as(fixture, MAKER, true);
	assert_served(fixture, "b@2=KILL_PROCESS c@1=LOG d@1=TRAP ");
	after = facts(fixture);
	assert_string_equal(before, after);
	assert_non_null(strstr(store_last_result(fixture->store), "result: applied"));
	/* And it goes on from there. */
	assert_int_equal(set_profile(fixture, "c", "ERRNO"), 0);
	assert_served(fixture, "b@2=KILL_PROCESS c@2=ERRNO d@1=TRAP ");
	/* A failure is written down without a word on the profiles. */
	assert_int_equal(patch(fixture, "{machine: {seccompProfiles: [{name: c}]}}"), -EINVAL);
	open_as(fixture, MAKER, true);
	assert_served(fixture, "b@2=KILL_PROCESS c@2=ERRNO d@1=TRAP ");
}

static void test_another_config(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_as(fixture, MAKER, false);
	close_store(fixture);
	write_config(fixture, "a KILL");
	open_as(fixture, MAKER, false);
	assert_served(fixture, "a@2=KILL ");
	open_as(fixture, MAKER, true);
	/* Of the same size: only the digest tells. */
	close_store(fixture);
	write_config(fixture, "a TRAP");
	open_as(fixture, MAKER, false);
	assert_served(fixture, "a@3=TRAP ");
}

static void test_another_maker(void **state)
{
	struct fixture *fixture = *state;

	write_config(fixture, "a LOG");
	open_as(fixture, NULL, false);
	open_as(fixture, NULL, false);
	open_as(fixture, MAKER, false);
	/* It has parsed, found the same, and said so. */
	open_as(fixture, MAKER, true);
	open_as(fixture, "other", false);
	open_as(fixture, "other", true);
	open_as(fixture, MAKER, false);
	assert_served(fixture, "a@1=LOG ");
	assert_string_equal(store_last_result(fixture->store), "");
	/* One who has no name leaves alone what others wrote, but what he writes nobody believes. */
	open_as(fixture, NULL, false);
	open_as(fixture, MAKER, true);
	open_as(fixture, NULL, false);
	assert_int_equal(set_profile(fixture, "a", "KILL"), 0);
	open_as(fixture, MAKER, false);
	assert_served(fixture, "a@2=KILL ");
}

/* What one maker takes another one may refuse, and the last good config is served: by another rule
 * than that of a trusted start. */
static void test_refused_configs(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	write_config(fixture, "a LOG");
	open_as(fixture, MAKER, false);
	close_store(fixture);
	write_text(fixture->config, "machine: {nonsense");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(try_open(fixture, &fixture->store, &diag), 0);
		assert_true(diag.n_errors > 0);
		assert_false(store_trusted_state(fixture->store));
		assert_served(fixture, "a@1=LOG ");
		close_store(fixture);
	}
	/* It can be used again, which the result of the start says. */
	write_config(fixture, "a LOG");
	open_as(fixture, MAKER, false);
	open_as(fixture, MAKER, true);
	assert_served(fixture, "a@1=LOG ");
}

static void test_profiles_without_span(void **state)
{
	struct fixture *fixture = *state;

	write_text(fixture->config, "machine:\n  seccompProfiles:\n"
	                            "  - {name: a, value: {defaultAction: SCMP_ACT_LOG}}\n"
	                            "  - {name: b, value: &b {defaultAction: SCMP_ACT_LOG}}\n");
	open_as(fixture, MAKER, false);
	open_as(fixture, MAKER, false);
	assert_served(fixture, "a@1=LOG b@1=LOG ");
	write_text(fixture->config, "machine: {type: worker}\n");
	open_as(fixture, MAKER, false);
	open_as(fixture, MAKER, true);
	assert_served(fixture, "");
}

/* Each bit of the state: what is damaged is never believed, and never in the way. */
static void test_damaged_states(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *text = NULL;

	write_config(fixture, "a LOG b KILL");
	open_as(fixture, MAKER, false);
	text = read_state(fixture);
	for (size_t i = 0; i < strlen(text); i += 3) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

		close_store(fixture);
		text[i] ^= 4;
		write_state(fixture, text);
		text[i] ^= 4;
		/* A schema that is newer, as it seems, is not overwritten. */
		if (try_open(fixture, &fixture->store, &diag))
			continue;
		assert_false(store_trusted_state(fixture->store));
		assert_string_equal(bytes_of(fixture, "a"), "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
		assert_string_equal(bytes_of(fixture, "b"),
		                    "{\"defaultAction\":\"SCMP_ACT_KILL\"}");
	}
	close_store(fixture);
	write_state(fixture, text);
	open_as(fixture, MAKER, true);
}

/* As above with a seal that fits, as a program with a fault would leave it. */
static void test_wrong_spans(void **state)
{
	static const struct span spans[] = {
		{ 0, 0, 0 },          { 0, 0, 1 },   { 4000000000, 10, 1 }, { 0, 4000000000, 1 },
		{ 4294967295, 2, 1 }, { 10, 30, 0 }, { 10, 30, 1001 },      { 0, 100000, 1 },
	};
	struct fixture *fixture = *state;
	struct span right;
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;
	const char *bytes;

	write_config(fixture, "a LOG b KILL");
	open_as(fixture, MAKER, false);
	right = edit_span(fixture, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(spans); i++) {
		edit_span(fixture, &spans[i]);
		open_as(fixture, MAKER, false);
		assert_served(fixture, "a@1=LOG b@1=KILL ");
	}
	/* One that could be: but no other bytes than those of the version are served. */
	right.offset--;
	edit_span(fixture, &right);
	open_as(fixture, MAKER, true);
	snapshot = store_snapshot(fixture->store);
	assert_int_equal(snapshot_make_bytes(snapshot, snapshot_find(snapshot, "a"), &bytes), -EIO);
	assert_string_equal(bytes_of(fixture, "b"), "{\"defaultAction\":\"SCMP_ACT_KILL\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_trusted),         STORE_TEST(test_after_changes),
		STORE_TEST(test_another_config),  STORE_TEST(test_another_maker),
		STORE_TEST(test_refused_configs), STORE_TEST(test_profiles_without_span),
		STORE_TEST(test_damaged_states),  STORE_TEST(test_wrong_spans),
	};

	return cmocka_run_group_tests_name("model/store_trust", tests, NULL, NULL);
}
