/* SPDX-License-Identifier: Apache-2.0 */

#include "document/span.h"

#include "document/canonical_json.h"
#include "reading.h"

static const struct node *value_in(const struct stream *stream)
{
	const struct node *value = node_find(read_root(stream), "value");

	assert_non_null(value);
	return value;
}

static char *render(const struct node *node)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	assert_int_equal(canonical_json_write(node, NULL, &out, NULL), 0);
	return buffer_steal(&out, NULL);
}

/* The value has the span of this text and column, and is the same when that is read. */
static void gives(const char *text, const char *piece, unsigned int column)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(text), *again = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(freep) char *bytes = NULL, *bytes_again = NULL;
	const struct node *value = value_in(stream);
	bool is_equal = false;
	struct span span;

	assert_true(node_span(value, &span));
	assert_int_equal(span.n, strlen(piece));
	assert_memory_equal(text + span.offset, piece, span.n);
	assert_int_equal(span.column, column);
	assert_int_equal(yaml_read_span("t", text, &span, &again, &diag), 0);
	assert_int_equal(diag.n_entries, 0);
	assert_int_equal(node_equal(value, read_root(again), &is_equal), 0);
	assert_true(is_equal);
	bytes = render(value);
	bytes_again = render(read_root(again));
	assert_string_equal(bytes, bytes_again);
}

static void has_none_of(const struct node *value)
{
	struct span span = { 1, 2, 3 };

	assert_false(node_span(value, &span));
	assert_int_equal(span.offset, 0);
	assert_int_equal(span.n, 0);
	assert_int_equal(span.column, 0);
}

static void has_none(const char *text)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(text);

	has_none_of(value_in(stream));
}

static void test_block(void **state)
{
	gives("value:\n  a: 1\n", "a: 1", 3);
	gives("value:\n  a: 1", "a: 1", 3);
	gives("value:\n  a: 1\n  b:\n    - c\n    - d: e\n      f: g\nlast: 1\n",
	      "a: 1\n  b:\n    - c\n    - d: e\n      f: g", 3);
	/* A sequence that is not indented, values that are missing, and keys that are. */
	gives("value:\n  a:\n  - 1\n  - 2\n  b:\nlast: 1\n", "a:\n  - 1\n  - 2\n  b:", 3);
	gives("value:\n    ? a\n    ? b\n    : c\n", "? a\n    ? b\n    : c", 5);
	gives("value:\n  a: {\n b: 1,\nc: 2 }\n  d: 1\n", "a: {\n b: 1,\nc: 2 }\n  d: 1", 3);
}

/* In a list, where the lines behind the first are further right than it seems. */
static void test_items(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text("- - name: a\n    value: b\n");
	_cleanup_(stream_freep) struct stream *again = NULL;
	const struct node *item = read_root(stream)->items[0]->items[0];
	struct span span;

	assert_true(node_span(item, &span));
	assert_int_equal(span.column, 5);
	assert_int_equal(yaml_read_span("t", stream->source->text, &span, &again, NULL), 0);
	assert_int_equal(read_root(again)->n, 2);
}

static void test_flow(void **state)
{
	gives("value: {a: 1, b: [c, d: e]}\n", "{a: 1, b: [c, d: e]}", 1);
	gives("value:\n  {a: 1,\n b: 2,\n\tc: 3\n}\nlast: 1\n", "{a: 1,\n b: 2,\n\tc: 3\n}", 1);
	gives("value: {}\n", "{}", 1);
	gives("value: {a}\n", "{a}", 1);
	gives("[x, {y: z}]: 1\nvalue: {? a : b}\n", "{? a : b}", 1);
}

static void test_json(void **state)
{
	gives("{\"name\":\"a\",\"value\":{\"a\":[1,{\"b\":null}],\"c\":\"\\u00fc\"},\"z\":1}",
	      "{\"a\":[1,{\"b\":null}],\"c\":\"\\u00fc\"}", 1);
}

