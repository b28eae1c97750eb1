/* SPDX-License-Identifier: Apache-2.0 */

#include "directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N_NAMES 2000

/* The names "00000.json" up to n, without every skip-th. */
static struct snapshot *make_snapshot(size_t n, size_t skip, uint64_t first_nodeid)
{
	struct profile **profiles = calloc(n + 1, sizeof(*profiles));
	size_t n_profiles = 0;
	struct snapshot *snapshot;

	for (size_t i = 0; i < n; i++) {
		char name[32];

		if (skip && i % skip == 0)
			continue;
		snprintf(name, sizeof(name), "%05zu.json", i);
		profiles[n_profiles] = profile_new(name, "{}", 2);
		profiles[n_profiles++]->nodeid = first_nodeid + i;
	}
	snapshot = snapshot_new(profiles, NULL, n_profiles, "", 0);
	assert_non_null(snapshot);
	return snapshot;
}

static void test_order(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make_snapshot(N_NAMES, 0, 16);
	_cleanup_(directory_freep) struct directory *directory = directory_new(snapshot);
	uint64_t last = DIRECTORY_COOKIE_FIRST - 1;

	assert_int_equal(directory->n_entries, N_NAMES);
	for (size_t i = 0; i < N_NAMES; i++) {
		assert_true(directory->entries[i].cookie > last);
		assert_true((int64_t)directory->entries[i].cookie > 0);
		last = directory->entries[i].cookie;
		assert_int_equal(directory_seek(directory, last - 1), i);
		assert_int_equal(directory_seek(directory, last), i + 1);
	}
	assert_int_equal(directory_seek(directory, 0), 0);
	assert_int_equal(directory_seek(directory, INT64_MAX), N_NAMES);
}

static void test_empty(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make_snapshot(0, 0, 16);
	_cleanup_(directory_freep) struct directory *directory = directory_new(snapshot);

	assert_int_equal(directory->n_entries, 0);
	assert_int_equal(directory_seek(directory, 0), 0);
}

static size_t index_of(const struct profile *profile)
{
	return (size_t)strtoul(profile->name, NULL, 10);
}

/* A listing that is cut anywhere by a commit: what stays is seen once, with new nodeids as well. */
static void test_listing_over_a_commit(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *before = make_snapshot(N_NAMES, 7, 16);
	_cleanup_(snapshot_unrefp) struct snapshot *after = make_snapshot(N_NAMES + 500, 5, 9000);
	_cleanup_(directory_freep) struct directory *first = directory_new(before);
	_cleanup_(directory_freep) struct directory *second = directory_new(after);

	for (size_t cut = 0; cut <= first->n_entries; cut += 13) {
		unsigned char seen[N_NAMES + 500] = { 0 };
		uint64_t cookie = cut ? first->entries[cut - 1].cookie : 0;

		for (size_t i = 0; i < cut; i++)
			seen[index_of(first->entries[i].profile)]++;
		for (size_t i = directory_seek(second, cookie); i < second->n_entries; i++)
			seen[index_of(second->entries[i].profile)]++;
		for (size_t i = 0; i < N_NAMES; i++) {
			bool stays = i % 7 && i % 5;

			assert_true(stays ? seen[i] == 1 : seen[i] <= 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_listing_over_a_commit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
