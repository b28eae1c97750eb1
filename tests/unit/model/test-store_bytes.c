/* SPDX-License-Identifier: Apache-2.0 */

/* When the bytes of a profile are made, and by whom. */

#include "store-fixture.h"

#include <pthread.h>
#include <sched.h>

struct reader {
	struct store *store;
	bool stop;
	bool failed;
};

static void reload(struct fixture *fixture)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	assert_int_equal(store_reload(fixture->store, &result), 0);
}

/* As the data plane does: who has a profile takes the snapshot that is current by then. */
static void *read_late(void *userdata)
{
	struct reader *reader = userdata;

	while (!__atomic_load_n(&reader->stop, __ATOMIC_RELAXED)) {
		_cleanup_(snapshot_unrefp) struct snapshot *first = store_snapshot(reader->store);
		_cleanup_(profile_unrefp) struct profile *a = profile_ref(
			snapshot_find(first, "a"));
		_cleanup_(snapshot_unrefp) struct snapshot *current = NULL;
		const char *bytes;

		first = snapshot_unref(first);
		sched_yield();
		current = store_snapshot(reader->store);
		if (snapshot_make_bytes(current, a, &bytes) || !strstr(bytes, "SCMP_ACT_"))
			reader->failed = true;
	}
	return NULL;
}

/* Each patch replaces a version that some thread is just about to read for the first time. */
static void test_what_is_replaced_can_be_read(void **state)
{
	static const char *const actions[] = { "KILL", "LOG", "ERRNO" };
	struct fixture *fixture = *state;
	struct reader reader = { 0 };
	pthread_t threads[2];

	write_config(fixture, "a TRAP b LOG");
	open_store(fixture);
	reader.store = fixture->store;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_late, &reader), 0);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(set_profile(fixture, "a", actions[i % ARRAY_SIZE(actions)]), 0);
	__atomic_store_n(&reader.stop, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	assert_false(reader.failed);
}

static void test_bytes_are_made_late(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(snapshot_unrefp) struct snapshot *before = NULL, *after = NULL, *last = NULL;
	const char *bytes;

	write_config(fixture, "a LOG b LOG c LOG d TRACE");
	open_store(fixture);
	before = store_snapshot(fixture->store);
	assert_null(profile_bytes(snapshot_find(before, "a")));
	assert_string_equal(bytes_of(fixture, "c"), "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
	assert_int_equal(set_profile(fixture, "b", "KILL_PROCESS"), 0);
	after = store_snapshot(fixture->store);
	/* What stays is as it was, whatever its place; what goes and what comes have their bytes. */
	assert_null(profile_bytes(snapshot_find(after, "a")));
	assert_ptr_equal(snapshot_find(after, "c"), snapshot_find(before, "c"));
	assert_non_null(profile_bytes(snapshot_find(after, "c")));
	assert_non_null(profile_bytes(snapshot_find(before, "b")));
	assert_string_equal(profile_bytes(snapshot_find(after, "b")),
	                    "{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\"}");
	/* From the place that it has now. */
	assert_null(profile_bytes(snapshot_find(after, "d")));
	assert_string_equal(bytes_of(fixture, "d"), "{\"defaultAction\":\"SCMP_ACT_TRACE\"}");
	/* It was never in this one, and has no bytes. */
	reopen(fixture);
	last = store_snapshot(fixture->store);
	assert_int_equal(snapshot_make_bytes(before, snapshot_find(last, "a"), &bytes), -ESTALE);
}

/* What has no span, or a long one, has its bytes from the beginning. */
static void test_bytes_are_kept(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_append_string(&text, "machine:\n  seccompProfiles:\n"
	                            "  - {name: a, value: &a {defaultAction: SCMP_ACT_LOG}}\n"
	                            "  - name: b\n    value:\n      defaultAction: SCMP_ACT_LOG\n"
	                            "      syscalls:\n      - {action: SCMP_ACT_ERRNO, names: [");
	for (size_t i = 0; text.n_data < SPAN_SIZE_MAX + 1000; i++)
		buffer_printf(&text, "name%zu, ", i);
	buffer_append_string(&text, "x]}\n");
	write_text(fixture->config, text.data);
	open_store(fixture);
	assert_non_null(profile_bytes(find(fixture, "a")));
	assert_non_null(profile_bytes(find(fixture, "b")));
	/* A value that is the same, and had a span before. */
	write_text(fixture->config,
	           "machine: {seccompProfiles: [{name: c, value: {defaultAction: SCMP_ACT_LOG}}]}");
	reopen(fixture);
	assert_null(profile_bytes(find(fixture, "c")));
	write_text(
		fixture->config,
		"machine: {seccompProfiles: [{name: c, value: {defaultAction: &y SCMP_ACT_LOG}}]}");
	reload(fixture);
	assert_int_equal(find(fixture, "c")->version, 1);
	assert_string_equal(profile_bytes(find(fixture, "c")),
	                    "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
}

/* Of many that change at a time, the first ones. */
static void test_a_large_change_keeps_few(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	size_t n_made = 0, n_profiles = 200;

	write_config(fixture, "a LOG");
	open_store(fixture);
	buffer_append_string(&text, "machine:\n  seccompProfiles:\n");
	for (size_t i = 0; i < n_profiles; i++) {
		buffer_printf(&text,
		              "  - name: p%zu\n    value:\n      defaultAction: SCMP_ACT_LOG\n"
		              "      listenerMetadata: ",
		              i);
		buffer_append_repeated(&text, 'x', 10000);
		buffer_append_string(&text, "\n      listenerPath: /x\n");
	}
	write_text(fixture->config, text.data);
	reload(fixture);
	for (size_t i = 0; i < n_profiles; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%zu", i);
		n_made += profile_bytes(find(fixture, name)) ? 1 : 0;
	}
	assert_in_range(n_made, 100, 104);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_bytes_are_made_late),
		STORE_TEST(test_bytes_are_kept),
		STORE_TEST(test_a_large_change_keeps_few),
		STORE_TEST(test_what_is_replaced_can_be_read),
	};

	return cmocka_run_group_tests_name("model/store_bytes", tests, NULL, NULL);
}
