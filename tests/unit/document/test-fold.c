/* SPDX-License-Identifier: Apache-2.0 */

#include "document/fold.h"

#include <errno.h>

#include "reading.h"

/*
 * Texts with marks: `{<` and `>}` stand around a span, and `+` behind that says that the next span
 * is in the same piece.
 */
struct marked {
	struct buffer text;
	struct folds folds;
};

static void marked_deinit(struct marked *marked)
{
	buffer_deinit(&marked->text);
	folds_deinit(&marked->folds);
}

static void begin_span(struct marked *marked, bool continues)
{
	struct folds *folds = &marked->folds;
	const char *text = marked->text.data ? marked->text.data : "";
	struct span *span = &folds->spans[folds->n_spans];

	*span = (struct span){ .offset = (uint32_t)marked->text.n_data, .column = 1 };
	for (size_t i = marked->text.n_data; i > 0 && !strchr("\r\n", text[i - 1]); i--)
		span->column += ((unsigned char)text[i - 1] & 0xc0) != 0x80;
	if (!continues)
		folds->folds[folds->n_folds++] = (struct fold){ .first = folds->n_spans };
	folds->folds[folds->n_folds - 1].n++;
}

static void mark(struct marked *marked, const char *text)
{
	struct folds *folds = &marked->folds;
	bool continues = false;

	*marked = (struct marked){ 0 };
	folds->spans = calloc(strlen(text) + 1, sizeof(*folds->spans));
	folds->folds = calloc(strlen(text) + 1, sizeof(*folds->folds));
	for (; *text; text++) {
		if (strncmp(text, "{<", 2) == 0) {
			begin_span(marked, continues);
			text++;
		} else if (strncmp(text, ">}", 2) == 0) {
			struct span *span = &folds->spans[folds->n_spans++];

			span->n = (uint32_t)marked->text.n_data - span->offset;
			continues = text[2] == '+';
			text += continues ? 2 : 1;
		} else {
			buffer_append_char(&marked->text, *text);
		}
	}
}

static int reduce(struct marked *marked, const char *patch, struct buffer *out)
{
	return fold_reduce(&marked->folds, marked->text.data, marked->text.n_data, patch,
	                   strlen(patch), out);
}

static void marks_equal(const struct mark *a, const struct mark *b)
{
	assert_int_equal(a->offset, b->offset);
	assert_int_equal(a->line, b->line);
	assert_int_equal(a->column, b->column);
}

static const struct fold *find_fold(const struct folds *folds, const struct node *node)
{
	for (size_t i = 0; i < folds->n_folds; i++) {
		if (folds->folds[i].node == node)
			return &folds->folds[i];
	}
	return NULL;
}

/* The places of a tree with pieces of one span each are those of the whole tree. */
static void places_equal(const struct folds *folds, const struct node *folded,
                         const struct node *whole)
{
	bool is_piece = find_fold(folds, folded);

	marks_equal(&folded->properties, &whole->properties);
	marks_equal(&folded->start, &whole->start);
	marks_equal(&folded->end, &whole->end);
	assert_int_equal(is_piece ? NODE_MAPPING : folded->kind, whole->kind);
	if (is_piece || folded->kind == NODE_SCALAR)
		return;
	assert_int_equal(folded->n, whole->n);
	for (size_t i = 0; i < folded->n; i++) {
		if (folded->kind == NODE_SEQUENCE) {
			places_equal(folds, folded->items[i], whole->items[i]);
			continue;
		}
		places_equal(folds, folded->entries[i].key, whole->entries[i].key);
		places_equal(folds, folded->entries[i].value, whole->entries[i].value);
	}
}

/* Takes text. 0 or FOLD_E_UNABLE. */
static int read_folded(struct buffer *text, struct folds *folds, struct stream **streamp)
{
	_cleanup_(source_freep) struct source *source = NULL;
	int r;

	assert_int_equal(source_new_of_text("t", text, &source), 0);
	r = fold_read(source, folds, streamp);
	if (r == 0)
		source = NULL;
	return r;
}

