/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/diag.h"
#include "base/log.h"
#include "capture.h"

static char *format(const struct diag_entry *entry)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	diag_entry_format(entry, &out);
	return buffer_steal(&out, NULL);
}

static void assert_formats(const struct place *place, const char *path, const char *expected)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(freep) char *text = NULL;

	diag_error(&diag, place, path, "found %d", 7);
	assert_int_equal(diag.n_entries, 1);
	text = format(&diag.entries[0]);
	assert_string_equal(text, expected);
}

static void test_an_entry_says_what_is_known(void **state)
{
	const struct place whole = { "patch", 3, 14 }, file = { "m.yaml", 0, 0 },
			   line = { NULL, 3, 1 };

	(void)state;
	assert_formats(&whole, "machine.x[1]", "patch:3:14: machine.x[1]: found 7");
	assert_formats(&file, NULL, "m.yaml: found 7");
	assert_formats(&line, "", "3:1: found 7");
	assert_formats(NULL, "a", "a: found 7");
	assert_formats(NULL, NULL, "found 7");
}

static void test_everything_is_copied(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(freep) char *text = NULL;
	char source[] = "patch", path[] = "p", word[] = "word";
	struct place place = { source, 1, 2 };

	(void)state;
	diag_warning(&diag, &place, path, "%s", word);
	source[0] = path[0] = word[0] = 'X';
	text = format(&diag.entries[0]);
	assert_string_equal(text, "patch:1:2: p: word");
}

static void test_counts_and_first_error(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	(void)state;
	assert_null(diag_first_error(&diag));
	diag_warning(&diag, NULL, NULL, "w");
	assert_null(diag_first_error(&diag));
	diag_error(&diag, NULL, NULL, "one");
	diag_error(&diag, NULL, NULL, "two");
	assert_string_equal(diag_first_error(&diag)->message, "one");
	assert_int_equal(diag.n_errors, 2);
	assert_int_equal(diag.n_warnings, 1);
	diag_clear(&diag);
	assert_int_equal(diag.n_entries + diag.n_errors + diag.n_warnings, 0);
	diag_error(&diag, NULL, NULL, "three");
	assert_string_equal(diag_first_error(&diag)->message, "three");
	diag_error(NULL, NULL, NULL, "nowhere");
}

static void test_entries_are_bounded_and_counts_go_on(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	char *text = NULL;
	size_t n_text = 0;
	FILE *file = open_memstream(&text, &n_text);

	(void)state;
	for (unsigned int i = 0; i < DIAG_ENTRIES_MAX + 5; i++)
		diag_error(&diag, NULL, NULL, "e%u", i);
	assert_int_equal(diag.n_entries, DIAG_ENTRIES_MAX);
	assert_int_equal(diag.n_errors, DIAG_ENTRIES_MAX + 5);
	assert_string_equal(diag.entries[DIAG_ENTRIES_MAX - 1].message, "e999");
	diag_print(&diag, file, "p: ");
	fclose(file);
	assert_true(n_text > 16 && !strcmp(text + n_text - 10, "p: 5 more\n"));
	free(text);
}

static void test_print(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct place place = { "f", 1, 2 };
	char *text = NULL;
	size_t n_text = 0;
	FILE *file = open_memstream(&text, &n_text);

	(void)state;
	diag_error(&diag, &place, "a.b", "bad");
	diag_warning(&diag, NULL, NULL, "odd");
	diag_print(&diag, file, "seccompfs: ");
	fclose(file);
	assert_string_equal(text, "seccompfs: f:1:2: a.b: bad\nseccompfs: warning: odd\n");
	free(text);
}

