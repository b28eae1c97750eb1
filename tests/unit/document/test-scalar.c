/* SPDX-License-Identifier: Apache-2.0 */

#include "document/scalar.h"

#include <math.h>

#include "reading.h"

/* The value of the entry `a` in the text. */
static const struct node *find_a(const struct stream *stream)
{
	const struct node *node = node_resolve(node_find(read_root(stream), "a"));

	assert_non_null(node);
	return node;
}

struct resolved {
	struct stream *stream;
	struct arena *arena;
	struct scalar scalar;
};

static void resolved_deinit(struct resolved *resolved)
{
	stream_free(resolved->stream);
	arena_free(resolved->arena);
}

/* `a: VALUE` has that type. */
static struct resolved resolve(const char *value, enum scalar_type type)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct resolved resolved = { .arena = arena_new(0) };
	char text[200];

	snprintf(text, sizeof(text), "a: %s\n", value);
	resolved.stream = read_text(text);
	if (scalar_resolve(resolved.arena, find_a(resolved.stream), NULL, &resolved.scalar, &diag))
		fail_msg("%s is refused", value);
	if (resolved.scalar.type != type)
		fail_msg("%s is of type %s", value, scalar_type_name(resolved.scalar.type));
	return resolved;
}

static void is_type(const char *value, enum scalar_type type)
{
	_cleanup_(resolved_deinit) struct resolved resolved = resolve(value, type);

	assert_int_equal(resolved.scalar.type, type);
}

static void is_text(const char *value, enum scalar_type type, const char *text)
{
	_cleanup_(resolved_deinit) struct resolved resolved = resolve(value, type);

	assert_int_equal(resolved.scalar.n_text, strlen(text));
	assert_memory_equal(resolved.scalar.text, text, strlen(text));
}

static void is_string(const char *value)
{
	is_text(value, SCALAR_STRING, value);
}

static void is_bool(const char *value, bool expected)
{
	_cleanup_(resolved_deinit) struct resolved resolved = resolve(value, SCALAR_BOOL);

	assert_int_equal(resolved.scalar.boolean, expected);
}

static void is_int(const char *value, int64_t expected)
{
	_cleanup_(resolved_deinit) struct resolved resolved = resolve(value, SCALAR_INT);

	assert_int_equal(resolved.scalar.integer, expected);
}

static void is_uint(const char *value, uint64_t expected)
{
	_cleanup_(resolved_deinit) struct resolved resolved = resolve(value, SCALAR_UINT);

	assert_int_equal(resolved.scalar.uinteger, expected);
}

/* Bit for bit, so that zeros have their sign. */
static void is_float(const char *value, double expected)
{
	_cleanup_(resolved_deinit) struct resolved resolved = resolve(value, SCALAR_FLOAT);

	assert_memory_equal(&resolved.scalar.number, &expected, sizeof(expected));
}

static void fails(const char *value, const char *error)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(stream_freep) struct stream *stream = NULL;
	struct path path = { .key = "a" };
	struct scalar scalar;
	char text[200];

	snprintf(text, sizeof(text), "a: %s\n", value);
	stream = read_text(text);
	assert_int_equal(scalar_resolve(arena, find_a(stream), &path, &scalar, &diag),
	                 SCALAR_E_INVALID);
	errors_equal(&diag, error);
}

static void test_words(void **state)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
	static const char *const strings[] = { "nULL", "tRue", "yes", "no",   "on",     "off",
		                               "y",    "N",    "nil", "=",    "truely", "True.",
		                               ".Nan", "<",    "<<<", ".iNf", "inf",    "nan" };

	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++)
		is_type(nulls[i], SCALAR_NULL);
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		is_string(strings[i]);
	is_bool("true", true);
	is_bool("True", true);
	is_bool("TRUE", true);
	is_bool("false", false);
	is_bool("False", false);
	is_bool("FALSE", false);
	is_type("<<", SCALAR_MERGE);
	is_float(".inf", INFINITY);
	is_float("+.INF", INFINITY);
	is_float("-.Inf", -INFINITY);
	is_type(".nan", SCALAR_FLOAT);
	is_type(".NaN", SCALAR_FLOAT);
}