static bool has_long_pieces(const struct folds *folds)
{
	return folds->n_spans > folds->n_folds;
}

/* Folds text, whose reduced form is given, and unfolds it again: nothing is lost. */
static void folds_to(const char *text, const char *reduced)
{
	_cleanup_(marked_deinit) struct marked marked;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT, again = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *folded = NULL, *whole = NULL, *small = NULL;

	mark(&marked, text);
	assert_int_equal(reduce(&marked, "", &out), 0);
	assert_string_equal(out.data, reduced);
	assert_int_equal(fold_expand(&marked.folds, marked.text.data, out.data, out.n_data, &again),
	                 0);
	assert_int_equal(again.n_data, marked.text.n_data);
	assert_string_equal(again.data, marked.text.data);
	whole = read_bytes(marked.text.data, marked.text.n_data);
	small = read_text(reduced);
	assert_int_equal(read_folded(&again, &marked.folds, &folded), 0);
	assert_int_equal(folded->n_documents, small->n_documents);
	for (size_t i = 0; i < small->n_documents; i++) {
		bool equal = false;

		assert_int_equal(node_equal(folded->documents[i].root, small->documents[i].root,
		                            &equal),
		                 0);
		assert_true(equal);
		marks_equal(&folded->documents[i].start, &whole->documents[i].start);
		marks_equal(&folded->documents[i].end, &whole->documents[i].end);
		if (!has_long_pieces(&marked.folds))
			places_equal(&marked.folds, folded->documents[i].root,
			             whole->documents[i].root);
	}
}

static void test_block_style(void **state)
{
	folds_to("a:\n  {<b: c\n  d: [e]>}\nf: g\n", "a:\n  \"folded-0-0\"\nf: g\n");
	folds_to("- v:\n    {<b: c>} # d\n  # e\n- v:\n    {<f:\n    - g>}\n",
	         "- v:\n    \"folded-0-0\" # d\n  # e\n- v:\n    \"folded-0-1\"\n");
	/* Comments within go with it. */
	folds_to("a:\n  {<b: c # d\n\n# e\n  f:>} # g\n", "a:\n  \"folded-0-0\" # g\n");
	folds_to("a:\n  {<? b\n  : c>}\n", "a:\n  \"folded-0-0\"\n");
	folds_to("a:\n  {<b: c\n    d>}\n# e\nf: g\n", "a:\n  \"folded-0-0\"\n# e\nf: g\n");
	/* A mapping in a line of its `:`. */
	folds_to("? a\n: {<b: c\n  d: e>}\n", "? a\n: \"folded-0-0\"\n");
}

static void test_flow_style(void **state)
{
	folds_to("a: {<{b: c}>}\n", "a: \"folded-0-0\"\n");
	folds_to("{a: {<{b: [c, d: e]}>}, f: {<{}>}}\n",
	         "{a: \"folded-0-0\", f: \"folded-0-1\"}\n");
	folds_to("{\"a\":{<{\"b\":\"}\"}>}}", "{\"a\":\"folded-0-0\"}");
	folds_to("a: {<{b: c,\nd: e}>} # f\ng: h\n", "a: \"folded-0-0\" # f\ng: h\n");
	folds_to("a:\n  {<{? b : , c: }>}\n", "a:\n  \"folded-0-0\"\n");
}

static void test_end_of_file(void **state)
{
	folds_to("a:\n  {<b: c>}", "a:\n  \"folded-0-0\"");
	folds_to("a:\n  {<b:>}", "a:\n  \"folded-0-0\"");
	folds_to("a: {<{b: c}>}", "a: \"folded-0-0\"");
	folds_to("a:\n  {<b: c>}\n\n\n", "a:\n  \"folded-0-0\"\n\n\n");
	folds_to("a:\n  {<b:>}\n# d\n...\n", "a:\n  \"folded-0-0\"\n# d\n...\n");
}