static void test_a_finding_has_rule_and_remedy(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT, copy = DIAG_INIT;
	const struct place place = { "f", 1, 2 }, elsewhere = { "g", 3, 4 };
	char remedy[] = "say no", *text = NULL;
	size_t n_text = 0;
	FILE *file = open_memstream(&text, &n_text);

	(void)state;
	diag_add_finding(&diag, DIAG_WARNING, "too-much", &place, "a.b", remedy, "found %d", 7);
	diag_add_finding(&diag, DIAG_ERROR, "too-little", NULL, NULL, NULL, "found %d", 0);
	diag_add_finding(NULL, DIAG_ERROR, "too-little", NULL, NULL, NULL, "nowhere");
	remedy[0] = 'X';
	diag_append(&copy, &diag);
	diag_add_entry_at(&copy, &diag.entries[0], &elsewhere);
	assert_int_equal(copy.n_errors, 1);
	assert_int_equal(copy.n_warnings, 2);
	assert_string_equal(copy.entries[0].rule, "too-much");
	assert_string_equal(copy.entries[0].remedy, "say no");
	assert_null(copy.entries[1].remedy);
	diag_print(&copy, file, "p: ");
	fclose(file);
	assert_string_equal(text, "p: warning: f:1:2: a.b: found 7 [too-much]\n"
	                          "p:     say no\n"
	                          "p: found 0 [too-little]\n"
	                          "p: warning: g:3:4: a.b: found 7 [too-much]\n"
	                          "p:     say no\n");
	free(text);
}

static void test_append(void **state)
{
	_cleanup_(diag_deinit) struct diag from = DIAG_INIT, diag = DIAG_INIT;
	const struct place place = { "f", 1, 2 };

	(void)state;
	diag_error(&from, &place, "a.b", "100%% bad");
	for (size_t i = 0; i < DIAG_ENTRIES_MAX; i++)
		diag_warning(&from, NULL, NULL, "odd");
	diag_error(&diag, NULL, NULL, "first");
	diag_append(&diag, &from);
	diag_append(NULL, &from);
	assert_int_equal(diag.n_entries, DIAG_ENTRIES_MAX);
	assert_int_equal(diag.n_errors, 2);
	assert_int_equal(diag.n_warnings, DIAG_ENTRIES_MAX);
	assert_string_equal(diag.entries[1].source, "f");
	assert_int_equal(diag.entries[1].line, 1);
	assert_int_equal(diag.entries[1].column, 2);
	assert_string_equal(diag.entries[1].path, "a.b");
	assert_string_equal(diag.entries[1].message, "100% bad");
}

/* What diag_log() writes to stderr. */
static void logged(const struct diag *diag, enum diag_severity least, char *text, size_t n_text)
{
	struct capture capture;

	capture_begin(&capture);
	diag_log(diag, least);
	capture_end(&capture, text, n_text);
}

static void test_log(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct place place = { "f", 1, 2 };
	char text[4096];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_open("seccompfs", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	diag_warning(&diag, NULL, NULL, "odd");
	diag_add_finding(&diag, DIAG_ERROR, "too-bad", &place, "a.b", "mend it", "bad");
	logged(&diag, DIAG_ERROR, text, sizeof(text));
	assert_string_equal(text, "seccompfs: f:1:2: a.b: bad [too-bad]\n");
	/* What keeps a thing from working comes first. */
	logged(&diag, DIAG_WARNING, text, sizeof(text));
	assert_string_equal(text, "seccompfs: f:1:2: a.b: bad [too-bad]\nseccompfs: odd\n");
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void test_log_is_bounded(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	char text[4096];

	(void)state;
	for (size_t i = 0; i < DIAG_ENTRIES_MAX + 5; i++)
		diag_error(&diag, NULL, NULL, "bad");
	diag_warning(&diag, NULL, NULL, "odd");
	logged(&diag, DIAG_ERROR, text, sizeof(text));
	assert_int_equal(count_lines(text), DIAG_LOGGED_MAX + 1);
	assert_non_null(strstr(text, "seccompfs: 995 more errors\n"));
	logged(&diag, DIAG_WARNING, text, sizeof(text));
	assert_int_equal(count_lines(text), DIAG_LOGGED_MAX + 2);
	assert_non_null(strstr(text, "seccompfs: 1 more warning\n"));
}

static void test_deinit_twice(void **state)
{
	struct diag diag = DIAG_INIT;

	(void)state;
	diag_error(&diag, NULL, NULL, "x");
	diag_deinit(&diag);
	diag_deinit(&diag);
	assert_null(diag.entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_entry_says_what_is_known),
		cmocka_unit_test(test_everything_is_copied),
		cmocka_unit_test(test_counts_and_first_error),
		cmocka_unit_test(test_entries_are_bounded_and_counts_go_on),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_a_finding_has_rule_and_remedy),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_is_bounded),
		cmocka_unit_test(test_deinit_twice),
	};

	return cmocka_run_group_tests_name("base/diag", tests, NULL, NULL);
}
