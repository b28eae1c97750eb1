/* SPDX-License-Identifier: Apache-2.0 */

#include "document/yaml_writer.h"

#include "tree_edit.h"

static const struct yaml_layout two_columns = {
	.indent = 2,
	.indent_sequences = false,
	.line_break = "\n",
};

/* Writes the document of text in block style and checks what comes out. */
static void check_block(const char *text, const struct yaml_layout *layout, unsigned int column,
                        bool keep_flow, const char *expected)
{
	_cleanup_(stream_freep) struct stream *stream = tree_read("text", text, strlen(text));
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	assert_int_equal(yaml_write_block(stream->documents[0].root, layout, column, keep_flow,
	                                  &out),
	                 0);
	assert_string_equal(out.data, expected);
}

static void check_flow(const char *text, const char *expected)
{
	_cleanup_(stream_freep) struct stream *stream = tree_read("text", text, strlen(text));
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	assert_int_equal(yaml_write_flow(stream->documents[0].root, &out), 0);
	assert_string_equal(out.data, expected);
}

static void check_scalar(const char *text, size_t n_text, enum node_style style, const char *tag,
                         const char *expected)
{
	struct node node = {
		.kind = NODE_SCALAR,
		.style = style,
		.tag = tag,
		.text = text,
		.n = n_text,
	};
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	assert_int_equal(yaml_write_scalar(&node, &out), 0);
	assert_string_equal(out.data, expected);
}

static void check_string(const char *text, const char *expected)
{
	check_scalar(text, strlen(text), NODE_STYLE_ANY, NULL, expected);
}

static void test_talos_layout(void **state)
{
	(void)state;
	check_block("machine: {seccompProfiles: [{name: audit.json, value: {defaultAction: "
	            "SCMP_ACT_LOG}}], other: {}, list: []}",
	            &yaml_layout_talos, 0, false,
	            "machine:\n"
	            "    seccompProfiles:\n"
	            "        - name: audit.json\n"
	            "          value:\n"
	            "            defaultAction: SCMP_ACT_LOG\n"
	            "    other: {}\n"
	            "    list: []");
}

static void test_two_columns(void **state)
{
	(void)state;
	check_block("a: {b: [x, [p, q], {c: [1]}]}", &two_columns, 0, false,
	            "a:\n"
	            "  b:\n"
	            "  - x\n"
	            "  - - p\n"
	            "    - q\n"
	            "  - c:\n"
	            "    - 1");
}

static void test_column_and_break(void **state)
{
	static const struct yaml_layout layout = {
		.indent = 2,
		.indent_sequences = true,
		.line_break = "\r\n",
	};

	(void)state;
	check_block("a: [1]\nb: |\n  x\n\n  z\n", &layout, 3, false,
	            "a:\r\n     - 1\r\n   b: |\r\n     x\r\n\r\n     z");
}

static void test_flow_is_kept_when_short(void **state)
{
	(void)state;
	check_block("a: {b: 1}\nc:\n  - [1, {d: 2}]\n", &two_columns, 0, true,
	            "a: {b: 1}\nc:\n- [1, {d: 2}]");
	check_block("key: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, "
	            "cccccccccccccccccccccccccccccc]",
	            &two_columns, 0, true,
	            "key: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, "
	            "cccccccccccccccccccccccccccccc]");
	check_block("keys: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, "
	            "cccccccccccccccccccccccccccccc]",
	            &two_columns, 0, true,
	            "keys:\n- aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
	            "- bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n- cccccccccccccccccccccccccccccc");
}

static void test_flow(void **state)
{
	(void)state;
	check_flow("name: a.json\nvalue:\n  defaultAction: SCMP_ACT_LOG\nlist:\n- 1\n- 'x, y'\n",
	           "{name: a.json, value: {defaultAction: SCMP_ACT_LOG}, list: [1, 'x, y']}");
	check_flow("? [1, 2]\n: {? {a: b} : c}\n", "{? [1, 2] : {? {a: b} : c}}");
	check_flow("{\"q\": \"s\", p: https://a/b}", "{\"q\": \"s\", p: https://a/b}");
}

static void test_quotes_are_kept(void **state)
{
	(void)state;
	check_block("a: 'x'\nb: \"x\"\nc: x\n'd': 1\n\"e\": 2\n", &two_columns, 0, false,
	            "a: 'x'\nb: \"x\"\nc: x\nd: 1\ne: 2");
}