static void test_line_breaks(void **state)
{
	_cleanup_(marked_deinit) struct marked marked;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	folds_to("a:\r\n  {<b: c\r\n  d: e>}\r\nf: g\r\n", "a:\r\n  \"folded-0-0\"\r\nf: g\r\n");
	folds_to("a:\r  {<b: c\r  d: e>}\rf: g\r", "a:\r  \"folded-0-0\"\rf: g\r");
	/* What is added would get the breaks of the rest. */
	mark(&marked, "{a: {<{b: c,\r\nd: e}>},\nf: g}");
	assert_int_equal(reduce(&marked, "", &out), FOLD_E_UNABLE);
}

static void test_documents(void **state)
{
	folds_to("a:\n  {<b: c>}\n---\nd:\n  {<e: f>}\n...\n---\ng: h\n",
	         "a:\n  \"folded-0-0\"\n---\nd:\n  \"folded-0-1\"\n...\n---\ng: h\n");
	folds_to("%YAML 1.1\n---\na:\n  {<b: c>}\n", "%YAML 1.1\n---\na:\n  \"folded-0-0\"\n");
}

static void test_other_characters(void **state)
{
	folds_to(
		"\xc3\xa4: \xe2\x82\xac\na: {\xf0\x9f\x98\x80: {<{\xc3\xa4: \xe2\x82\xac}>}, b: c}\n"
		"d: \xc3\xa4\n",
		"\xc3\xa4: \xe2\x82\xac\na: {\xf0\x9f\x98\x80: \"folded-0-0\", b: c}\nd: \xc3\xa4\n");
	folds_to("a:\n  {<\xc3\xa4: \xe2\x82\xac>} # \xc3\xa4\nb: \xc3\xa4\n",
	         "a:\n  \"folded-0-0\" # \xc3\xa4\nb: \xc3\xa4\n");
	folds_to("a:\n  {<\xc3\xa4:>}\nb: \xc3\xa4\n", "a:\n  \"folded-0-0\"\nb: \xc3\xa4\n");
}

/* Neighbours with what stands between them are one piece. */
static void test_long_pieces(void **state)
{
	folds_to(
		"- n: a\n  v:\n    {<b: c>}+\n# d\n- n: e\n  v: {<{f: g}>}+\n- n: h\n  v:\n    {<i:>}\n"
		"- n: j\n  v:\n    {<k: l>}\n",
		"- n: a\n  v:\n    \"folded-0-0\"\n- n: j\n  v:\n    \"folded-0-1\"\n");
	folds_to("[{n: a, v: {<{b: c}>}+}, {n: d, v: {<{e: f}>}}]\n",
	         "[{n: a, v: \"folded-0-0\"}]\n");
}

/* A prefix that the text has is not taken, unless it goes with a piece. */
static void test_prefix(void **state)
{
	_cleanup_(marked_deinit) struct marked marked;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT, text = BUFFER_INIT;

	folds_to("# folded-0-0\na:\n  {<b: folded-1-0>}\nc: x\n",
	         "# folded-0-0\na:\n  \"folded-1-0\"\nc: x\n");
	folds_to("a:\n  {<b: folded-0-0>}\nfolded-0-: folded-1-1\n",
	         "a:\n  \"folded-2-0\"\nfolded-0-: folded-1-1\n");
	mark(&marked, "a:\n  {<b: c>}\n");
	assert_int_equal(reduce(&marked, "x: \"folded-0-", &out), 0);
	assert_string_equal(out.data, "a:\n  \"folded-1-0\"\n");
	marked_deinit(&marked);
	buffer_clear(&out);
	for (unsigned int i = 0; i < 10; i++)
		buffer_printf(&text, "folded-%u-\n", i);
	mark(&marked, "a:\n  {<b: c>}\n");
	assert_int_equal(reduce(&marked, text.data, &out), FOLD_E_UNABLE);
}

