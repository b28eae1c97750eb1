/* SPDX-License-Identifier: Apache-2.0 */

#include "profile-cases.h"

#include <time.h>

#include "../../fuzz/profile_modes.h"

#define UNCONFINED                                                                                \
	"found an empty mapping: a container would run unconfined with it; allowed is a profile " \
	"with defaultAction"

static void test_refuses_a_value_that_is_none(void **state)
{
	static const struct render_case cases[] = {
		{ "{}", NULL, "t:1:1: " UNCONFINED },
		{ "{<<: {}}", NULL, "t:1:1: " UNCONFINED },
		{ "null", NULL, "t:1:1: found null, allowed is a mapping with defaultAction" },
		{ "''", NULL, "t:1:1: found string \"\", allowed is a mapping with defaultAction" },
		{ "hello", NULL,
		  "t:1:1: found string \"hello\", allowed is a mapping with defaultAction" },
		{ "12", NULL, "t:1:1: found integer 12, allowed is a mapping with defaultAction" },
		{ "[1]", NULL, "t:1:1: found sequence, allowed is a mapping with defaultAction" },
	};

	CHECK_CASES(cases, VALIDATE_STRICT);
	CHECK_CASES(cases, VALIDATE_OFF);
}

/* D3 and D4 hold with every mode. */
static void test_off_refuses_what_cannot_be_a_file(void **state)
{
	static const char *const refused[] = {
		"{~: 1}",    "{a: 1, null: 2}", "{<<: {~: 1}}",
		"{a: .inf}", "{a: {1: b}}",     "{a: {~: b}}",
	};
	static const struct render_case accepted[] = {
		{ "{a: 1}", "{\"a\":1}" },
		{ "{1: a, true: b, 1.50: c}", "{\"1\":\"a\",\"1.50\":\"c\",\"true\":\"b\"}" },
		{ "{\"null\": 1}", "{\"null\":1}" },
		{ "{defaultAction: 5, names: []}", "{\"defaultAction\":5,\"names\":[]}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT, messages = BUFFER_INIT;

		if (render(refused[i], VALIDATE_OFF, &bytes, &messages) != PROFILE_E_INVALID)
			fail_msg("%s was accepted", refused[i]);
		assert_string_equal(strtok(messages.data, ":"), "t");
	}
	CHECK_CASES(accepted, VALIDATE_OFF);
}

/* However the key is written. In JSON and YAML it is the bytes that count. */
static void test_own_key_never_reaches_the_file(void **state)
{
	static const char *const refused[] = {
		"{? !!binary eC1zZWNjb21wZnM= : {base: runc}, defaultAction: SCMP_ACT_LOG}",
		"{a: {? !!binary eC1zZWNjb21wZnM= : 1}, defaultAction: SCMP_ACT_LOG}",
		"{a: [{x-seccompfs: {base: runc}}], defaultAction: SCMP_ACT_LOG}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		for (int mode = VALIDATE_STRICT; mode <= VALIDATE_OFF; mode++) {
			_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT,
							       messages = BUFFER_INIT;

			if (render(refused[i], (enum validate_mode)mode, &bytes, &messages) !=
			    PROFILE_E_INVALID)
				fail_msg("%s was accepted: %s", refused[i], bytes.data);
		}
	}
}

/* Errors of both halves are told: the rules', and what cannot be JSON. */
static void test_all_errors(void **state)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT, messages = BUFFER_INIT;

	assert_int_equal(render("defaultAction: SCMP_ACT_LOG\n"
	                        "syscalls:\n"
	                        "- names: [a]\n"
	                        "  action: SCMP_ACT_X\n"
	                        "- names: []\n"
	                        "  action: SCMP_ACT_LOG\n"
	                        "x: .inf\n",
	                        VALIDATE_STRICT, &bytes, &messages),
	                 PROFILE_E_INVALID);
	assert_non_null(strstr(messages.data, "t:4:11: syscalls[0].action: unknown action"));
	assert_non_null(strstr(messages.data, "t:5:10: syscalls[1].names: found an empty list"));
	assert_non_null(strstr(messages.data, "t:7:4: x: "));
}