static void test_integers(void **state)
{
	is_int("0", 0);
	is_int("+7", 7);
	is_int("-7", -7);
	is_int("010", 8);
	is_int("-010", -8);
	is_int("0x1F", 31);
	is_int("0Xff", 255);
	is_int("0o17", 15);
	is_int("+0O17", 15);
	is_int("0b101", 5);
	is_int("-0B11", -3);
	is_int("00", 0);
	is_int("1_000", 1000);
	is_int("1__0_", 10);
	is_int("0x_f", 15);
	is_int("0_7", 7);
	is_int("-_0", 0);
	is_int("9223372036854775807", INT64_MAX);
	is_int("-9223372036854775808", INT64_MIN);
	is_int("-0x8000000000000000", INT64_MIN);
	is_uint("9223372036854775808", 1ULL << 63);
	is_uint("18446744073709551615", UINT64_MAX);
	is_uint("0xffffffffffffffff", UINT64_MAX);
	/* An unsigned integer has no sign: what is left is a float. */
	is_float("+9223372036854775808", 9223372036854775808.0);
	is_float("-9223372036854775809", -9223372036854775808.0);
	is_float("18446744073709551616", 18446744073709551616.0);
	is_string("0x10000000000000000");
	is_string("-0x8000000000000001");
	is_string("0xg");
	is_string("0x");
	is_string("0b2");
	is_string("0o8");
	is_string("_1");
	is_string("1 2");
	is_string("+");
	is_string("+-1");
	is_string("1:30");
	is_string("1,000");
}

static void test_floats(void **state)
{
	is_float("1.5", 1.5);
	is_float("-0", -0.0);
	is_float("-0.0", -0.0);
	is_float("-0e0", -0.0);
	is_float("0.0", 0.0);
	is_float("08", 8.0);
	is_float("5.", 5.0);
	is_float(".5", 0.5);
	is_float("+.5", 0.5);
	is_float("1e3", 1000.0);
	is_float("1E+3", 1000.0);
	is_float("1.e-3", 0.001);
	is_float("1_0.5_0", 10.5);
}

static void test_float_limits(void **state)
{
	is_float("1.7976931348623157e308", 1.7976931348623157e308);
	is_float("5e-324", 5e-324);
	is_float("1e-400", 0.0);
	is_float("-1e-400", -0.0);
	is_string("1e400");
	is_string("-1.8e308");
	is_string("1e");
	is_string("1e+");
	is_string("e3");
	is_string(".");
	is_string("..5");
	is_string(".5.");
	is_string("1.5.2");
	is_string("0x1p-2");
	/* Behind a leading point a `_` must stand between digits. */
	is_float(".5_0", 0.5);
	is_float(".5e1_0", .5e10);
	is_string("._5");
	is_string(".5_");
	is_string(".5__0");
	is_string(".5_e1");
}

static void test_timestamps(void **state)
{
	is_text("2001-12-14", SCALAR_TIMESTAMP, "2001-12-14T00:00:00Z");
	is_text("2001-1-2", SCALAR_TIMESTAMP, "2001-01-02T00:00:00Z");
	is_text("2001-12-14T21:59:43Z", SCALAR_TIMESTAMP, "2001-12-14T21:59:43Z");
	is_text("2001-12-14t1:2:3.10-05:30", SCALAR_TIMESTAMP, "2001-12-14T01:02:03.1-05:30");
	is_text("2001-12-14  21:59:43.5", SCALAR_TIMESTAMP, "2001-12-14T21:59:43.5Z");
	is_text("2001-12-14 21:59:43,25", SCALAR_TIMESTAMP, "2001-12-14T21:59:43.25Z");
	is_text("2001-12-14T21:59:43.1234567899+00:00", SCALAR_TIMESTAMP,
	        "2001-12-14T21:59:43.123456789Z");
	is_text("2001-12-14T00:00:00.000000001+23:59", SCALAR_TIMESTAMP,
	        "2001-12-14T00:00:00.000000001+23:59");
	is_text("2000-02-29", SCALAR_TIMESTAMP, "2000-02-29T00:00:00Z");
	is_text("2004-02-29", SCALAR_TIMESTAMP, "2004-02-29T00:00:00Z");
	is_text("0000-01-01", SCALAR_TIMESTAMP, "0000-01-01T00:00:00Z");
	is_text("!!timestamp \"2001-12-14\"", SCALAR_TIMESTAMP, "2001-12-14T00:00:00Z");
	is_text("\"2001-12-14\"", SCALAR_STRING, "2001-12-14");
	is_text("!!str 2001-12-14", SCALAR_STRING, "2001-12-14");
}