/* A string stays one for our own rules and for readers of YAML 1.1. */
static void test_strings_that_look_otherwise(void **state)
{
	static const char *const quoted[] = {
		"true", "False", "null", "~",    "yes",        "NO",  "on", "Off",  "y",     "N",
		"1",    "-7",    "0x1F", "0o17", "012",        "1e3", ".5", ".inf", "-.INF", ".NaN",
		"1_0",  "1:20",  "=",    "<<",   "2001-12-14", "-0",  "08", "1.",   "+1",
	};
	static const char *const plain[] = {
		"a",         "a b",      "audit.json", "10.5.0.3", "1.2.3",  "SCMP_ACT_LOG",
		"yesterday", "-a",       "a:b",        "a#b",      "$patch", "a-b",
		"5m0s",      "\xc3\xa9", "/etc/x",     "a\\b",     "1 a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(quoted); i++) {
		char expected[40];

		snprintf(expected, sizeof(expected), "\"%s\"", quoted[i]);
		check_string(quoted[i], expected);
	}
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		check_string(plain[i], plain[i]);
}

static void test_strings_that_need_quotes(void **state)
{
	(void)state;
	check_string("", "\"\"");
	check_string(" a", "\" a\"");
	check_string("a ", "\"a \"");
	check_string("a: b", "\"a: b\"");
	check_string("a:", "\"a:\"");
	check_string("a #b", "\"a #b\"");
	check_string("- a", "\"- a\"");
	check_string("-", "\"-\"");
	check_string("---", "\"---\"");
	check_string("...", "\"...\"");
	check_string("?a", "\"?a\"");
	check_string("*a", "\"*a\"");
	check_string("{a", "\"{a\"");
	check_string("a,b", "\"a,b\"");
	check_string("\"a\"", "'\"a\"'");
	check_string("'a\"", "\"'a\\\"\"");
	check_string("%a", "\"%a\"");
	check_scalar("it's", 4, NODE_STYLE_SINGLE_QUOTED, NULL, "'it''s'");
}

static void test_escapes(void **state)
{
	(void)state;
	check_scalar("a\0b", 3, NODE_STYLE_SINGLE_QUOTED, NULL, "\"a\\u0000b\"");
	check_string("\t\n\r\b\f\"\\ \x1b\x7f", "\"\\t\\n\\r\\b\\f\\\"\\\\ \\u001b\\u007f\"");
	check_string("\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xef\xbf\xbe",
	             "\"\\u0085\\u2028\\u2029\\ufeff\\ufffe\"");
	check_scalar("\xf0\x9f\x98\x80", 4, NODE_STYLE_DOUBLE_QUOTED, NULL, "\"\xf0\x9f\x98\x80\"");
}

