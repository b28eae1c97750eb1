/* SPDX-License-Identifier: Apache-2.0 */

#include "ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_counters(void **state)
{
	struct ledger ledger = { 0 };

	for (int i = 0; i < LEDGER_N_COUNTERS; i++) {
		assert_int_equal(ledger_get(&ledger, i), 0);
		for (int j = 0; j <= i; j++)
			ledger_count(&ledger, i);
	}
	for (int i = 0; i < LEDGER_N_COUNTERS; i++)
		assert_int_equal(ledger_get(&ledger, i), i + 1);
}

static void test_pending(void **state)
{
	struct ledger ledger = { 0 };

	assert_false(ledger_is_pending(&ledger, 3));
	ledger_clear_pending(&ledger, 3);
	ledger_set_pending(&ledger, 3, 100);
	ledger_set_pending(&ledger, 3, 100);
	ledger_set_pending(&ledger, 5, 200);
	assert_true(ledger_is_pending(&ledger, 3));
	assert_int_equal(ledger_opener(&ledger, 3), 100);
	assert_int_equal(ledger_opener(&ledger, 5), 200);
	assert_int_equal(ledger_opener(&ledger, 7), 0);
	ledger_clear_pending(&ledger, 3);
	assert_false(ledger_is_pending(&ledger, 3));
	assert_true(ledger_is_pending(&ledger, 5));
	ledger_set_pending(&ledger, 7, 300);
	assert_int_equal(ledger_take_over(&ledger), 2);
}

/* Each process counts what the one before it has lost, and all know of it. */
static void test_take_over(void **state)
{
	struct ledger ledger = { 0 };

	assert_int_equal(ledger_take_over(&ledger), 0);
	ledger_set_pending(&ledger, 3, 100);
	ledger_set_pending(&ledger, 5, 100);
	assert_int_equal(ledger_take_over(&ledger), 2);
	assert_int_equal(ledger_take_over(&ledger), 0);
	ledger_set_pending(&ledger, 7, 100);
	assert_int_equal(ledger_take_over(&ledger), 1);
	assert_true(ledger_is_pending(&ledger, 3));
	assert_int_equal(ledger_opener(&ledger, 3), 100);
	ledger_clear_pending(&ledger, 3);
	assert_false(ledger_is_pending(&ledger, 3));
}

static void test_full(void **state)
{
	struct ledger ledger = { 0 };

	for (uint64_t i = 1; i <= LEDGER_FILES_MAX; i++)
		ledger_set_pending(&ledger, i, 100);
	assert_false(ledger_is_pending(&ledger, LEDGER_FILES_MAX + 1));
	ledger_set_pending(&ledger, LEDGER_FILES_MAX + 1, 100);
	/* Who cannot be told apart may have lost something. */
	assert_true(ledger_is_pending(&ledger, LEDGER_FILES_MAX + 1));
	assert_true(ledger_is_pending(&ledger, LEDGER_FILES_MAX + 2));
	assert_int_equal(ledger_opener(&ledger, LEDGER_FILES_MAX + 1), 0);
	assert_int_equal(ledger_take_over(&ledger), LEDGER_FILES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_take_over),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