static void test_no_timestamps(void **state)
{
	static const char *const strings[] = {
		"1900-02-29",
		"2001-02-30",
		"2001-13-01",
		"2001-0-1",
		"2001-12-0",
		"2001-12",
		"2001-12-14T",
		"2001-12-14T21:59Z",
		"2001-12-14T24:00:00Z",
		"2001-12-14T21:60:00Z",
		"2001-12-14T21:59:60Z",
		"2001-12-14T21:59:43",
		"2001-12-14T21:59:43.Z",
		"2001-12-14T21:59:43z",
		"2001-12-14T21:59:43+1:00",
		"2001-12-14T21:59:43+25:00",
		"2001-12-14T21:59:43+01:61",
		"2001-12-14 21:59:43 -5",
		"2001-12-14 21:59:43Z",
		"2001-12-14x",
		"20011-12-14",
		"201-12-14",
	};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		is_string(strings[i]);
	/* Go reads these but does not write them as JSON. */
	fails("2001-12-14T00:00:00+24:00",
	      "1:4: a: a timestamp's zone must be less than 24 hours off");
	fails("2001-12-14T00:00:00-23:60",
	      "1:4: a: a timestamp's zone must be less than 24 hours off");
}

static void test_quoted(void **state)
{
	is_text("\"42\"", SCALAR_STRING, "42");
	is_text("'true'", SCALAR_STRING, "true");
	is_text("'~'", SCALAR_STRING, "~");
	is_text("\"<<\"", SCALAR_STRING, "<<");
	is_text("|-\n  1", SCALAR_STRING, "1");
	is_text(">-\n  null", SCALAR_STRING, "null");
	is_text("\"\"", SCALAR_STRING, "");
}

static void test_tags(void **state)
{
	is_text("!!str 42", SCALAR_STRING, "42");
	is_text("!!str", SCALAR_STRING, "");
	is_text("! 42", SCALAR_STRING, "42");
	is_text("! &x 42", SCALAR_STRING, "42");
	is_text("&x ! 42", SCALAR_STRING, "42");
	is_text("!foo 42", SCALAR_STRING, "42");
	is_text("!!foo 42", SCALAR_STRING, "42");
	is_text("!<tag:yaml.org,2002:str> 42", SCALAR_STRING, "42");
	is_int("!!int \"42\"", 42);
	is_int("!<tag:yaml.org,2002:int> 42", 42);
	is_int("!!int 0x_10", 16);
	is_uint("!!int 18446744073709551615", UINT64_MAX);
	is_float("!!float 3", 3.0);
	is_float("!!float '1.5'", 1.5);
	is_float("!!float -0", -0.0);
	is_bool("!!bool 'true'", true);
	is_type("!!null \"\"", SCALAR_NULL);
	is_type("!!null ~", SCALAR_NULL);
	is_type("!!merge x", SCALAR_MERGE);
}

static void test_tags_that_do_not_fit(void **state)
{
	fails("!!int hello", "1:10: a: \"hello\" does not fit its tag: it is no integer");
	fails("!!int 1.5", "1:10: a: \"1.5\" does not fit its tag: it is no integer");
	fails("!!int -0", "1:10: a: \"-0\" does not fit its tag: it is no integer");
	fails("!!int \"\"", "1:10: a: \"\" does not fit its tag: it is no integer");
	fails("!!int 2001-12-14", "1:10: a: \"2001-12-14\" does not fit its tag: it is no integer");
	fails("!!float x", "1:12: a: \"x\" does not fit its tag: it is no float");
	fails("!!float 18446744073709551615",
	      "1:12: a: \"18446744073709551615\" does not fit its tag: it is no float");
	fails("!!bool yes", "1:11: a: \"yes\" does not fit its tag: it is no boolean");
	fails("!!null x", "1:11: a: \"x\" does not fit its tag: it is no null");
	fails("!!timestamp 5", "1:16: a: \"5\" does not fit its tag: it is no timestamp");
	fails("!!int\n  \"a\\nb\\x01\\x7f\"",
	      "2:3: a: \"a\\nb\\x01\\x7f\" does not fit its tag: it is no integer");
}

