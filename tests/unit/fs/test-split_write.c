/* SPDX-License-Identifier: Apache-2.0 */

#include "split_write.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define THREAD 12
#define PAGE   4096

static const char zeros[SPLIT_WRITE_MAX];

/* One of n bytes that goes well, and behind it one that does not. */
static void fail_behind(struct split_write *split, size_t n, const char *rest)
{
	*split = (struct split_write){ 0 };
	split_write_note(split, zeros, n, 100, THREAD, 0);
	split_write_note(split, rest, strlen(rest), 100 + (off_t)n, THREAD, -EINVAL);
}

static int error_of(const struct split_write *split, const char *text, off_t offset, pid_t thread)
{
	return split_write_error(split, text, strlen(text), offset, thread);
}

static void test_the_rest_gives_the_error_again(void **state)
{
	const off_t end = 100 + SPLIT_WRITE_MAX;
	struct split_write split;

	fail_behind(&split, SPLIT_WRITE_MAX, "rest");
	assert_int_equal(error_of(&split, "rest", end, THREAD), -EINVAL);
	/* Divided elsewhere. */
	assert_int_equal(error_of(&split, "re", end, THREAD), -EINVAL);
	assert_int_equal(error_of(&split, "rest and more", end, THREAD), -EINVAL);
	split_write_deinit(&split);
	/* The memory of the program begins within a page. */
	fail_behind(&split, SPLIT_WRITE_MAX - PAGE + 1, "rest");
	assert_int_equal(error_of(&split, "rest", end - PAGE + 1, THREAD), -EINVAL);
	split_write_deinit(&split);
}

static void test_what_is_no_rest(void **state)
{
	const off_t end = 100 + SPLIT_WRITE_MAX;
	struct split_write split;

	fail_behind(&split, SPLIT_WRITE_MAX, "rest");
	assert_int_equal(error_of(&split, "else", end, THREAD), 0);
	assert_int_equal(error_of(&split, "", end, THREAD), 0);
	assert_int_equal(error_of(&split, "rest", end + 1, THREAD), 0);
	assert_int_equal(error_of(&split, "rest", 100, THREAD), 0);
	assert_int_equal(error_of(&split, "rest", end, THREAD + 1), 0);
	split_write_deinit(&split);
	/* No write(2) that was divided. */
	fail_behind(&split, 100, "rest");
	assert_int_equal(error_of(&split, "rest", 200, THREAD), 0);
	split_write_deinit(&split);
	split = (struct split_write){ 0 };
	split_write_note(&split, "rest", 4, 0, THREAD, -EINVAL);
	assert_int_equal(error_of(&split, "rest", 0, THREAD), 0);
	split_write_deinit(&split);
}

static void test_only_what_failed_behind_it(void **state)
{
	const off_t end = 100 + SPLIT_WRITE_MAX;
	struct split_write split = { 0 };

	/* Of another thread, or elsewhere. */
	split_write_note(&split, zeros, SPLIT_WRITE_MAX, 100, THREAD, 0);
	split_write_note(&split, "rest", 4, end, THREAD + 1, -EINVAL);
	assert_int_equal(error_of(&split, "rest", end, THREAD + 1), 0);
	assert_int_equal(error_of(&split, "rest", end, THREAD), 0);
	split_write_note(&split, zeros, SPLIT_WRITE_MAX, 100, THREAD, 0);
	split_write_note(&split, "rest", 4, 100, THREAD, -EINVAL);
	assert_int_equal(error_of(&split, "rest", 100, THREAD), 0);
	/* Another WRITE came in between: this is over. */
	fail_behind(&split, SPLIT_WRITE_MAX, "rest");
	split_write_note(&split, "good", 4, end, THREAD, 0);
	assert_int_equal(error_of(&split, "rest", end, THREAD), 0);
	/* The error is that of the last one. */
	fail_behind(&split, SPLIT_WRITE_MAX, "rest");
	split_write_note(&split, "else", 4, end, THREAD, -ENOSPC);
	assert_int_equal(error_of(&split, "rest", end, THREAD), 0);
	assert_int_equal(error_of(&split, "else", end, THREAD), -ENOSPC);
	split_write_deinit(&split);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_rest_gives_the_error_again),
		cmocka_unit_test(test_what_is_no_rest),
		cmocka_unit_test(test_only_what_failed_behind_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
