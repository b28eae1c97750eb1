/* SPDX-License-Identifier: Apache-2.0 */

#include "document/canonical_json.h"

#include <errno.h>

#include "reading.h"

static void writes(const char *text, const char *expected)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(text);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	assert_int_equal(canonical_json_write(read_root(stream), NULL, &out, &diag), 0);
	assert_string_equal(out.data, expected);
	assert_int_equal(diag.n_errors, 0);
}

/* `a: VALUE` gives that. */
static void writes_value(const char *value, const char *expected)
{
	char text[200], json[200];

	snprintf(text, sizeof(text), "a: %s\n", value);
	snprintf(json, sizeof(json), "{\"a\":%s}", expected);
	writes(text, json);
}

/* Errors are below the path `value`; what stood in the buffer still stands there. */
static void fails(const char *text, const char *errors)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(text);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	const struct path path = { .key = "value" };

	buffer_append_string(&out, "before");
	assert_int_equal(canonical_json_write(read_root(stream), &path, &out, &diag),
	                 CANONICAL_JSON_E_INVALID);
	assert_string_equal(out.data, "before");
	assert_int_equal(out.n_data, 6);
	errors_equal(&diag, errors);
}

static void test_order(void **state)
{
	writes("{}", "{}");
	writes("b: 1\na: [x, {d: 2, c: ~}]\n", "{\"a\":[\"x\",{\"c\":null,\"d\":2}],\"b\":1}");
	/* Bytewise; a prefix comes first. */
	writes("{b: , ab: , a: , B: , \"a\\0\": , \xc3\xa9: , z: , \"\": }",
	       "{\"\":null,\"B\":null,\"a\":null,\"a\\u0000\":null,\"ab\":null,\"b\":null,\"z\":null,"
	       "\"\xc3\xa9\":null}");
	writes("a: []\nb: {}\nc: [[], {}]\n", "{\"a\":[],\"b\":{},\"c\":[[],{}]}");
}

static void test_scalars(void **state)
{
	writes_value("~", "null");
	writes_value("", "null");
	writes_value("true", "true");
	writes_value("FALSE", "false");
	writes_value("yes", "\"yes\"");
	writes_value("0x10", "16");
	writes_value("-9223372036854775808", "-9223372036854775808");
	writes_value("18446744073709551615", "18446744073709551615");
	writes_value("\"1\"", "\"1\"");
	writes_value("2001-1-2", "\"2001-01-02T00:00:00Z\"");
	writes_value("!!binary aGk=", "\"hi\"");
	/* Each byte that is no UTF-8. */
	writes_value("!!binary /8PpYcM=", "\"\\ufffd\\ufffd\\ufffda\\ufffd\"");
}