static void test_scalars(void **state)
{
	/* Those of several lines keep their breaks and folds. */
	gives("value:\n  a: one\n   two\n\n   three\n  b: 'x\n\n y'\n  c: \"p\n\n  q\\\n  r\"\nz: 1\n",
	      "a: one\n   two\n\n   three\n  b: 'x\n\n y'\n  c: \"p\n\n  q\\\n  r\"", 3);
	gives("value: {a: one\n two, b: 'x\n\ny', c: \"p\nq\"}\n",
	      "{a: one\n two, b: 'x\n\ny', c: \"p\nq\"}", 1);
	/* The last one: what follows does not belong to it. */
	gives("value:\n  a: one\n   two\n\n\n# three\nz: 1\n", "a: one\n   two", 3);
	gives("value:\n  a: 0x10\n  b: 1.50\n  c: ~\n  d: yes\n  e: 2001-01-01\n",
	      "a: 0x10\n  b: 1.50\n  c: ~\n  d: yes\n  e: 2001-01-01", 3);
}

static void test_line_breaks(void **state)
{
	gives("value:\r\n  a: 1\r\n  b: 2\r\nz: 1\r\n", "a: 1\r\n  b: 2", 3);
	gives("value:\r  a: 1\r  b: 2\rz: 1\r", "a: 1\r  b: 2", 3);
	gives("value:\xc2\x85  a: 1\xc2\x85  b: 2\xc2\x85", "a: 1\xc2\x85  b: 2", 3);
}

static void test_comments(void **state)
{
	gives("value: # one\n  # two\n  a: 1 # three\n# four\n  b: 2 # five\n  # six\nz: 1\n",
	      "a: 1 # three\n# four\n  b: 2", 3);
	gives("value: { # }\n a: 1 # {\n} # }\n", "{ # }\n a: 1 # {\n}", 1);
}

/* Columns are characters. */
static void test_wide_characters(void **state)
{
	gives("value:\n  \xc3\xbc: \xe2\x82\xac\n  b: 1\n", "\xc3\xbc: \xe2\x82\xac\n  b: 1", 3);
	gives("# \xc3\xbc\xc3\xbc\nvalue: {\xc3\xbc: 1}\n", "{\xc3\xbc: 1}", 1);
}

static void test_documents(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"%YAML 1.2\n---\nx: 1\n...\n---\nvalue:\n  a: 1\n--- \n{}\n");
	_cleanup_(stream_freep) struct stream *again = NULL;
	const struct node *value = node_find(stream->documents[1].root, "value");
	struct span span;

	assert_true(node_span(value, &span));
	assert_memory_equal(stream->source->text + span.offset, "a: 1\n---", 8);
	assert_int_equal(span.n, 4);
	/* The whole document is a mapping, too. */
	assert_true(node_span(stream->documents[1].root, &span));
	assert_int_equal(span.column, 1);
	assert_int_equal(yaml_read_span("t", stream->source->text, &span, &again, NULL), 0);
	assert_int_equal(read_root(again)->n, 1);
}

static void test_refused(void **state)
{
	has_none("value: 1\n");
	has_none("value: [a: 1]\n");
	has_none("value: &a {b: 1}\n");
	has_none("value: {b: &a 1}\n");
	has_none("value: {&a b: 1}\n");
	has_none("value: {b: [&a c]}\n");
	has_none("a: &a {b: 1}\nvalue: *a\n");
	has_none("a: &a {b: 1}\nvalue: {c: *a}\n");
	has_none("a: &a b\nvalue: {*a : c}\n");
	has_none("value: !!map {b: 1}\n");
	has_none("value: {b: !!str 1}\n");
	has_none("value: {b: ! 1}\n");
	has_none("%TAG !x! tag:yaml.org,2002:\n---\nvalue: {b: !x!str 1}\n");
	has_none("value: {<<: {b: 1}, c: 2}\n");
	has_none("value: {c: {<<: {b: 1}}}\n");
	has_none("value:\n  b: |\n    c\n");
	has_none("value:\n  b: >-\n    c\n  d: 1\n");
	/* But a quoted one is a key like any other. */
	gives("value: {'<<': 1}\n", "{'<<': 1}", 1);
}

