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

/* Retires so many bytes that no older one is kept for its age. */
static void push_out(struct inode_table *table)
{
	_cleanup_(freep) char *bytes = calloc(1, INODE_TABLE_KEPT_MAX + 1);
	_cleanup_(profile_unrefp) struct profile *profile = profile_new("large.json", bytes,
	                                                                INODE_TABLE_KEPT_MAX + 1);

	assert_non_null(profile);
	profile->nodeid = UINT64_MAX;
	assert_int_equal(inode_table_keep(table, profile), 0);
	/* It is larger than all that is kept. */
	assert_null(inode_table_get(table, UINT64_MAX));
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
	assert_ptr_equal(inode_table_get(table, 16), profile);
	push_out(table);
	assert_null(inode_table_get(table, 16));
	assert_int_equal(inode_table_size(table), 0);
}

static void test_the_newest_of_the_old_are_kept(void **state)
{
	_cleanup_(inode_table_freep) struct inode_table *table = inode_table_new();
	const size_t n_bytes = INODE_TABLE_KEPT_MAX / 4 - INODE_TABLE_KEPT_ADD;
	_cleanup_(freep) char *bytes = calloc(1, n_bytes);

	for (uint64_t nodeid = 16; nodeid < 26; nodeid++) {
		_cleanup_(profile_unrefp) struct profile *profile = profile_new("a.json", bytes,
		                                                                n_bytes);

		profile->nodeid = nodeid;
		if (nodeid % 2) {
			assert_int_equal(inode_table_keep(table, profile), 0);
			/* Twice in a file is once here. */
			assert_int_equal(inode_table_keep(table, profile), 0);
		} else {
			assert_int_equal(inode_table_add(table, profile), 0);
			/* What is current is not old, whatever a file says. */
			assert_int_equal(inode_table_keep(table, profile), 0);
			inode_table_retire(table, nodeid);
		}
	}
	for (uint64_t nodeid = 16; nodeid < 26; nodeid++)
		assert_int_equal(inode_table_get(table, nodeid) != NULL, nodeid >= 22);
	assert_int_equal(inode_table_size(table), 4);
	/* A FORGET of lookups that nobody counted does no harm. */
	inode_table_forget(table, 22, 5);
	assert_non_null(inode_table_get(table, 22));
}

static void test_old_versions_live_with_their_lookups(void **state)
{
	_cleanup_(inode_table_freep) struct inode_table *table = inode_table_new();
	_cleanup_(profile_unrefp) struct profile *profile = make_profile(16);

	assert_int_equal(inode_table_add(table, profile), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(inode_table_remember(table, profile), 0);
	inode_table_retire(table, 16);
	push_out(table);
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
	push_out(table);
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
	assert_int_equal(inode_table_size(table), n);
	push_out(table);
	assert_int_equal(inode_table_size(table), n / 2);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(inode_table_get(table, 16 + i * i) != NULL, i % 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_current_ones_are_known),
		cmocka_unit_test(test_the_newest_of_the_old_are_kept),
		cmocka_unit_test(test_old_versions_live_with_their_lookups),
		cmocka_unit_test(test_odd_forgets),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
