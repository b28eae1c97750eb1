/* SPDX-License-Identifier: Apache-2.0 */

#include "document/source.h"

#include "reading.h"

static void gives(const void *bytes, size_t n_bytes, const char *text, size_t n_text,
                  bool is_converted)
{
	_cleanup_(source_freep) struct source *source = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(source_new("name", bytes, n_bytes, &source, &diag), 0);
	assert_string_equal(source->name, "name");
	assert_int_equal(source->n_text, n_text);
	assert_memory_equal(source->text, text, n_text + 1);
	assert_int_equal(source->converted, is_converted);
	assert_int_equal(diag.n_errors, 0);
}

#define GIVES(bytes, text, is_converted) \
	gives(bytes, sizeof(bytes) - 1, text, sizeof(text) - 1, is_converted)

static void fails(const void *bytes, size_t n_bytes, const char *error)
{
	_cleanup_(source_freep) struct source *source = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(source_new("name", bytes, n_bytes, &source, &diag), SOURCE_E_INVALID);
	assert_null(source);
	errors_equal(&diag, error);
	assert_string_equal(diag.entries[0].source, "name");
}

#define FAILS(bytes, error) fails(bytes, sizeof(bytes) - 1, error)

/* Only what is to be changed is copied. */
static void test_borrow(void **state)
{
	static const struct {
		const char *bytes;
		size_t n_bytes;
		const char *text;
		bool is_copied, is_converted;
	} cases[] = {
		{ "a: 1\n", 5, "a: 1\n", false, false },
		{ "\xef\xbb\xbf"
		  "a",
		  4, "a", false, true },
		{ "\xff\xfe"
		  "a\0",
		  4, "a", true, true },
		{ NULL, 0, "", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *bytes = cases[i].bytes;
		_cleanup_(source_freep) struct source *source = NULL;

		assert_int_equal(source_borrow("name", bytes, cases[i].n_bytes, &source, NULL), 0);
		assert_string_equal(source->text, cases[i].text);
		assert_int_equal(source->n_text, strlen(cases[i].text));
		assert_int_equal(source->converted, cases[i].is_converted);
		assert_int_equal(source->copy != NULL, cases[i].is_copied);
		if (bytes && !cases[i].is_copied)
			assert_ptr_equal(source->text + source->n_text, bytes + cases[i].n_bytes);
	}
}

static void test_utf8(void **state)
{
	GIVES("a: 1\n", "a: 1\n", false);
	GIVES("", "", false);
	gives(NULL, 0, "", 0, false);
	GIVES("a\0b", "a\0b", false);
	GIVES("\xc2\x80\xdf\xbf\xe0\xa0\x80\xe0\xbf\xbf\xed\x80\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	      "\xc2\x80\xdf\xbf\xe0\xa0\x80\xe0\xbf\xbf\xed\x80\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
	      false);
}

static void test_byte_order_mark(void **state)
{
	GIVES("\xef\xbb\xbf"
	      "a",
	      "a", true);
	GIVES("\xef\xbb\xbf", "", true);
	/* Only the first is one. */
	GIVES("\xef\xbb\xbf\xef\xbb\xbf", "\xef\xbb\xbf", true);
	GIVES("a\xef\xbb\xbf", "a\xef\xbb\xbf", false);
}

static void test_utf16(void **state)
{
	GIVES("\xff\xfe"
	      "a\0\xe9\0\x28\x20\x3d\xd8\x00\xde\n\0",
	      "a\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\n", true);
	GIVES("\xfe\xff\0a\0\xe9\x20\x28\xd8\x3d\xde\x00\0\n",
	      "a\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\n", true);
	GIVES("\xff\xfe", "", true);
	GIVES("\xfe\xff\xff\xfd\xdb\xff\xdf\xff", "\xef\xbf\xbd\xf4\x8f\xbf\xbf", true);
}

static void test_utf16_errors(void **state)
{
	FAILS("\xff\xfe"
	      "a\0b",
	      "1:2: the text is not valid UTF-16: it ends in the middle of a character");
	FAILS("\xff\xfe\n\0\x3d\xd8",
	      "2:1: the text is not valid UTF-16: a surrogate stands alone");
	FAILS("\xff\xfe\x3d\xd8"
	      "a\0",
	      "1:1: the text is not valid UTF-16: a surrogate stands alone");
	FAILS("\xff\xfe\x00\xde\x3d\xd8",
	      "1:1: the text is not valid UTF-16: a surrogate stands alone");
}

static void test_utf8_errors(void **state)
{
	FAILS("a\xbb\xbf", "1:2: the text is not valid UTF-8: unexpected byte 0xbb");
	FAILS("a: \xff", "1:4: the text is not valid UTF-8: unexpected byte 0xff");
	/* Columns count characters; CR LF is one line break. */
	FAILS("\xc3\xa9\r\n\xc3\xa9\xf0\x9f\x98\x80\x80",
	      "2:3: the text is not valid UTF-8: unexpected byte 0x80");
	FAILS("\n\r\xc2\x85\xe2\x80\xa8\xc0\x80",
	      "5:1: the text is not valid UTF-8: unexpected byte 0xc0");
	/* Overlong, a surrogate, beyond U+10FFFF, cut off. */
	FAILS("\xe0\x9f\xbf", "1:1: the text is not valid UTF-8: unexpected byte 0xe0");
	FAILS("\xf0\x8f\xbf\xbf", "1:1: the text is not valid UTF-8: unexpected byte 0xf0");
	FAILS("\xed\xa0\x80", "1:1: the text is not valid UTF-8: unexpected byte 0xed");
	FAILS("\xf4\x90\x80\x80", "1:1: the text is not valid UTF-8: unexpected byte 0xf4");
	FAILS("\xf5\x80\x80\x80", "1:1: the text is not valid UTF-8: unexpected byte 0xf5");
	FAILS("\xc3", "1:1: the text is not valid UTF-8: unexpected byte 0xc3");
	FAILS("\xe2\x80", "1:1: the text is not valid UTF-8: unexpected byte 0xe2");
	FAILS("\xf0\x9f\x98", "1:1: the text is not valid UTF-8: unexpected byte 0xf0");
	FAILS("\xf0\x9f\x98x", "1:1: the text is not valid UTF-8: unexpected byte 0xf0");
}

static void test_size(void **state)
{
	_cleanup_(freep) char *bytes = malloc(SOURCE_SIZE_MAX + 1);
	_cleanup_(source_freep) struct source *source = NULL;

	assert_non_null(bytes);
	memset(bytes, ' ', SOURCE_SIZE_MAX + 1);
	fails(bytes, SOURCE_SIZE_MAX + 1, "0:0: the text is larger than 67108864 bytes");
	/* U+2020 takes two bytes as UTF-16 and three as UTF-8. */
	memcpy(bytes, "\xff\xfe", 2);
	fails(bytes, SOURCE_SIZE_MAX, "0:0: the text is larger than 67108864 bytes");
	bytes[0] = ' ';
	fails(bytes, SOURCE_SIZE_MAX, "1:2: the text is not valid UTF-8: unexpected byte 0xfe");
	bytes[1] = ' ';
	assert_int_equal(source_new("name", bytes, SOURCE_SIZE_MAX, &source, NULL), 0);
	assert_int_equal(source->n_text, SOURCE_SIZE_MAX);
}

static void test_name(void **state)
{
	_cleanup_(source_freep) struct source *source = NULL;

	assert_int_equal(source_new(NULL, "a", 1, &source, NULL), 0);
	assert_null(source->name);
	source_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_borrow),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_byte_order_mark),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_utf16_errors),
		cmocka_unit_test(test_utf8_errors),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests_name("document/source", tests, NULL, NULL);
}
