/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

static void test_appends(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = BUFFER_INIT;
	size_t n = 0;
	char *text;

	(void)state;
	buffer_append_string(&buffer, "ab");
	buffer_append(&buffer, "c\0d", 3);
	buffer_append(&buffer, NULL, 0);
	buffer_append_char(&buffer, 'e');
	buffer_append_repeated(&buffer, '-', 3);
	buffer_printf(&buffer, "%d", 42);
	assert_int_equal(buffer_error(&buffer), 0);
	assert_int_equal(buffer.n_data, 11);
	assert_memory_equal(buffer.data, "abc\0de---42", 12);

	text = buffer_steal(&buffer, &n);
	assert_int_equal(n, 11);
	assert_memory_equal(text, "abc\0de---42", 12);
	free(text);
	assert_null(buffer.data);
	assert_int_equal(buffer.n_data, 0);
}

static void test_counts(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = BUFFER_INIT;

	(void)state;
	buffer_append_count(&buffer, 0);
	buffer_append_char(&buffer, ' ');
	buffer_append_count(&buffer, 1020);
	buffer_append_char(&buffer, ' ');
	buffer_append_count(&buffer, UINT64_MAX);
	assert_string_equal(buffer.data, "0 1020 18446744073709551615");
}

static void test_grows_over_many_appends(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = BUFFER_INIT;

	(void)state;
	for (unsigned int i = 0; i < 100000; i++)
		buffer_append_char(&buffer, (char)('a' + i % 26));
	assert_int_equal(buffer_error(&buffer), 0);
	assert_int_equal(buffer.n_data, 100000);
	for (unsigned int i = 0; i < 100000; i++)
		assert_int_equal(buffer.data[i], 'a' + i % 26);
	assert_int_equal(buffer.data[100000], '\0');
}

static void test_an_empty_one_gives_a_string(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = BUFFER_INIT;
	size_t n = 1;
	char *text = buffer_steal(&buffer, &n);

	(void)state;
	assert_non_null(text);
	assert_string_equal(text, "");
	assert_int_equal(n, 0);
	free(text);
}

static void test_the_limit_is_exact_and_sticks(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { .limit = 4 };

	(void)state;
	buffer_append_string(&buffer, "1234");
	assert_int_equal(buffer_error(&buffer), 0);
	buffer_append_char(&buffer, '5');
	assert_int_equal(buffer_error(&buffer), -EFBIG);
	/* Room for this one would be there, but a hole in the text must not be. */
	buffer_append(&buffer, "", 0);
	buffer_printf(&buffer, "%s", "");
	assert_string_equal(buffer.data, "1234");
	assert_null(buffer_steal(&buffer, NULL));

	buffer_clear(&buffer);
	assert_int_equal(buffer_error(&buffer), 0);
	assert_int_equal(buffer.n_data, 0);
	buffer_append_string(&buffer, "abcd");
	assert_string_equal(buffer.data, "abcd");
}

/* At every distance from the end of what is allocated, and past the limit. */
static void test_formats_into_what_room_there_is(void **state)
{
	(void)state;
	for (size_t n = 0; n < 140; n++) {
		_cleanup_(buffer_deinit) struct buffer buffer = { .limit = n + 6 };

		buffer_append_repeated(&buffer, '-', n);
		buffer_printf(&buffer, "%d%s", 123, "abc");
		assert_int_equal(buffer_error(&buffer), 0);
		assert_int_equal(buffer.n_data, n + 6);
		assert_string_equal(buffer.data + n, "123abc");
		buffer_printf(&buffer, "%d", 4);
		assert_int_equal(buffer_error(&buffer), -EFBIG);
		assert_string_equal(buffer.data + n, "123abc");
	}
}

static void test_extend(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = { .limit = 4 };
	char *end;

	(void)state;
	buffer_append_char(&buffer, 'a');
	end = buffer_extend(&buffer, 3);
	assert_non_null(end);
	memcpy(end, "bcd", 3);
	assert_int_equal(buffer.n_data, 4);
	assert_string_equal(buffer.data, "abcd");
	assert_null(buffer_extend(&buffer, 1));
	assert_int_equal(buffer_error(&buffer), -EFBIG);
	assert_null(buffer_extend(&buffer, 0));
}

static void test_a_size_that_overflows_is_no_memory(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = BUFFER_INIT;

	(void)state;
	buffer_append_char(&buffer, 'x');
	assert_int_equal(buffer_reserve(&buffer, SIZE_MAX), -ENOMEM);
	assert_int_equal(buffer_error(&buffer), -ENOMEM);
	buffer_clear(&buffer);
	assert_int_equal(buffer_reserve(&buffer, SIZE_MAX - 10), -ENOMEM);
	buffer_clear(&buffer);
	buffer_append_char(&buffer, 'y');
	assert_string_equal(buffer.data, "y");
}

static void test_consume(void **state)
{
	_cleanup_(buffer_deinit) struct buffer buffer = BUFFER_INIT;

	(void)state;
	buffer_consume(&buffer, 3);
	assert_int_equal(buffer.n_data, 0);
	buffer_append_string(&buffer, "abcdef");
	buffer_consume(&buffer, 0);
	assert_string_equal(buffer.data, "abcdef");
	buffer_consume(&buffer, 2);
	assert_string_equal(buffer.data, "cdef");
	assert_int_equal(buffer.n_data, 4);
	buffer_consume(&buffer, 4);
	assert_int_equal(buffer.n_data, 0);
}

static void test_deinit_twice(void **state)
{
	struct buffer buffer = { .limit = 3 };

	(void)state;
	buffer_append_string(&buffer, "abc");
	buffer_deinit(&buffer);
	buffer_deinit(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.limit, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_grows_over_many_appends),
		cmocka_unit_test(test_an_empty_one_gives_a_string),
		cmocka_unit_test(test_the_limit_is_exact_and_sticks),
		cmocka_unit_test(test_formats_into_what_room_there_is),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_a_size_that_overflows_is_no_memory),
		cmocka_unit_test(test_consume),
		cmocka_unit_test(test_deinit_twice),
	};

	return cmocka_run_group_tests_name("base/buffer", tests, NULL, NULL);
}
