/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/option_list.h"

struct options {
	bool flag;
	char *word;
	char *text;
	struct buffer rest;
};

static const struct option_spec specs[] = {
	{ "flag", OPTION_SET, offsetof(struct options, flag), "", "", "the flag" },
	{ "noflag", OPTION_CLEAR, offsetof(struct options, flag), "", "", NULL },
	{ "word=", OPTION_STRING, offsetof(struct options, word), "^(one|two)$", "one|two",
	  "a word" },
	{ "text=", OPTION_STRING, offsetof(struct options, text), ".", "TEXT", "any text" },
	{ "label=", OPTION_APPEND, offsetof(struct options, rest) },
	{ "x-" },
	{ "user" },
	{ "user=" },
};

static int apply(struct options *options, const char *list, struct diag *diag)
{
	return option_list_apply(list, specs, ARRAY_SIZE(specs), options, diag);
}

static void deinit(struct options *options)
{
	option_list_free(specs, ARRAY_SIZE(specs), options);
	buffer_deinit(&options->rest);
}

static void test_fields_are_set(void **state)
{
	_cleanup_(deinit) struct options options = { 0 };

	(void)state;
	assert_int_equal(apply(&options, "flag,word=one,text=a=b,word=two", NULL), 0);
	assert_true(options.flag);
	assert_string_equal(options.word, "two");
	assert_string_equal(options.text, "a=b");
	assert_int_equal(apply(&options, "noflag", NULL), 0);
	assert_false(options.flag);
}

static void test_empty_and_ignored(void **state)
{
	static const char *const lists[] = {
		"", ",", ",,flag,,", "x-a,x-b=c,x-", "user", "user=me,user", "user="
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_(deinit) struct options options = { 0 };

		assert_int_equal(apply(&options, lists[i], NULL), 0);
	}
}

static void test_quotes_protect_commas(void **state)
{
	_cleanup_(deinit) struct options options = { 0 };

	(void)state;
	assert_int_equal(apply(&options, "label=\"u:r:t:s0:c0,c1\",text=\"a,b\",label=2,flag",
	                       NULL),
	                 0);
	assert_string_equal(options.text, "a,b");
	assert_string_equal(options.rest.data, ",label=\"u:r:t:s0:c0,c1\",label=2");
	assert_true(options.flag);
	/* A quote that nobody closed reaches to the end. */
	assert_int_equal(apply(&options, "text=\"a,flag", NULL), 0);
	assert_string_equal(options.text, "\"a,flag");
	assert_int_equal(apply(&options, "text=\"\"", NULL), OPTION_LIST_E_INVALID);
}

/* As long as one argument of a program can be. */
static void test_long_values(void **state)
{
	static char list[128 << 10];
	_cleanup_(deinit) struct options options = { 0 };

	(void)state;
	memset(list, 'x', sizeof(list) - 1);
	memcpy(list, "text=", strlen("text="));
	assert_int_equal(apply(&options, list, NULL), 0);
	memcpy(list, "word=", strlen("word="));
	assert_int_equal(apply(&options, list, NULL), OPTION_LIST_E_INVALID);
	memcpy(list, "wrod=", strlen("wrod="));
	assert_int_equal(apply(&options, list, NULL), OPTION_LIST_E_INVALID);
}

static void assert_refused(const char *list, const char *message)
{
	_cleanup_(deinit) struct options options = { 0 };
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(apply(&options, list, &diag), OPTION_LIST_E_INVALID);
	assert_non_null(diag_first_error(&diag));
	assert_string_equal(diag_first_error(&diag)->message, message);
}

static void test_refusals(void **state)
{
	(void)state;
	assert_refused("flagg", "unknown option flagg, did you mean flag?");
	assert_refused("wrod=one", "unknown option wrod=one, did you mean word=?");
	assert_refused("word", "unknown option word, did you mean word=?");
	assert_refused("flag=1", "unknown option flag=1, did you mean flag?");
	assert_refused("nothing-like-it", "unknown option nothing-like-it");
	assert_refused("word=three", "word=three: expected one|two");
	assert_refused("word=", "word=: expected one|two");
	assert_refused("word=one ", "word=one : expected one|two");
	assert_refused("text=", "text=: expected TEXT");
}

static void test_all_errors_are_told(void **state)
{
	_cleanup_(deinit) struct options options = { 0 };
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	(void)state;
	assert_int_equal(apply(&options, "what,word=x,flag,who", &diag), OPTION_LIST_E_INVALID);
	assert_int_equal(diag.n_errors, 3);
	assert_true(options.flag);
}

static void test_help(void **state)
{
	char text[512] = "";
	FILE *file = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(file);
	option_list_print_help(specs, ARRAY_SIZE(specs), file);
	fclose(file);
	assert_string_equal(text, "  flag                 the flag\n"
	                          "  word=one|two         a word\n"
	                          "  text=TEXT            any text\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_are_set),
		cmocka_unit_test(test_empty_and_ignored),
		cmocka_unit_test(test_quotes_protect_commas),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_all_errors_are_told),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests_name("base/option_list", tests, NULL, NULL);
}
