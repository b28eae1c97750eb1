/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/snapshot.h"

static struct snapshot *make(const char *const *names, size_t n_names)
{
	struct profile **profiles = calloc(n_names + 1, sizeof(struct profile *));

	for (size_t i = 0; i < n_names; i++)
		profiles[i] = profile_new(names[i], names[i], strlen(names[i]));
	return snapshot_new(profiles, NULL, n_names, "config", 6);
}

static void test_profile(void **state)
{
	_cleanup_(profile_unrefp) struct profile *profile = profile_new("a.json", "a\0b", 3);
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	assert_string_equal(profile->name, "a.json");
	assert_int_equal(profile->n_bytes, 3);
	assert_memory_equal(profile_bytes(profile), "a\0b", 4);
	/* printf 'a\0b' | sha256sum */
	digest_to_hex(profile->digest, hex);
	assert_string_equal(hex,
	                    "59b271ae1bbcb1d31d41929817f4b16fb439eb4f31520b5ad1d5ce98920a7138");
}

static void test_sorted_bytewise_and_found(void **state)
{
	static const char *const names[] = { "b", "a.json", "\xc3\xbc", "B", "a", "a-json" };
	static const char *const sorted[] = { "B", "a", "a-json", "a.json", "b", "\xc3\xbc" };
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(names, ARRAY_SIZE(names));

	(void)state;
	assert_int_equal(snapshot->n_profiles, ARRAY_SIZE(names));
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
		assert_string_equal(snapshot->profiles[i]->name, sorted[i]);
		assert_ptr_equal(snapshot_find(snapshot, sorted[i]), snapshot->profiles[i]);
	}
	assert_null(snapshot_find(snapshot, "A"));
	assert_null(snapshot_find(snapshot, ""));
	assert_null(snapshot_find(snapshot, "zz"));
	assert_memory_equal(snapshot->config, "config", 7);
}

static void test_spans_are_sorted_along(void **state)
{
	static const char *const names[] = { "c", "a", "b" };
	struct profile **profiles = calloc(ARRAY_SIZE(names), sizeof(struct profile *));
	struct span *spans = calloc(ARRAY_SIZE(names), sizeof(*spans));
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL, *without = make(names, 3);

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		profiles[i] = profile_new(names[i], "", 0);
		spans[i] = (struct span){ .offset = i, .n = 1, .column = 1 };
	}
	snapshot = snapshot_new(profiles, spans, ARRAY_SIZE(names), "xyz", 3);
	assert_string_equal(snapshot->profiles[0]->name, "a");
	assert_int_equal(snapshot->spans[0].offset, 1);
	assert_int_equal(snapshot->spans[1].offset, 2);
	assert_int_equal(snapshot->spans[2].offset, 0);
	for (size_t i = 0; i < without->n_profiles; i++)
		assert_int_equal(without->spans[i].n, 0);
}

#define TEXT  "{a: 1}\n- b: [x,\n  y]\n{a: 2}\n}{"
#define BYTES "{\"b\":[\"x\",\"y\"]}"

/* One profile, without bytes, whose value stands at offset and should be BYTES. */
static struct snapshot *make_unmade(uint32_t offset, uint32_t n, size_t n_bytes)
{
	struct profile **profiles = calloc(1, sizeof(struct profile *));
	struct span *spans = calloc(1, sizeof(*spans));
	uint8_t digest[DIGEST_SIZE];

	digest_compute(BYTES, strlen(BYTES), digest);
	profiles[0] = profile_new_unmade("a", digest, n_bytes);
	spans[0] = (struct span){ .offset = offset, .n = n, .column = 3 };
	return snapshot_new(profiles, spans, 1, TEXT, strlen(TEXT));
}

#define OFFSET 9  /* of `b` in TEXT */
#define N      11 /* bytes of its value */

static void test_bytes_are_made_from_spans(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make_unmade(OFFSET, N,
	                                                                   strlen(BYTES));
	_cleanup_(buffer_deinit) struct buffer scratch = BUFFER_INIT;
	struct profile *profile = snapshot->profiles[0];
	const char *bytes, *again;

	(void)state;
	assert_null(profile_bytes(profile));
	buffer_append_string(&scratch, "what was there");
	assert_int_equal(snapshot_borrow_bytes(snapshot, profile, &scratch, &bytes), 0);
	assert_string_equal(bytes, BYTES);
	assert_ptr_equal(bytes, scratch.data);
	assert_null(profile_bytes(profile));
	assert_int_equal(snapshot_make_bytes(snapshot, profile, &bytes), 0);
	assert_string_equal(bytes, BYTES);
	assert_ptr_equal(bytes, profile_bytes(profile));
	/* Once for all. */
	assert_int_equal(profile_set_bytes(profile, BYTES), 0);
	assert_int_equal(snapshot_make_bytes(snapshot, profile, &again), 0);
	assert_ptr_equal(again, bytes);
	assert_int_equal(snapshot_borrow_bytes(snapshot, profile, &scratch, &again), 0);
	assert_ptr_equal(again, bytes);
}

static void fails_to_make(struct snapshot *snapshot, struct profile *profile, int error)
{
	_cleanup_(buffer_deinit) struct buffer scratch = BUFFER_INIT;
	const char *bytes;

	assert_int_equal(snapshot_make_bytes(snapshot, profile, &bytes), error);
	assert_int_equal(snapshot_borrow_bytes(snapshot, profile, &scratch, &bytes), error);
	assert_null(profile_bytes(profile));
}