/* By Go's rules: shortest, plain from 1e-6 up to 1e21. */
static void test_floats(void **state)
{
	static const char *const cases[][2] = {
		{ "1.0", "1" },
		{ "0.0", "0" },
		{ "-0.0", "-0" },
		{ "1.5", "1.5" },
		{ "-1.5", "-1.5" },
		{ "0.1", "0.1" },
		{ "100.25", "100.25" },
		{ "1e20", "100000000000000000000" },
		{ "1e21", "1e+21" },
		{ "123e19", "1.23e+21" },
		{ "1e-6", "0.000001" },
		{ "1.25e-6", "0.00000125" },
		{ "1e-7", "1e-7" },
		{ "1.25e-10", "1.25e-10" },
		{ "1e100", "1e+100" },
		{ "0.3", "0.3" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "1.7976931348623157e308", "1.7976931348623157e+308" },
		{ "2.2250738585072014e-308", "2.2250738585072014e-308" },
		{ "5e-324", "5e-324" },
		{ "1.5e-323", "1.5e-323" },
		{ "123456789012345678901234567890", "1.2345678901234568e+29" },
		{ "9007199254740993.0", "9007199254740992" },
		{ "2251799813685249.5", "2251799813685249.5" },
		{ "8.41e21", "8.41e+21" },
		{ "9.5367431640625e-07", "9.5367431640625e-7" },
		/* Powers of two: the nearest decimal of 16 digits reads back as another. */
		{ "5.684341886080802e-14", "5.684341886080802e-14" },
		{ "9.5e-322", "9.5e-322" },
		{ "2.2250738585072011e-308", "2.225073858507201e-308" },
		{ "18014398509481984.0", "18014398509481984" },
		{ "1.8014398509481984e16", "18014398509481984" },
		{ "7.120236347223045e-307", "7.120236347223045e-307" },
		{ "99999999999999999999.0", "100000000000000000000" },
		{ "0.000001", "0.000001" },
		{ "0.00000099999999999999999", "0.000001" },
		{ "9.999999999999997e-7", "9.999999999999997e-7" },
		{ "9.999999999999999e20", "999999999999999900000" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		writes_value(cases[i][0], cases[i][1]);
}

static void test_strings(void **state)
{
	writes_value("\"<&>\"", "\"\\u003c\\u0026\\u003e\"");
	writes_value("\"\\\"\\\\/\"", "\"\\\"\\\\/\"");
	writes_value("\"\\b\\f\\n\\r\\t\\0\\x1f\\x7f\"", "\"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"");
	writes_value("\"\\u2027\\u2028\\u2029\\u202a\"",
	             "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"");
	writes_value("\"\\x80\\x85\\ufffe\\U0001f600\\ufeff\"",
	             "\"\xc2\x80\xc2\x85\xef\xbf\xbe\xf0\x9f\x98\x80\xef\xbb\xbf\"");
	writes("\"<\\u2028\\n\": 1\n", "{\"\\u003c\\u2028\\n\":1}");
}

static void test_string_alone(void **state)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	canonical_json_string("", 0, &out);
	canonical_json_string("a\0<", 3, &out);
	canonical_json_string("\xff"
	                      "a\xe2\x80",
	                      4, &out);
	assert_string_equal(out.data, "\"\"\"a\\u0000\\u003c\"\"\\ufffda\\ufffd\\ufffd\"");
}

/* The keys of the value itself keep their text, whatever their type. */
static void test_top_keys(void **state)
{
	writes("1: a\n0x10: b\n1.50: c\ntrue: d\n.inf: e\n-0: f\n",
	       "{\"-0\":\"f\",\".inf\":\"e\",\"0x10\":\"b\",\"1\":\"a\",\"1.50\":\"c\",\"true\":\"d\"}");
	writes("!!binary aGk=: 1\n!foo x: 2\n! 3: 3\n!!str 4: 4\n",
	       "{\"3\":3,\"4\":4,\"hi\":1,\"x\":2}");
	writes("&k a: 1\nb: {*k : 2}\n", "{\"a\":1,\"b\":{\"a\":2}}");
	writes("\"<<\": 1\n", "{\"\\u003c\\u003c\":1}");
}

static void test_bad_keys(void **state)
{
	fails("~: 1\n", "1:1: value: key \"~\" is of type null: put it in quotes");
	fails("2001-01-01: 1\n",
	      "1:1: value: key \"2001-01-01\" is of type timestamp: put it in quotes");
	fails("? {a: b}\n: 1\n", "1:3: value: a mapping cannot be a key");
	fails("? [a]\n: 1\n", "1:3: value: a sequence cannot be a key");
	fails("!!int x: 1\n", "1:7: value: \"x\" does not fit its tag: it is no integer");
	fails("!!binary aGk=: 1\nhi: 2\n", "2:1: value: there are two keys \"hi\"");
}

static void test_nested_keys(void **state)
{
	fails("x: {1: a, b: c, 1.5: d, true: e, ~: f, 2001-01-01: g}\n",
	      "1:5: value.x: key \"1\" is of type integer: put it in quotes\n"
	      "1:17: value.x: key \"1.5\" is of type float: put it in quotes\n"
	      "1:25: value.x: key \"true\" is of type boolean: put it in quotes\n"
	      "1:34: value.x: key \"~\" is of type null: put it in quotes\n"
	      "1:40: value.x: key \"2001-01-01\" is of type timestamp: put it in quotes");
	fails("x: [{? [a] : 1}]\n", "1:8: value.x[0]: a sequence cannot be a key");
	fails("x: {!foo a: 1}\n", "1:10: value.x: key \"a\" has a tag that makes it no string");
	fails("x: {!!binary aGk=: 1}\n",
	      "1:14: value.x: key \"aGk=\" is of type binary: put it in quotes");
	fails("x: {!!int y: 1}\n", "1:11: value.x: key \"y\" is of type string: put it in quotes");
	writes("x: {\"1\": a, ! 2: b, !!str 3: c}\n",
	       "{\"x\":{\"1\":\"a\",\"2\":\"b\",\"3\":\"c\"}}");
}

static void test_merges(void **state)
{
	writes("base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3\n",
	       "{\"base\":{\"x\":1,\"y\":2},\"d\":{\"x\":1,\"y\":3}}");
	writes("<<: [{a: 1}, {a: 2, b: 2}]\nc: 3\n", "{\"a\":1,\"b\":2,\"c\":3}");
	writes("a: {<<: {b: {c: 1}}, b: {d: 2}}\n", "{\"a\":{\"b\":{\"d\":2}}}");
	/* What is merged follows the type of the mapping: its keys become strings. */
	writes("a: {<<: {1: x, true: y}, b: 2}\n", "{\"a\":{\"1\":\"x\",\"b\":2,\"true\":\"y\"}}");
	writes("<<: {1: x}\n", "{\"1\":\"x\"}");
	fails("a: {<<: {x: 1}, 2: y}\n",
	      "1:17: value.a: key \"2\" is of type integer: put it in quotes");
	fails("a: {<<: {~: 1}}\n", "1:10: value.a: key \"~\" is of type null: put it in quotes");
}

/* A plain `<<` that is no key constructs nothing: null at the top, nothing below. */
static void test_merge_as_value(void **state)
{
	writes("a: <<\n", "{\"a\":null}");
	writes("a: {b: <<, c: 1}\n", "{\"a\":{\"c\":1}}");
	writes("a: [<<, 1, <<]\nb: [<<]\nc: {d: <<}\n", "{\"a\":[1],\"b\":[],\"c\":{}}");
	writes("a: &m <<\nb: [*m, 1]\n", "{\"a\":null,\"b\":[1]}");
	writes("a: \"<<\"\nb: [\"<<\"]\n", "{\"a\":\"\\u003c\\u003c\",\"b\":[\"\\u003c\\u003c\"]}");
}

static void test_aliases(void **state)
{
	writes("a: &x {k: [v]}\nb: *x\nc: [*x, *x]\n",
	       "{\"a\":{\"k\":[\"v\"]},\"b\":{\"k\":[\"v\"]},\"c\":[{\"k\":[\"v\"]},{\"k\":[\"v\"]}]}");
}

static void test_no_mapping(void **state)
{
	fails("[a]", "1:1: value: the value must be a mapping, not of type sequence");
	fails("a", "1:1: value: the value must be a mapping, not of type string");
	fails("~", "1:1: value: the value must be a mapping, not of type null");
	assert_int_equal(canonical_json_write(NULL, NULL, &BUFFER_INIT, NULL),
	                 CANONICAL_JSON_E_INVALID);
}

static void test_all_errors(void **state)
{
	fails("a: .inf\nb: [.nan, {c: -.inf}]\nd: {1: !!int x}\ne: !!binary '@'\n"
	      "f: 2001-01-01T00:00:00+24:00\n",
	      "1:4: value.a: JSON has no .inf\n"
	      "2:5: value.b[0]: JSON has no .nan\n"
	      "2:15: value.b[1].c: JSON has no .inf\n"
	      "3:5: value.d: key \"1\" is of type integer: put it in quotes\n"
	      "3:14: value.d.1: \"x\" does not fit its tag: it is no integer\n"
	      "4:13: value.e: the text of a !!binary is not valid base64\n"
	      "5:4: value.f: a timestamp's zone must be less than 24 hours off");
}

/* Trees that a program builds may be deeper and larger than what the reader gives. */
static const struct node *nest(struct arena *arena, size_t depth, size_t width)
{
	const struct node *node = node_new_scalar(arena, "x", 1, NODE_STYLE_PLAIN);
	const struct node *items[10];
	struct entry entry = { .key = node };

	for (size_t i = 1; i < depth; i++) {
		for (size_t j = 0; j < width; j++)
			items[j] = node;
		node = node_new_sequence(arena, NULL, items, width);
	}
	entry.value = node;
	return node_new_mapping(arena, NULL, &entry, 1);
}

static void nests(size_t depth, size_t width, const char *reason)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	double start = seconds();
	int r = canonical_json_write(nest(arena, depth, width), NULL, &out, &diag);

	assert_int_equal(r, reason ? CANONICAL_JSON_E_INVALID : 0);
	assert_int_equal(diag.n_errors, reason ? 1 : 0);
	if (reason)
		assert_string_equal(diag.entries[0].message, reason);
	assert_true(seconds() - start < 10);
}

static void test_limits(void **state)
{
	nests(NODE_DEPTH_MAX, 1, NULL);
	nests(NODE_DEPTH_MAX + 1, 1, "the value is nested too deep");
	nests(100000, 1, "the value is nested too deep");
	nests(6, 10, NULL);
	nests(100, 10, "the value has too many nodes, aliases expanded");
}

static void test_size(void **state)
{
	_cleanup_(freep) char *scalar = repeat("<", 1 << 20);
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	const struct node *node = node_new_scalar(arena, scalar, 1 << 20, NODE_STYLE_ANY);
	const struct node *items[11] = { node, node, node, node, node, node,
		                         node, node, node, node, node };
	struct entry entry = { node_new_scalar(arena, "k", 1, NODE_STYLE_ANY), NULL };

	/* Six bytes of JSON for each `<`. */
	entry.value = node_new_sequence(arena, NULL, items, 10);
	assert_int_equal(canonical_json_write(node_new_mapping(arena, NULL, &entry, 1), NULL, &out,
	                                      &diag),
	                 0);
	buffer_clear(&out);
	entry.value = node_new_sequence(arena, NULL, items, 11);
	assert_int_equal(canonical_json_write(node_new_mapping(arena, NULL, &entry, 1), NULL, &out,
	                                      &diag),
	                 CANONICAL_JSON_E_INVALID);
	assert_int_equal(out.n_data, 0);
	errors_equal(&diag, "0:0: k[10]: the value is too large as JSON");
}

/* The limit of the buffer is its owner's: no diagnostic. */
static void test_buffer_limit(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text("a: [1, 2, 3]\n");
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer out = { .limit = 8 };

	assert_int_equal(canonical_json_write(read_root(stream), NULL, &out, &diag), -EFBIG);
	assert_int_equal(diag.n_errors, 0);
}

/* Those that are not kept are not looked for. */
static void test_many_errors(void **state)
{
	_cleanup_(freep) char *items = repeat("- .inf\n", 100000);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;

	buffer_printf(&text, "a:\n%s", items);
	stream = read_text(text.data);
	assert_int_equal(canonical_json_write(read_root(stream), NULL, &out, &diag),
	                 CANONICAL_JSON_E_INVALID);
	assert_int_equal(diag.n_errors, DIAG_ENTRIES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),        cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_floats),       cmocka_unit_test(test_strings),
		cmocka_unit_test(test_string_alone), cmocka_unit_test(test_top_keys),
		cmocka_unit_test(test_bad_keys),     cmocka_unit_test(test_nested_keys),
		cmocka_unit_test(test_merges),       cmocka_unit_test(test_merge_as_value),
		cmocka_unit_test(test_aliases),      cmocka_unit_test(test_no_mapping),
		cmocka_unit_test(test_all_errors),   cmocka_unit_test(test_limits),
		cmocka_unit_test(test_size),         cmocka_unit_test(test_buffer_limit),
		cmocka_unit_test(test_many_errors),
	};

	return cmocka_run_group_tests_name("document/canonical_json", tests, NULL, NULL);
}