static void test_single_pairs_are_refused(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"[a: b, ? c : d, {e: f}: {g: h}, {i: j}]\n");
	const struct node *root = read_root(stream);
	struct span span;

	for (size_t i = 0; i < 3; i++)
		has_none_of(root->items[i]);
	assert_true(node_span(root->items[3], &span));
	assert_int_equal(span.n, strlen("{i: j}"));
}

static void test_converted_text_is_refused(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text("\xef\xbb\xbfvalue: {a: 1}\n");

	has_none_of(value_in(stream));
}

static void test_built_nodes_are_refused(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text("value: {a: 1}\n");
	const struct node *value = value_in(stream);
	const struct entry entry = {
		.key = value->entries[0].key,
		.value = node_new_scalar(stream->arena, "1", 1, NODE_STYLE_ANY),
	};
	struct node *built = node_new_mapping(stream->arena, value, &entry, 1);

	has_none_of(NULL);
	has_none_of(built);
	/* Even where it is put into what was read. */
	built->source = value->source;
	built->start = value->start;
	built->end = value->end;
	built->style = value->style;
	has_none_of(built);
}

/* What is in block style has to be moved to its column. */
static void test_far_right(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_append_string(&text, "value:\n");
	buffer_append_repeated(&text, ' ', SPAN_COLUMN_MAX - 1);
	buffer_append_string(&text, "a: 1\n");
	gives(text.data, "a: 1", SPAN_COLUMN_MAX);
	buffer_clear(&text);
	buffer_append_string(&text, "value:\n");
	buffer_append_repeated(&text, ' ', SPAN_COLUMN_MAX);
	buffer_append_string(&text, "a: 1\n");
	has_none(text.data);
	buffer_clear(&text);
	buffer_append_string(&text, "value:\n");
	buffer_append_repeated(&text, ' ', SPAN_COLUMN_MAX);
	buffer_append_string(&text, "{a: 1}\n");
	gives(text.data, "{a: 1}", 1);
}

/* `value: BEFORE PIECE... AFTER`: with n pieces it has a span, with one more it has none. */
static void ends_at(const char *before, const char *piece, size_t n, const char *after)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	for (size_t i = 0; i < 2; i++) {
		_cleanup_(freep) char *pieces = repeat(piece, n + i);
		_cleanup_(freep) char *ends = repeat(after, strcmp(piece, "[") ? 1 : n + i);

		buffer_clear(&text);
		buffer_printf(&text, "value: %s%s%s}", before, pieces, ends);
		if (i)
			has_none(text.data);
		else
			gives(text.data, text.data + strlen("value: "), 1);
	}
}

static void test_limits(void **state)
{
	ends_at("{a: [1", ",1", SPAN_NODES_MAX - 4, "]");
	ends_at("{a: x", "x", SPAN_SIZE_MAX - 6, "");
	ends_at("{a: ", "[", SPAN_DEPTH_MAX - 1, "]");
	/* Side by side is not in each other. */
	ends_at("{a: [[]", ",[]", SPAN_NODES_MAX - 4, "]");
}

/* A span that belongs to another text is an error, or something else: never a crash. */
static void test_wrong_spans(void **state)
{
	static const char text[] = "value:\n  a: 1\n  b: [c, \xc3\xbc]\n";
	const size_t n_text = sizeof(text) - 1;

	for (size_t offset = 0; offset <= n_text; offset++) {
		for (size_t n = 0; offset + n <= n_text; n++) {
			const struct span span = { (uint32_t)offset, (uint32_t)n, 3 };
			_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
			_cleanup_(stream_freep) struct stream *stream = NULL;
			int r = yaml_read_span("t", text, &span, &stream, &diag);

			assert_true(r == 0 || r == YAML_E_SYNTAX);
			assert_int_equal(r != 0, diag.n_errors > 0);
			assert_int_equal(r != 0, stream == NULL);
			if (stream)
				assert_int_equal(read_root(stream)->kind, NODE_MAPPING);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_flow),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_line_breaks),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_wide_characters),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_single_pairs_are_refused),
		cmocka_unit_test(test_converted_text_is_refused),
		cmocka_unit_test(test_built_nodes_are_refused),
		cmocka_unit_test(test_far_right),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_wrong_spans),
	};

	return cmocka_run_group_tests_name("document/span", tests, NULL, NULL);
}