static void test_wrong_bytes_are_not_made(void **state)
{
	static const struct {
		uint32_t offset, n;
		size_t n_bytes;
		int error;
	} cases[] = {
		{ 0, 6, strlen(BYTES), -EIO },                /* another value */
		{ OFFSET, N - 1, strlen(BYTES), -EIO },       /* no YAML */
		{ OFFSET, N, strlen(BYTES) - 1, -EIO },       /* another size */
		{ strlen(TEXT) - 2, 2, strlen(BYTES), -EIO }, /* no YAML */
		{ 0, 0, strlen(BYTES), -ESTALE },             /* no span */
	};
	_cleanup_(snapshot_unrefp) struct snapshot *other = make_unmade(OFFSET, N, strlen(BYTES));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(snapshot_unrefp) struct snapshot *snapshot =
			make_unmade(cases[i].offset, cases[i].n, cases[i].n_bytes);

		fails_to_make(snapshot, snapshot->profiles[0], cases[i].error);
		/* One of this name, but another one. */
		fails_to_make(snapshot, other->profiles[0], -ESTALE);
	}
}

static void test_what_goes_gets_its_bytes(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *before = make_unmade(OFFSET, N, strlen(BYTES));
	_cleanup_(snapshot_unrefp) struct snapshot *after = make_unmade(OFFSET, N, strlen(BYTES));
	_cleanup_(snapshot_unrefp) struct snapshot *empty = make(NULL, 0);
	struct profile *profile = before->profiles[0];

	(void)state;
	profile->nodeid = 16;
	after->profiles[0]->nodeid = 16;
	snapshot_make_replaced(before, after, SIZE_MAX);
	assert_null(profile_bytes(profile));
	after->profiles[0]->nodeid = 17;
	snapshot_make_replaced(before, after, strlen(BYTES) - 1);
	assert_null(profile_bytes(profile));
	snapshot_make_replaced(before, after, strlen(BYTES));
	assert_string_equal(profile_bytes(profile), BYTES);
	snapshot_make_replaced(after, empty, SIZE_MAX);
	assert_string_equal(profile_bytes(after->profiles[0]), BYTES);
}

static void test_empty(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(NULL, 0);
	_cleanup_(snapshot_unrefp) struct snapshot *bare = snapshot_new(NULL, NULL, 0, NULL, 0);

	(void)state;
	assert_null(snapshot_find(snapshot, "a"));
	assert_null(snapshot_suggest(snapshot, "a"));
	assert_null(snapshot_find(bare, "a"));
	assert_string_equal(bare->config, "");
}

static void test_suggest(void **state)
{
	static const char *const names[] = { "audit.json", "violation.json" };
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(names, 2);

	(void)state;
	assert_string_equal(snapshot_suggest(snapshot, "audti.json"), "audit.json");
	assert_string_equal(snapshot_suggest(snapshot, "violations.json"), "violation.json");
	assert_null(snapshot_suggest(snapshot, "nginx.json"));
}

/* A profile lives as long as any of the snapshots that share it. */
static void test_snapshots_share_profiles(void **state)
{
	static const char *const names[] = { "a" };
	struct snapshot *first = make(names, 1), *second;
	struct profile **profiles = calloc(1, sizeof(struct profile *));
	struct profile *shared = first->profiles[0];

	(void)state;
	profiles[0] = profile_ref(shared);
	second = snapshot_new(profiles, NULL, 1, "", 0);
	assert_null(snapshot_unref(first));
	assert_string_equal(second->profiles[0]->name, "a");
	assert_ptr_equal(second->profiles[0], shared);
	assert_int_equal(shared->n_refs, 1);
	assert_null(snapshot_unref(second));
	assert_null(snapshot_unref(NULL));
	assert_null(profile_unref(NULL));
}

#define ROUNDS 20000

static void *take_and_drop(void *userdata)
{
	struct snapshot *snapshot = userdata;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct snapshot *own = snapshot_ref(snapshot);
		struct profile *profile = profile_ref(own->profiles[0]);

		snapshot_unref(own);
		profile_unref(profile);
	}
	snapshot_unref(snapshot);
	return NULL;
}

/* The counts come out even, whoever is last; a sanitizer sees it when they do not. */
static void test_threads_count_together(void **state)
{
	static const char *const names[] = { "a" };
	struct snapshot *snapshot = make(names, 1);
	struct profile *profile = profile_ref(snapshot->profiles[0]);
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_and_drop,
		                                snapshot_ref(snapshot)),
		                 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(snapshot->n_refs, 1);
	assert_int_equal(profile->n_refs, 2);
	snapshot_unref(snapshot);
	assert_int_equal(profile->n_refs, 1);
	profile_unref(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_sorted_bytewise_and_found),
		cmocka_unit_test(test_spans_are_sorted_along),
		cmocka_unit_test(test_bytes_are_made_from_spans),
		cmocka_unit_test(test_wrong_bytes_are_not_made),
		cmocka_unit_test(test_what_goes_gets_its_bytes),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_snapshots_share_profiles),
		cmocka_unit_test(test_threads_count_together),
	};

	return cmocka_run_group_tests_name("model/snapshot", tests, NULL, NULL);
}