static int expand(const char *text, const char *reduced)
{
	_cleanup_(marked_deinit) struct marked marked;
	_cleanup_(buffer_deinit) struct buffer small = BUFFER_INIT, out = BUFFER_INIT;

	mark(&marked, text);
	assert_int_equal(reduce(&marked, "", &small), 0);
	return fold_expand(&marked.folds, marked.text.data, reduced, strlen(reduced), &out);
}

static void test_placeholders_that_changed(void **state)
{
	static const char text[] = "a:\n  {<b: c>}\nd:\n  {<e: f>}\n";

	assert_int_equal(expand(text, "a: \"folded-0-0\" \"folded-0-1\""), 0);
	assert_int_equal(expand(text, "a: \"folded-0-1\" \"folded-0-0\""), FOLD_E_UNABLE);
	assert_int_equal(expand(text, "a: \"folded-0-0\""), FOLD_E_UNABLE);
	assert_int_equal(expand(text, "a: \"folded-0-1\""), FOLD_E_UNABLE);
	assert_int_equal(expand(text, ""), FOLD_E_UNABLE);
	assert_int_equal(expand(text, "\"folded-0-0\" \"folded-0-1\" \"folded-0-1\""),
	                 FOLD_E_UNABLE);
	assert_int_equal(expand(text, "\"folded-0-0\" \"folded-0-0\" \"folded-0-1\""),
	                 FOLD_E_UNABLE);
	assert_int_equal(expand(text, "\"folded-0-0\" \"folded-0-10\""), FOLD_E_UNABLE);
	assert_int_equal(expand(text, "\"folded-0-0\" folded-0-1"), FOLD_E_UNABLE);
	assert_int_equal(expand(text, "folded-0-0 \"folded-0-1\""), FOLD_E_UNABLE);
	assert_int_equal(expand(text, "\"folded-0-0\" \"folded-0-1"), FOLD_E_UNABLE);
	assert_int_equal(expand(text, "\"folded-0-0\" \"folded-0-1\" x: folded-0-"), FOLD_E_UNABLE);
}

static void test_size(void **state)
{
	_cleanup_(marked_deinit) struct marked marked;
	_cleanup_(buffer_deinit) struct buffer small = BUFFER_INIT, out = { .limit = 8 };

	mark(&marked, "a:\n  {<b: c>}\n");
	assert_int_equal(reduce(&marked, "", &small), 0);
	assert_int_equal(fold_expand(&marked.folds, marked.text.data, small.data, small.n_data,
	                             &out),
	                 -EFBIG);
}

/* Spans are moved to where their pieces are put. */
static void test_moved_spans(void **state)
{
	static const char reduced[] = "x: y\nv:\n  \"folded-0-0\"\n";
	_cleanup_(marked_deinit) struct marked marked;
	_cleanup_(buffer_deinit) struct buffer small = BUFFER_INIT, out = BUFFER_INIT;

	mark(&marked, "- v:\n    {<b: c>}+\n- v:\n    {<d: e>}\n");
	assert_int_equal(reduce(&marked, "", &small), 0);
	assert_int_equal(fold_expand(&marked.folds, marked.text.data, reduced, strlen(reduced),
	                             &out),
	                 0);
	assert_int_equal(marked.folds.spans[0].offset, 10);
	assert_int_equal(marked.folds.spans[0].n, 4);
	assert_int_equal(marked.folds.spans[1].offset, 24);
	assert_memory_equal(out.data + 24, "d: e", 4);
}

/* What stands in a text is not what is known of a piece. */
static void is_refused(const char *text)
{
	_cleanup_(marked_deinit) struct marked marked;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	struct folds *folds = &marked.folds;

	mark(&marked, text);
	assert_int_equal(read_folded(&marked.text, folds, &stream), FOLD_E_UNABLE);
	assert_null(stream);
}