static void test_value_missing(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	static const char text[] = "\n  name: a.json";
	const struct path path = { .key = "value" };
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	const struct node *owner;

	assert_int_equal(yaml_read_bytes("t", text, strlen(text), &stream, NULL, &diag), 0);
	owner = stream->documents[0].root;
	assert_int_equal(profile_check_value(owner, NULL, &options_off, &path, &diag),
	                 PROFILE_E_INVALID);
	assert_int_equal(profile_render(owner, NULL, &options_off, NULL, &path, &bytes, &diag),
	                 PROFILE_E_INVALID);
	assert_int_equal(diag.n_errors, 2);
	assert_string_equal(diag.entries[0].message, "required key value is missing");
	assert_string_equal(diag.entries[0].path, "value");
	assert_int_equal(diag.entries[0].line, 2);
	assert_int_equal(diag.entries[0].column, 3);
}

static void test_null_key(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	static const char text[] = "a: 1\n<<: {~: 2}";
	const struct node *value;

	assert_int_equal(yaml_read_bytes("t", text, strlen(text), &stream, NULL, &diag), 0);
	value = stream->documents[0].root;
	assert_int_equal(profile_check_value(NULL, value, &options_off, NULL, &diag),
	                 PROFILE_E_INVALID);
	assert_int_equal(diag.n_errors, 1);
	assert_string_equal(diag.entries[0].message, "found null as a key, allowed is a string");
	assert_int_equal(profile_render(NULL, value, &options_off, NULL, NULL, &bytes, &diag),
	                 PROFILE_E_INVALID);
	assert_int_equal(diag.n_errors, 2);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Each rule is wrong in a way that asks for a suggestion. */
static void test_many_errors_are_counted_and_fast(void **state)
{
	enum { N = 100000 };
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, bytes = BUFFER_INIT;
	double begin;

	buffer_append_string(&text, "defaultAction: SCMP_ACT_LOG\narchitectures:\n");
	for (int i = 0; i < N; i++)
		buffer_append_string(&text, "- LOOOGARCH\n");
	assert_int_equal(yaml_read_bytes("t", text.data, text.n_data, &stream, NULL, &diag), 0);
	begin = now();
	assert_int_equal(profile_render(NULL, stream->documents[0].root, &options_strict, NULL,
	                                NULL, &bytes, &diag),
	                 PROFILE_E_INVALID);
	assert_int_equal(diag.n_errors, N);
	assert_int_equal(diag.n_entries, DIAG_ENTRIES_MAX);
	/* Some 0.2 s; sanitizers and valgrind are slower, a suggestion for each took 3 s. */
	assert_true(now() - begin < 30);
}

/* Warnings must not crowd out the one error. */
static void test_an_error_after_many_warnings_is_kept(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, bytes = BUFFER_INIT;

	buffer_append_string(&text, "defaultAction: SCMP_ACT_LOG\n");
	for (int i = 0; i < 3 * DIAG_ENTRIES_MAX; i++)
		buffer_printf(&text, "k%d: 1\n", i);
	buffer_append_string(&text, "syscals: []\n");
	assert_int_equal(yaml_read_bytes("t", text.data, text.n_data, &stream, NULL, &diag), 0);
	assert_int_equal(profile_render(NULL, stream->documents[0].root, &options_strict, NULL,
	                                NULL, &bytes, &diag),
	                 PROFILE_E_INVALID);
	assert_string_equal(diag_first_error(&diag)->message,
	                    "unknown key \"syscals\": did you mean syscalls?");
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		const char *trouble; /* NULL: accepted */
	} cases[] = {
		{ "a", NULL },
		{ "audit.json", NULL },
		{ " a b.json ", NULL },
		{ "a\\b", NULL },
		{ "a..", NULL },
		{ "-", NULL },
		{ "\xe6\x97\xa5\xe6\x9c\xac.json", NULL },
		{ "\xf0\x9f\x98\x80", NULL },
		{ "", "\"\" is empty" },
		{ ".", "\".\" begins with a dot" },
		{ "..", "\"..\" begins with a dot" },
		{ ".control", "\".control\" begins with a dot" },
		{ "../../etc/passwd", "\"../../etc/passwd\" begins with a dot" },
		{ "/etc/passwd", "\"/etc/passwd\" holds a slash" },
		{ "a/", "\"a/\" holds a slash" },
		{ "a\nb", "\"a\\x0ab\" holds a control character" },
		{ "a\x7f", "\"a\\x7f\" holds a control character" },
		{ "a\xc2\x9b", "\"a\\x9b\" holds a control character" },
		{ "a\xff", "\"a\xff\" is not UTF-8" },
		{ "\xed\xa0\x80", "\"\xed\xa0\x80\" is not UTF-8" },
		{ "\xc0\xaf", "\"\xc0\xaf\" is not UTF-8" },
		{ "\xe6\x97", "\"\xe6\x97\" is not UTF-8" },
	};
	static const char allowed[] = ": allowed is a plain file name of 1 to 255 bytes of UTF-8, "
				      "without / and control characters, not beginning with a dot";

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		_cleanup_(buffer_deinit) struct buffer expected = BUFFER_INIT;
		int r = profile_check_name(NULL, cases[i].name, strlen(cases[i].name), NULL, &diag);

		if (!cases[i].trouble) {
			if (r)
				fail_msg("%s: %s", cases[i].name, diag.entries[0].message);
			continue;
		}
		assert_int_equal(r, PROFILE_E_INVALID);
		buffer_printf(&expected, "name %s%s", cases[i].trouble, allowed);
		assert_string_equal(diag.entries[0].message, expected.data);
	}
}

