/* SPDX-License-Identifier: Apache-2.0 */

#include "inode_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct profile *make_profile(uint64_t nodeid)
{
	struct profile *profile = profile_new("a.json", "{}", 2);

	assert_non_null(profile);
	profile->nodeid = nodeid;
	return profile;
}

static void test_current_ones_are_known(void **state)
{
	_cleanup_(inode_table_freep) struct inode_table *table = inode_table_new();
	_cleanup_(profile_unrefp) struct profile *profile = make_profile(16);

	assert_null(inode_table_get(table, 16));
	assert_int_equal(inode_table_add(table, profile), 0);
	assert_ptr_equal(inode_table_get(table, 16), profile);
	assert_null(inode_table_get(table, 17));
	/* The kernel forgetting it does not end it. */
	assert_int_equal(inode_table_remember(table, profile), 0);
	inode_table_forget(table, 16, 1);
	assert_ptr_equal(inode_table_get(table, 16), profile);
	inode_table_retire(table, 16);
	assert_null(inode_table_get(table, 16));
	assert_int_equal(inode_table_size(table), 0);
}

static void test_old_versions_live_with_their_lookups(void **state)
{
	_cleanup_(inode_table_freep) struct inode_table *table = inode_table_new();
	_cleanup_(profile_unrefp) struct profile *profile = make_profile(16);

	assert_int_equal(inode_table_add(table, profile), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(inode_table_remember(table, profile), 0);
	inode_table_retire(table, 16);
	assert_ptr_equal(inode_table_get(table, 16), profile);
	inode_table_forget(table, 16, 2);
	assert_ptr_equal(inode_table_get(table, 16), profile);
	/* A listing that began before the commit still hands it out. */
	assert_int_equal(inode_table_remember(table, profile), 0);
	inode_table_forget(table, 16, 1);
	assert_ptr_equal(inode_table_get(table, 16), profile);
	inode_table_forget(table, 16, 1);
	assert_null(inode_table_get(table, 16));
	assert_int_equal(inode_table_size(table), 0);
}

static void test_odd_forgets(void **state)
{
	_cleanup_(inode_table_freep) struct inode_table *table = inode_table_new();
	_cleanup_(profile_unrefp) struct profile *profile = make_profile(16);

	inode_table_forget(table, 99, 1);
	inode_table_retire(table, 99);
	assert_int_equal(inode_table_remember(table, profile), 0);
	inode_table_forget(table, 16, UINT64_MAX);
	assert_null(inode_table_get(table, 16));
	/* The count starts again from nothing. */
	assert_int_equal(inode_table_remember(table, profile), 0);
	inode_table_forget(table, 16, 1);
	assert_int_equal(inode_table_size(table), 0);
}

static void test_references(void **state)
{
	struct inode_table *table = inode_table_new();
	_cleanup_(profile_unrefp) struct profile *profile = make_profile(16);

	assert_int_equal(inode_table_add(table, profile), 0);
	assert_int_equal(inode_table_remember(table, profile), 0);
	assert_int_equal(profile->n_refs, 2);
	inode_table_forget(table, 16, 1);
	inode_table_retire(table, 16);
	assert_int_equal(profile->n_refs, 1);
	assert_int_equal(inode_table_add(table, profile), 0);
	inode_table_free(table);
	assert_int_equal(profile->n_refs, 1);
}

static void test_many(void **state)
{
	_cleanup_(inode_table_freep) struct inode_table *table = inode_table_new();
	const uint64_t n = 5000;

	for (uint64_t i = 0; i < n; i++) {
		_cleanup_(profile_unrefp) struct profile *profile = make_profile(16 + i * i);

		assert_int_equal(inode_table_add(table, profile), 0);
		assert_int_equal(inode_table_remember(table, profile), 0);
	}
	assert_int_equal(inode_table_size(table), n);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(inode_table_get(table, 16 + i * i)->nodeid, 16 + i * i);
	for (uint64_t i = 0; i < n; i += 2) {
		inode_table_retire(table, 16 + i * i);
		inode_table_forget(table, 16 + i * i, 1);
	}
	assert_int_equal(inode_table_size(table), n / 2);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(inode_table_get(table, 16 + i * i) != NULL, i % 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_current_ones_are_known),
		cmocka_unit_test(test_old_versions_live_with_their_lookups),
		cmocka_unit_test(test_odd_forgets),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
