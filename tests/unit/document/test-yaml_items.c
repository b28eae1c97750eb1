/* SPDX-License-Identifier: Apache-2.0 */

#include "document/yaml_reader.h"

#include "document/canonical_json.h"
#include "reading.h"

#define STOP "stop"

/* The items that take() saw, as "LINE:JSON" with blanks between. */
struct seen {
	struct buffer text;
	const struct node *sequence;
	size_t n_sequences;
};

static int take(void *userdata, const struct node *sequence, const struct node *item)
{
	struct seen *seen = userdata;

	seen->n_sequences += sequence != seen->sequence;
	seen->sequence = sequence;
	assert_int_equal(sequence->kind, NODE_SEQUENCE);
	if (node_is_text(item, STOP))
		return 1;
	buffer_printf(&seen->text, "%s%u:", seen->text.n_data ? " " : "", item->start.line);
	if (item->kind == NODE_SCALAR)
		buffer_append_string(&seen->text, item->text);
	else
		assert_int_equal(canonical_json_write(item, NULL, &seen->text, NULL), 0);
	return 0;
}

/* Reads text with the items at `a.b` taken out. */
static int read_items(const char *text, struct seen *seen, struct stream **streamp,
                      struct diag *diag)
{
	static const char *const keys[] = { "a", "b" };
	const struct yaml_items items = { keys, ARRAY_SIZE(keys), take, seen };
	_cleanup_(source_freep) struct source *source = NULL;
	int r;

	*seen = (struct seen){ .text = BUFFER_INIT };
	assert_int_equal(source_new("t", text, strlen(text), &source, diag), 0);
	r = yaml_read_items(source, &items, streamp, diag);
	assert_int_equal(r == 0, *streamp != NULL);
	if (!r)
		source = NULL;
	return r;
}

static void test_items(void **state)
{
	static const struct {
		const char *text, *seen, *rest;
	} cases[] = {
		{ "a:\n  b:\n    - x: 1\n    - {y: [2]}\n    - z\n  c: [3]\nd: 4\n",
		  "3:{\"x\":1} 4:{\"y\":[2]} 5:z",
		  "{\"a\":{\"b\":[null,null,null],\"c\":[3]},\"d\":4}" },
		{ "{a: {b: []}}", "", "{\"a\":{\"b\":[]}}" },
		/* Not at the place. */
		{ "{a: {c: [1], b: {b: [1]}}, b: [1], c: {b: [2]}}", "",
		  "{\"a\":{\"b\":{\"b\":[1]},\"c\":[1]},\"b\":[1],\"c\":{\"b\":[2]}}" },
		{ "{x: &a {b: [1]}, a: *a}", "", "{\"a\":{\"b\":[1]},\"x\":{\"b\":[1]}}" },
		{ "{x: &b [1], a: {b: *b}}", "", "{\"a\":{\"b\":[1]},\"x\":[1]}" },
		/* What others refer to stays, and so does what items refer to. */
		{ "{x: &x 1, a: {b: [{i: &i {x: *x}}, {j: *i}, {k: &x 2}]}, y: [*i, *x]}",
		  "1:{\"i\":{\"x\":1}} 1:{\"j\":{\"x\":1}} 1:{\"k\":2}",
		  "{\"a\":{\"b\":[null,null,null]},\"x\":1,\"y\":[{\"x\":1},2]}" },
		{ "{a: {b: [{i: !!str 1}, {i: !!str 2}, {i: !!int 3}]}, c: !!int 4}",
		  "1:{\"i\":\"1\"} 1:{\"i\":\"2\"} 1:{\"i\":3}",
		  "{\"a\":{\"b\":[null,null,null]},\"c\":4}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(stream_freep) struct stream *stream = NULL;
		_cleanup_(buffer_deinit) struct buffer rest = BUFFER_INIT;
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		struct seen seen;

		assert_int_equal(read_items(cases[i].text, &seen, &stream, &diag), 0);
		assert_string_equal(seen.text.data ? seen.text.data : "", cases[i].seen);
		assert_int_equal(canonical_json_write(read_root(stream), NULL, &rest, &diag), 0);
		assert_string_equal(rest.data, cases[i].rest);
		buffer_deinit(&seen.text);
	}
}

/* A null has the place of its item: where the collections around it end depends on that. */
static void test_places(void **state)
{
	static const char text[] = "a:\n  b:\n    - &x x: 1\n      y: 2 # comment\n\n# end\n";
	_cleanup_(stream_freep) struct stream *whole = read_text(text), *stream = NULL;
	const struct node *list, *same;
	struct seen seen;

	(void)state;
	assert_int_equal(read_items(text, &seen, &stream, NULL), 0);
	list = node_find(node_find(read_root(stream), "a"), "b");
	same = node_find(node_find(read_root(whole), "a"), "b");
	assert_int_equal(list->n, 1);
	assert_memory_equal(&list->end, &same->end, sizeof(list->end));
	assert_memory_equal(&list->items[0]->start, &same->items[0]->start, sizeof(list->end));
	assert_memory_equal(&list->items[0]->end, &same->items[0]->end, sizeof(list->end));
	assert_memory_equal(&list->items[0]->properties, &same->items[0]->properties,
	                    sizeof(list->end));
	buffer_deinit(&seen.text);
}

static void test_several_documents(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	struct seen seen;

	(void)state;
	assert_int_equal(read_items("a: {b: [1]}\n---\na: {b: [2, 3]}\n", &seen, &stream, NULL), 0);
	assert_string_equal(seen.text.data, "1:1 3:2 3:3");
	assert_int_equal(seen.n_sequences, 2);
	assert_int_equal(stream->n_documents, 2);
	buffer_deinit(&seen.text);
}

static void test_stop(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct stream *stream = NULL;
	struct seen seen;

	(void)state;
	assert_int_equal(read_items("a: {b: [1, " STOP ", 3]}\nx: ]\n", &seen, &stream, &diag),
	                 YAML_E_STOPPED);
	assert_string_equal(seen.text.data, "1:1");
	assert_int_equal(diag.n_errors, 0);
	buffer_deinit(&seen.text);
}

/* Behind an error nothing is taken any more: what follows may be no whole tree. */
static void test_errors(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct stream *stream = NULL;
	struct seen seen;

	(void)state;
	assert_int_equal(read_items("a: {b: [1, {x: 1, x: 2}, 3]}\n", &seen, &stream, &diag),
	                 YAML_E_SYNTAX);
	assert_string_equal(seen.text.data, "1:1");
	errors_equal(&diag, "1:19: key \"x\" stands twice in the mapping, first at line 1");
	buffer_deinit(&seen.text);
}

/* What stays of an item is one null. */
static void test_memory_is_given_back(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	struct seen seen;

	(void)state;
	buffer_append_string(&text, "a:\n  b:\n");
	for (int i = 0; i < 1000; i++)
		buffer_append_string(&text, "  - {k: [a, b, c, d, e, f, g, h, i, j, k, l, m]}\n");
	assert_int_equal(read_items(text.data, &seen, &stream, NULL), 0);
	assert_int_equal(node_find(node_find(read_root(stream), "a"), "b")->n, 1000);
	assert_true(arena_used(stream->arena) < 1000 * 2 * sizeof(struct node));
	buffer_deinit(&seen.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_several_documents),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_memory_is_given_back),
	};

	return cmocka_run_group_tests_name("document/yaml_items", tests, NULL, NULL);
}