static void test_name_length_and_nul(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	char name[PROFILE_NAME_MAX + 1];

	memset(name, 'x', sizeof(name));
	assert_int_equal(profile_check_name(NULL, name, PROFILE_NAME_MAX, NULL, &diag), 0);
	assert_int_equal(profile_check_name(NULL, name, PROFILE_NAME_MAX + 1, NULL, &diag),
	                 PROFILE_E_INVALID);
	/* The message shows the start of it. */
	assert_non_null(strstr(diag.entries[0].message, "xxx...\" is too long"));
	assert_int_equal(profile_check_name(NULL, "a\0b", 3, NULL, &diag), PROFILE_E_INVALID);
	assert_int_equal(profile_check_name(NULL, "a", 1, NULL, NULL), 0);
	assert_int_equal(profile_check_name(NULL, "", 0, NULL, NULL), PROFILE_E_INVALID);
}

static void test_validate_mode(void **state)
{
	enum validate_mode mode;

	assert_true(validate_mode_parse("strict", &mode));
	assert_int_equal(mode, VALIDATE_STRICT);
	assert_true(validate_mode_parse("off", &mode));
	assert_int_equal(mode, VALIDATE_OFF);
	assert_false(validate_mode_parse("", &mode));
	assert_false(validate_mode_parse("Strict", &mode));
	assert_false(validate_mode_parse("on", &mode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuses_a_value_that_is_none),
		cmocka_unit_test(test_off_refuses_what_cannot_be_a_file),
		cmocka_unit_test(test_own_key_never_reaches_the_file),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_value_missing),
		cmocka_unit_test(test_null_key),
		cmocka_unit_test(test_many_errors_are_counted_and_fast),
		cmocka_unit_test(test_an_error_after_many_warnings_is_kept),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_name_length_and_nul),
		cmocka_unit_test(test_validate_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
