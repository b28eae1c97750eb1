/* SPDX-License-Identifier: Apache-2.0 */

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"

static void test_no_moment_is_waited_for(void **state)
{
	const long long none[] = { 0, 0 };

	assert_int_equal(clock_timeout_ms(none, ARRAY_SIZE(none)), -1);
	assert_int_equal(clock_timeout_ms(none, 0), -1);
}

static void test_the_first_moment_is_waited_for(void **state)
{
	long long now = clock_now_ms();
	const long long moments[] = { now + 7200000, 0, now + 3600000, now + 5400000 };
	const long long past[] = { now + 3600000, now - 5 };
	int timeout_ms = clock_timeout_ms(moments, ARRAY_SIZE(moments));

	assert_in_range(timeout_ms, 1, 3600000);
	assert_int_equal(clock_timeout_ms(past, ARRAY_SIZE(past)), 0);
}

static void test_a_moment_comes_once(void **state)
{
	long long past = clock_now_ms() - 1, future = clock_now_ms() + 3600000, none = 0;

	assert_true(clock_is_due(&past));
	assert_false(clock_is_due(&past));
	assert_false(clock_is_due(&future));
	assert_int_not_equal(future, 0);
	assert_false(clock_is_due(&none));
}

static void test_pauses_grow_within_bounds(void **state)
{
	const int expected[] = { 10, 20, 40, 80, 90, 90 };
	int pause_ms = 0;

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		pause_ms = clock_next_pause_ms(pause_ms, 10, 90);
		assert_int_equal(pause_ms, expected[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_moment_is_waited_for),
		cmocka_unit_test(test_the_first_moment_is_waited_for),
		cmocka_unit_test(test_a_moment_comes_once),
		cmocka_unit_test(test_pauses_grow_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