static void test_binary(void **state)
{
	is_text("!!binary aGVsbG8=", SCALAR_BINARY, "hello");
	is_text("!!binary \"aGVs\\nbG8=\\r\\n\"", SCALAR_BINARY, "hello");
	is_text("!!binary aGVsbG8h", SCALAR_BINARY, "hello!");
	is_text("!!binary aGVsbA==", SCALAR_BINARY, "hell");
	is_text("!!binary", SCALAR_BINARY, "");
	is_text("!!binary AZaz09+/", SCALAR_BINARY, "\x01\x96\xb3\xd3\xdf\xbf");
	is_text("!!binary /+8=", SCALAR_BINARY, "\xff\xef");
	fails("!!binary \"@@@\"", "1:13: a: the text of a !!binary is not valid base64");
	fails("!!binary aGVsbG8", "1:13: a: the text of a !!binary is not valid base64");
	fails("!!binary aGVsbG8==", "1:13: a: the text of a !!binary is not valid base64");
	fails("!!binary aGVsb===", "1:13: a: the text of a !!binary is not valid base64");
	fails("!!binary aGVs=", "1:13: a: the text of a !!binary is not valid base64");
	fails("!!binary aGVsbA==aGVs", "1:13: a: the text of a !!binary is not valid base64");
	fails("!!binary aGVs bG8=", "1:13: a: the text of a !!binary is not valid base64");
	fails("!!binary a_-=", "1:13: a: the text of a !!binary is not valid base64");
}

static void test_shorthands(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"n: &n ~\nm: *n\ns: x\nq: \"~\"\ni: 7\nu: 18446744073709551615\n"
		"j: -1\nf: 7.0\nc: []\nb: !!int x\n");
	const struct node *root = read_root(stream);
	uint64_t value = 0;

	assert_true(scalar_is_null(node_find(root, "n")));
	assert_true(scalar_is_null(node_find(root, "m")));
	assert_false(scalar_is_null(node_find(root, "q")));
	assert_false(scalar_is_null(node_find(root, "c")));
	assert_false(scalar_is_null(NULL));
	assert_true(scalar_is_string(node_find(root, "s")));
	assert_true(scalar_is_string(node_find(root, "q")));
	assert_false(scalar_is_string(node_find(root, "i")));
	assert_false(scalar_is_string(node_find(root, "b")));
	assert_false(scalar_is_string(node_find(root, "c")));
	assert_true(scalar_get_uint64(node_find(root, "i"), &value));
	assert_int_equal(value, 7);
	assert_true(scalar_get_uint64(node_find(root, "u"), &value));
	assert_int_equal(value, UINT64_MAX);
	assert_false(scalar_get_uint64(node_find(root, "j"), &value));
	assert_false(scalar_get_uint64(node_find(root, "f"), &value));
	assert_false(scalar_get_uint64(node_find(root, "s"), &value));
	assert_false(scalar_get_uint64(node_find(root, "b"), &value));
}

static void test_built(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);

	assert_true(scalar_is_string(node_new_scalar(arena, "42", 2, NODE_STYLE_ANY)));
	assert_true(scalar_is_null(node_new_scalar(arena, "", 0, NODE_STYLE_PLAIN)));
	/* A NUL ends no number. */
	assert_true(scalar_is_string(node_new_scalar(arena, "42\0", 3, NODE_STYLE_PLAIN)));
	assert_true(scalar_is_string(node_new_scalar(arena, ".5\0", 3, NODE_STYLE_PLAIN)));
	assert_true(scalar_is_string(node_new_scalar(arena, "\0", 1, NODE_STYLE_PLAIN)));
}

static void test_type_names(void **state)
{
	assert_string_equal(scalar_type_name(SCALAR_STRING), "string");
	assert_string_equal(scalar_type_name(SCALAR_NULL), "null");
	assert_string_equal(scalar_type_name(SCALAR_BOOL), "boolean");
	assert_string_equal(scalar_type_name(SCALAR_INT), "integer");
	assert_string_equal(scalar_type_name(SCALAR_UINT), "integer");
	assert_string_equal(scalar_type_name(SCALAR_FLOAT), "float");
	assert_string_equal(scalar_type_name(SCALAR_TIMESTAMP), "timestamp");
	assert_string_equal(scalar_type_name(SCALAR_BINARY), "binary");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_float_limits),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(test_no_timestamps),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_tags_that_do_not_fit),
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_shorthands),
		cmocka_unit_test(test_built),
		cmocka_unit_test(test_type_names),
	};

	return cmocka_run_group_tests_name("document/scalar", tests, NULL, NULL);
}