static void test_other_types_stay_plain(void **state)
{
	static const char *const texts[] = {
		"true", "0x1F", "-0",    "1e3",        "~",
		"null", ".inf", "1_000", "2001-12-14", "18446744073709551615"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		check_scalar(texts[i], strlen(texts[i]), NODE_STYLE_PLAIN, NULL, texts[i]);
	check_scalar("", 0, NODE_STYLE_PLAIN, NULL, "null");
	check_scalar("yes", 3, NODE_STYLE_PLAIN, NULL, "\"yes\"");
}

static void test_tags(void **state)
{
	(void)state;
	check_scalar("1", 1, NODE_STYLE_PLAIN, "tag:yaml.org,2002:str", "!!str 1");
	check_scalar("3", 1, NODE_STYLE_PLAIN, "tag:yaml.org,2002:float", "!!float 3");
	check_scalar("3", 1, NODE_STYLE_DOUBLE_QUOTED, "tag:yaml.org,2002:int", "!!int \"3\"");
	check_scalar("", 0, NODE_STYLE_PLAIN, "tag:yaml.org,2002:null", "!!null null");
	check_scalar("", 0, NODE_STYLE_PLAIN, "tag:yaml.org,2002:binary", "!!binary \"\"");
	check_scalar("", 0, NODE_STYLE_PLAIN, "tag:yaml.org,2002:str", "!!str \"\"");
	check_scalar("1", 1, NODE_STYLE_PLAIN, "!", "! 1");
	check_scalar("a", 1, NODE_STYLE_PLAIN, "!mine", "!mine a");
	check_scalar("a", 1, NODE_STYLE_PLAIN, "tag:example.com,2000:a b>",
	             "!<tag:example.com,2000:a%20b%3E> a");
	check_block("a: !!map {x: 1}\nb: [!mine [1]]\nc: !mine []\n", &two_columns, 0, false,
	            "a: !!map\n  x: 1\nb:\n- !mine\n  - 1\nc: !mine []");
}

static void test_literals(void **state)
{
	(void)state;
	check_block("a: |\n  x\n   z\nb: >\n  x\n\n  z\nc: |-\n  x\n  z\n", &two_columns, 0, false,
	            "a: |\n  x\n   z\nb: |\n  x\n  z\nc: |-\n  x\n  z");
	check_block("- |\n  x\n  z\n", &two_columns, 0, false, "- |\n  x\n  z");
	check_block("|\n x\n z\n", &two_columns, 0, false, "|\n  x\n  z");
	/* What a literal would not carry, or not readably. */
	check_block("a: |+\n  x\n\nb: |2\n   x\n  z\nc: |\n  x\n", &two_columns, 0, false,
	            "a: \"x\\n\\n\"\nb: \" x\\nz\\n\"\nc: |\n  x");
	check_block("a: \"x\\nz\\n\"", &two_columns, 0, false, "a: \"x\\nz\\n\"");
}

static void test_aliases_are_expanded(void **state)
{
	(void)state;
	check_block("a: &x {p: 1}\nb: *x\nc: {<<: *x, q: 2}\nd: &y s\n*y : 1\n", &two_columns, 0,
	            false, "a:\n  p: 1\nb:\n  p: 1\nc:\n  <<:\n    p: 1\n  q: 2\nd: s\ns: 1");
	check_flow("- &x [1]\n- *x\n- '<<': 1\n", "[[1], [1], {'<<': 1}]");
}

static void test_keys(void **state)
{
	char key[1500], text[1600], expected[1600];

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	snprintf(text, sizeof(text), "? %s\n: a: 1\n", key);
	snprintf(expected, sizeof(expected), "? %s\n:\n  a: 1", key);
	check_block(text, &two_columns, 0, false, expected);
	snprintf(expected, sizeof(expected), "{? %s : {a: 1}}", key);
	check_flow(text, expected);
	check_block("? [1, 2]\n: - a\n? {b: c}\n: d\n~: e\n1: f\n\"2\": g\n", &two_columns, 0,
	            false, "? [1, 2]\n:\n- a\n? {b: c}\n: d\n~: e\n1: f\n\"2\": g");
	check_block("? |\n  a\n  b\n: 1\n", &two_columns, 0, false, "\"a\\nb\\n\": 1");
}

/* Levels of nine aliases each. */
static void check_laughs(unsigned int n_levels, const char *text)
{
	_cleanup_(buffer_deinit) struct buffer block = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer flow = BUFFER_INIT;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct node *node = node_new_scalar(arena, text, strlen(text),
	                                          NODE_STYLE_DOUBLE_QUOTED);

	for (unsigned int i = 0; i < n_levels; i++) {
		const struct node *items[9];

		for (size_t j = 0; j < ARRAY_SIZE(items); j++) {
			struct node *alias = arena_alloc(arena, sizeof(*alias));

			alias->kind = NODE_ALIAS;
			alias->target = node;
			items[j] = alias;
		}
		node = node_new_sequence(arena, NULL, items, ARRAY_SIZE(items));
	}
	assert_int_equal(yaml_write_block(node, &yaml_layout_talos, 0, true, &block),
	                 YAML_WRITE_E_INVALID);
	assert_int_equal(yaml_write_flow(node, &flow), YAML_WRITE_E_INVALID);
}

static void test_billion_laughs(void **state)
{
	char text[10000];

	(void)state;
	check_laughs(9, "lol");
	/* Too many nodes, but not too many bytes; and the other way round. */
	check_laughs(7, "");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	check_laughs(5, text);
}

static void check_depth(unsigned int depth, int expected)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	const struct node *node = node_new_scalar(arena, "x", 1, NODE_STYLE_PLAIN);

	for (unsigned int i = 0; i < depth; i++)
		node = node_new_sequence(arena, NULL, &node, 1);
	assert_int_equal(yaml_write_block(node, &yaml_layout_talos, 0, false, &out), expected);
}

static void test_depth(void **state)
{
	(void)state;
	check_depth(NODE_DEPTH_MAX, 0);
	check_depth(NODE_DEPTH_MAX + 1, YAML_WRITE_E_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talos_layout),
		cmocka_unit_test(test_two_columns),
		cmocka_unit_test(test_column_and_break),
		cmocka_unit_test(test_flow_is_kept_when_short),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_quotes_are_kept),
		cmocka_unit_test(test_strings_that_look_otherwise),
		cmocka_unit_test(test_strings_that_need_quotes),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_other_types_stay_plain),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_aliases_are_expanded),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_billion_laughs),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
