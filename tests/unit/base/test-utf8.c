/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

/* Every scalar value is one character of the length that it was written with. */
static void test_every_character(void **state)
{
	(void)state;
	for (unsigned int code = 0; code <= 0x10ffff; code++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
		size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		utf8_append(&text, code);
		assert_int_equal(text.n_data, n);
		assert_int_equal(utf8_length(text.data, n), n);
		assert_int_equal(utf8_length(text.data, n - 1), 0);
	}
}

static void test_what_is_no_character(void **state)
{
	static const char *const texts[] = {
		"\x80",             /* a tail alone */
		"\xc0\x80",         /* overlong */
		"\xc1\xbf",         /* likewise */
		"\xe0\x9f\xbf",     /* likewise */
		"\xf0\x8f\xbf\xbf", /* likewise */
		"\xed\xa0\x80",     /* a surrogate */
		"\xf4\x90\x80\x80", /* beyond U+10FFFF */
		"\xf5\x80\x80\x80", /* likewise */
		"\xff",
		"\xc3(",         /* no tail */
		"\xe2\x82(",     /* no second tail */
		"\xf0\x9f\x98(", /* no third */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(utf8_length(texts[i], strlen(texts[i])), 0);
	assert_int_equal(utf8_length("a", 0), 0);
}

/* At every place of the words that are looked at together, and behind them. */
static void test_ascii_prefix(void **state)
{
	char text[100];

	(void)state;
	memset(text, 0x7f, sizeof(text));
	for (size_t n = 0; n <= sizeof(text); n++)
		assert_int_equal(utf8_ascii_prefix(text, n), n);
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = '\x80';
		assert_int_equal(utf8_ascii_prefix(text, sizeof(text)), i);
		assert_int_equal(utf8_valid_prefix(text, sizeof(text)), i);
		assert_int_equal(utf8_ascii_prefix(text, i), i);
		text[i] = 0x7f;
	}
}

/* A character of two bytes at every place, and one that is cut off by the end. */
static void test_valid_prefix_of_a_long_text(void **state)
{
	char text[100];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		memcpy(text + i, "\xc3\xa4", 2);
		assert_int_equal(utf8_valid_prefix(text, sizeof(text)), sizeof(text));
		assert_int_equal(utf8_valid_prefix(text, i + 1), i);
		memcpy(text + i, "aa", 2);
	}
}

static void test_valid_prefix(void **state)
{
	(void)state;
	assert_int_equal(utf8_valid_prefix("a\xc3\xa4z", 4), 4);
	assert_int_equal(utf8_valid_prefix("a\xc3\xa4\xc3", 4), 3);
	assert_int_equal(utf8_valid_prefix("", 0), 0);
}

static void test_line_breaks(void **state)
{
	(void)state;
	assert_int_equal(utf8_line_break("\n\n", 2), 1);
	assert_int_equal(utf8_line_break("\r\n", 2), 2);
	assert_int_equal(utf8_line_break("\r\n", 1), 1);
	assert_int_equal(utf8_line_break("\xc2\x85", 2), 2);
	assert_int_equal(utf8_line_break("\xe2\x80\xa8", 3), 3);
	assert_int_equal(utf8_line_break("\xe2\x80\xa9", 3), 3);
	assert_int_equal(utf8_line_break("\xe2\x80\xaa", 3), 0);
	assert_int_equal(utf8_line_break("a", 1), 0);
	assert_int_equal(utf8_line_break("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_what_is_no_character),
		cmocka_unit_test(test_ascii_prefix),
		cmocka_unit_test(test_valid_prefix),
		cmocka_unit_test(test_valid_prefix_of_a_long_text),
		cmocka_unit_test(test_line_breaks),
	};

	return cmocka_run_group_tests_name("base/utf8", tests, NULL, NULL);
}