static void test_pieces_that_are_others(void **state)
{
	/* It goes on. */
	is_refused("a:\n  {<b: c>}\n  d: e\n");
	is_refused("a:\n  {<b: c>}\n   d\n");
	is_refused("a:\n  {<b:>}\n    c\n");
	is_refused("a:\n  {<b:>}\n  - c\n");
	is_refused("a:\n  {<b: {c: d>}}\n");
	/* It ends earlier. */
	is_refused("a:\n  {<b: c\nd: e>}\n");
	is_refused("a: {<{b: c} >}\n");
	/* It begins elsewhere, or is none. */
	is_refused("a: {< {b: c}>}\n");
	is_refused("a: {<b>}\n");
	is_refused("a: {<[{b: c}]>}\n");
	is_refused("a: &x {<{b: c}>}\n");
	is_refused("a: {b: c}\nd: {<{e: f} # g>}\n");
	is_refused("# {<b: c>}\n");
	/* An alias of nothing that is there. */
	is_refused("a: {<{b: *c}>}\n");
	is_refused("a: {<{b: c}>}\n]\n");
	is_refused("a: {<{b: c>}\n");
}

static void test_columns(void **state)
{
	_cleanup_(marked_deinit) struct marked marked;
	_cleanup_(stream_freep) struct stream *stream = NULL;

	mark(&marked, "a:\n  {<b: c>}\n");
	marked.folds.spans[0].column++;
	assert_int_equal(read_folded(&marked.text, &marked.folds, &stream), FOLD_E_UNABLE);
	marked_deinit(&marked);
	/* In brackets it means nothing. */
	mark(&marked, "a: {<{b: c}>}\n");
	marked.folds.spans[0].column = 1;
	assert_int_equal(read_folded(&marked.text, &marked.folds, &stream), 0);
}

static void test_what_stands_between(void **state)
{
	is_refused("- n: a\n  v:\n    {<b: c>}+\n  w: x\n- n: d\n  v:\n    {<e: f>}\n");
	is_refused("- n: a\n  v:\n    {<b: c>}+\n- n: d\n  w: x\n  v:\n    {<e: f>}\n");
	is_refused("- n: a\n  v:\n    {<b: c>}+\n- n: [d]\n  v:\n    {<e: f>}\n");
	is_refused("- n: a\n  v:\n    {<b: c>}+\n- n: d\n- v:\n    {<e: f>}\n");
	is_refused("- n: a\n  v:\n    {<b: c>}+\nx: y\n");
}

/* The limits are those of the whole text. */
static void test_limits(void **state)
{
	_cleanup_(freep) char *values = repeat("1,", YAML_NODES_FREE * 2);
	_cleanup_(freep) char *opened = repeat("[", YAML_FLOW_DEPTH_MAX);
	_cleanup_(freep) char *closed = repeat("]", YAML_FLOW_DEPTH_MAX);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_printf(&text, "a: {<{b: [%s]}>}\nc: d\n", values);
	is_refused(text.data);
	buffer_clear(&text);
	buffer_printf(&text, "a: {<{b: %s%s}>}\n", opened, closed);
	is_refused(text.data);
	/* What is a name between two spans counts for an alias like what is in them. */
	buffer_clear(&text);
	buffer_printf(&text, "a: &a\n- n: x\n  v: {<{}>}+\n- n: \"%s\"\n  v: {<{}>}\nb: [*a",
	              values);
	for (size_t n = 0; n < NODE_ALIASED_BYTES_MAX; n += strlen(values))
		buffer_append_string(&text, ",*a");
	buffer_append_string(&text, "]\n");
	is_refused(text.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block_style),
		cmocka_unit_test(test_flow_style),
		cmocka_unit_test(test_end_of_file),
		cmocka_unit_test(test_line_breaks),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_other_characters),
		cmocka_unit_test(test_long_pieces),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_placeholders_that_changed),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_moved_spans),
		cmocka_unit_test(test_pieces_that_are_others),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_what_stands_between),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
