/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "document/yaml_reader.h"
#include "model/result.h"

static char *text_of(const struct result *result)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	char *text;

	result_write(result, &out);
	assert_int_equal(buffer_error(&out), 0);
	text = buffer_steal(&out, NULL);
	assert_non_null(text);
	return text;
}

static void test_applied(void **state)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = NULL;

	(void)state;
	result.message = strdup("patched machine config: 1 created, 1 updated, 1 destroyed");
	assert_int_equal(result_add_resource(&result, "b.json", 1, RESULT_CREATED), 0);
	assert_int_equal(result_add_resource(&result, "c.json", 7, RESULT_DESTROYED), 0);
	assert_int_equal(result_add_resource(&result, "a.json", UINT64_MAX, RESULT_UPDATED), 0);
	text = text_of(&result);
	assert_string_equal(
		text, "result: applied\n"
		      "message: \"patched machine config: 1 created, 1 updated, 1 destroyed\"\n"
		      "resources:\n"
		      "    - id: a.json\n"
		      "      version: 18446744073709551615\n"
		      "      event: updated\n"
		      "    - id: b.json\n"
		      "      version: 1\n"
		      "      event: created\n"
		      "    - id: c.json\n"
		      "      version: 7\n"
		      "      event: destroyed\n"
		      "errors: []\n"
		      "warnings: []\n");
}

static void test_failed(void **state)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	const struct place place = { "patch", 10, 21 }, elsewhere = { "/etc/a: b.yaml", 3, 4 };
	_cleanup_(freep) char *text = NULL;

	(void)state;
	result_fail(&result, EIO, "first");
	result_fail(&result, EINVAL, "patch refused: %d errors", 2);
	assert_int_equal(result.kind, RESULT_FAILED);
	assert_int_equal(result.error, EINVAL);
	diag_add_finding(&result.diag, DIAG_WARNING, "too-odd", NULL, NULL, "make it: even", "odd");
	diag_error(&result.diag, &place, "machine.x[1]", "found \"a\", allowed is b");
	diag_error(&result.diag, &elsewhere, NULL, "in the config");
	diag_error(&result.diag, NULL, NULL, "two\nlines");
	text = text_of(&result);
	assert_string_equal(text, "result: failed\n"
	                          "message: \"patch refused: 2 errors\"\n"
	                          "resources: []\n"
	                          "errors:\n"
	                          "    - line: 10\n"
	                          "      column: 21\n"
	                          "      path: machine.x[1]\n"
	                          "      message: found \"a\", allowed is b\n"
	                          "    - line: 3\n"
	                          "      column: 4\n"
	                          "      path: \"\"\n"
	                          "      message: in the config\n"
	                          "      file: \"/etc/a: b.yaml\"\n"
	                          "    - line: 0\n"
	                          "      column: 0\n"
	                          "      path: \"\"\n"
	                          "      message: \"two\\nlines\"\n"
	                          "warnings:\n"
	                          "    - line: 0\n"
	                          "      column: 0\n"
	                          "      path: \"\"\n"
	                          "      message: odd\n"
	                          "      rule: too-odd\n"
	                          "      remedy: \"make it: even\"\n");
}

static void test_skipped_and_without_a_message(void **state)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = NULL;

	(void)state;
	result.kind = RESULT_SKIPPED;
	text = text_of(&result);
	assert_string_equal(text, "result: skipped\nmessage: \"\"\nresources: []\nerrors: []\n"
	                          "warnings: []\n");
}

/* The message as a YAML reader gets it back. */
static void assert_reads_back(const char *message, const char *expected)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(freep) char *text = NULL;
	const struct node *node;

	result.message = strdup(message);
	text = text_of(&result);
	assert_int_equal(yaml_read_bytes("result", text, strlen(text), &stream, NULL, NULL), 0);
	node = node_resolve(node_find(stream->documents[0].root, "message"));
	assert_string_equal(node->text, expected);
	assert_string_equal(node_describe(node), "string");
}

static void test_any_message_is_a_string_of_one_line(void **state)
{
	static const char *const messages[] = {
		"plain",
		"with: colon",
		"ends with:",
		"a #comment",
		"a#b",
		"#c",
		"- x",
		"[x]",
		"{x",
		"true",
		"No",
		"null",
		"~",
		"12",
		"1e3",
		"0x1",
		"2001-01-01",
		"a\tb",
		"a\nb\n",
		" x",
		"x ",
		"'",
		"\"",
		"\\n",
		"&a",
		"*a",
		"!a",
		"%a",
		"@a",
		"`a",
		"? a",
		"=",
		"<<",
		"\xc3\xbc",
		"a \xe2\x82\xac",
		"\x01\x1f\x7f",
		"\xc2\x85\xe2\x80\xa8\xef\xbb\xbf",
		"<script>&",
		"---",
		"...",
		"a, b",
		"a]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
		assert_reads_back(messages[i], messages[i]);
	/* Not UTF-8: replaced, so that the state can hold the text. */
	assert_reads_back("a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_a_long_message_is_cut_at_a_character(void **state)
{
	_cleanup_(freep) char *message = malloc(RESULT_STRING_MAX + 3);
	_cleanup_(freep) char *expected = malloc(RESULT_STRING_MAX + 4);

	(void)state;
	memset(message, 'x', RESULT_STRING_MAX);
	message[RESULT_STRING_MAX] = '\0';
	assert_reads_back(message, message);
	/* Three bytes of which two would be within. */
	memcpy(message + RESULT_STRING_MAX - 2, "\xe2\x82\xac", 4);
	memcpy(expected, message, RESULT_STRING_MAX - 2);
	memcpy(expected + RESULT_STRING_MAX - 2, "...", 4);
	assert_reads_back(message, expected);
}

static void test_long_lists_are_counted(void **state)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *text = NULL;
	char id[16], end[128];
	size_t n_listed = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		snprintf(id, sizeof(id), "%05u.json", i);
		assert_int_equal(result_add_resource(&result, id, 1, RESULT_CREATED), 0);
	}
	for (unsigned int i = 0; i < DIAG_ENTRIES_MAX + 7; i++)
		diag_error(&result.diag, NULL, NULL, "e");
	diag_warning(&result.diag, NULL, NULL, "lost");
	text = text_of(&result);
	assert_true(strlen(text) < 2 * RESULT_LIST_MAX);
	for (const char *c = text; (c = strstr(c, "event: created")); c++)
		n_listed++;
	assert_in_range(n_listed, 5000, 19999);
	assert_non_null(strstr(text, "\nwarnings: []\n"));
	snprintf(end, sizeof(end),
	         "\nomitted:\n    resources: %zu\n    errors: 7\n    warnings: 1\n",
	         20000 - n_listed);
	assert_non_null(strstr(text, end));
}

static void test_deinit_twice(void **state)
{
	struct result result = RESULT_INIT;

	(void)state;
	result_fail(&result, EIO, "x");
	assert_int_equal(result_add_resource(&result, "a", 1, RESULT_CREATED), 0);
	result_deinit(&result);
	result_deinit(&result);
	assert_null(result.message);
	assert_int_equal(result.n_resources, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_applied),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_skipped_and_without_a_message),
		cmocka_unit_test(test_any_message_is_a_string_of_one_line),
		cmocka_unit_test(test_a_long_message_is_cut_at_a_character),
		cmocka_unit_test(test_long_lists_are_counted),
		cmocka_unit_test(test_deinit_twice),
	};

	return cmocka_run_group_tests_name("model/result", tests, NULL, NULL);
}
