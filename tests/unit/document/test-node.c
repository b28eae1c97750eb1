/* SPDX-License-Identifier: Apache-2.0 */

#include "document/node.h"

#include "reading.h"

static const struct node *find(const struct stream *stream, const char *key)
{
	return node_find(read_root(stream), key);
}

static void has_text(const struct node *node, const char *text)
{
	node = node_resolve(node);
	assert_non_null(node);
	assert_string_equal(node->text, text);
}

static void test_builders(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct node *scalar = node_new_scalar(arena, "a\0b", 3, NODE_STYLE_DOUBLE_QUOTED);
	const struct node *items[] = { scalar, scalar };
	struct entry entries[] = { { scalar, scalar } };
	struct node *sequence = node_new_sequence(arena, scalar, items, 2);
	struct node *mapping = node_new_mapping(arena, sequence, entries, 1);

	assert_int_equal(scalar->kind, NODE_SCALAR);
	assert_int_equal(scalar->style, NODE_STYLE_DOUBLE_QUOTED);
	assert_int_equal(scalar->n, 3);
	assert_memory_equal(scalar->text, "a\0b", 4);
	assert_null(scalar->source);
	assert_int_equal(scalar->start.line, 0);

	items[0] = NULL;
	entries[0].key = NULL;
	assert_int_equal(sequence->kind, NODE_SEQUENCE);
	assert_int_equal(sequence->n, 2);
	assert_ptr_equal(sequence->items[0], scalar);
	assert_ptr_equal(sequence->origin, scalar);
	assert_int_equal(mapping->kind, NODE_MAPPING);
	assert_int_equal(mapping->n, 1);
	assert_ptr_equal(mapping->entries[0].key, scalar);
	assert_ptr_equal(mapping->origin, sequence);

	assert_int_equal(node_new_sequence(arena, NULL, NULL, 0)->n, 0);
	assert_int_equal(node_new_mapping(arena, NULL, NULL, 0)->n, 0);
}

static void test_builders_without_memory(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(sizeof(struct node) + 32);
	char text[64] = "x";

	assert_non_null(node_new_scalar(arena, "x", 1, NODE_STYLE_PLAIN));
	assert_null(node_new_scalar(arena, text, sizeof(text), NODE_STYLE_PLAIN));
	assert_null(node_new_sequence(arena, NULL, NULL, 0));
	assert_null(node_new_mapping(arena, NULL, NULL, 0));
}

static void test_resolve(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text("a: &x b\nc: *x\n");
	const struct node *alias = find(stream, "c");

	assert_int_equal(alias->kind, NODE_ALIAS);
	assert_ptr_equal(node_resolve(alias), find(stream, "a"));
	assert_ptr_equal(node_resolve(find(stream, "a")), find(stream, "a"));
	assert_null(node_resolve(NULL));
	assert_true(node_is_text(find(stream, "a"), "b"));
	assert_false(node_is_text(find(stream, "a"), "bc"));
	assert_false(node_is_text(alias, "b"));
	assert_false(node_is_text(NULL, ""));
	assert_false(node_is_text(read_root(stream), ""));
}

static void test_describe(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"a: &x {}\nb: *x\nc: []\nd: x\ne: 1\nf: ~\ng: true\nh: 1.5\n"
		"i: 2001-12-14\nj: !!binary eA==\nk: !!int x\nl: <<\n");
	static const char *const expected[] = { "mapping",   "mapping", "sequence", "string",
		                                "integer",   "null",    "boolean",  "float",
		                                "timestamp", "binary",  "string",   "null" };

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(node_describe(read_root(stream)->entries[i].value),
		                    expected[i]);
	assert_string_equal(node_describe(NULL), "nothing");
}

static void test_find(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"k: 1\n\"q\": 2\nm: &m {n: 3}\nl: [k]\n? *m\n: 4\ns: {<<: {t: 5}}\n");
	const struct node *root = read_root(stream);

	has_text(node_find(root, "k"), "1");
	has_text(node_find(root, "q"), "2");
	has_text(node_find(node_find(root, "m"), "n"), "3");
	has_text(node_find(node_find(root, "s"), "t"), "5");
	assert_null(node_find(root, "n"));
	assert_null(node_find(root, ""));
	assert_null(node_find(node_find(root, "l"), "k"));
	assert_null(node_find(node_find(root, "k"), "k"));
	assert_null(node_find(node_find(root, "s"), "<<"));
	assert_null(node_find(NULL, "k"));

	assert_ptr_equal(node_find_entry(root, "q"), &root->entries[1]);
	assert_null(node_find_entry(node_find(root, "s"), "t"));
	assert_null(node_find_entry(node_find(root, "s"), "<<"));
	assert_null(node_find_entry(NULL, "k"));
}

static void test_find_through_aliases(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"base: &b {x: 1, y: 2}\nalias: *b\n&k key: v\nother: {*k : w}\n");

	has_text(node_find(find(stream, "alias"), "y"), "2");
	has_text(find(stream, "key"), "v");
	has_text(node_find(find(stream, "other"), "key"), "w");
}

/* Explicit keys win, then the earlier of a list, then what the merged ones merge. */
static const char merges[] = "a: &a {x: a, y: a, z: a}\n"
			     "b: &b {<<: *a, x: b}\n"
			     "c: &c {x: c, v: c}\n"
			     "d:\n"
			     "  first: d\n"
			     "  <<: [*b, *c]\n"
			     "  y: d\n"
			     "quoted: {\"<<\": {x: 1}}\n";

static void test_find_merged(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(merges);
	const struct node *d = find(stream, "d");

	has_text(node_find(d, "x"), "b");
	has_text(node_find(d, "y"), "d");
	has_text(node_find(d, "z"), "a");
	has_text(node_find(d, "v"), "c");
	assert_null(node_find(d, "w"));
	assert_null(node_find(find(stream, "quoted"), "x"));
	assert_non_null(node_find(find(stream, "quoted"), "<<"));
}

static void flattens(const char *text, const char *key, const char *expected)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(text);
	_cleanup_(buffer_deinit) struct buffer found = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct entry *entries = NULL;
	size_t n = 0;

	assert_int_equal(node_flatten(stream->arena, find(stream, key), NULL, &entries, &n, &diag),
	                 0);
	for (size_t i = 0; i < n; i++)
		buffer_printf(&found, "%s%s=%s", i ? " " : "", node_resolve(entries[i].key)->text,
		              node_resolve(entries[i].value)->text);
	assert_string_equal(found.data ? found.data : "", expected);
}

static void test_flatten(void **state)
{
	flattens(merges, "d", "first=d x=b y=d z=a v=c");
	flattens(merges, "b", "x=b y=a z=a");
	flattens(merges, "a", "x=a y=a z=a");
	flattens("d: {<<: {x: 1}, y: 2}", "d", "x=1 y=2");
	flattens("d: {y: 2, <<: {x: 1, y: 3}}", "d", "y=2 x=1");
	flattens("d: {<<: {p: 1, q: 1}, r: 2, q: 2}", "d", "p=1 q=2 r=2");
	flattens("d: {<<: [{p: 1}, {<<: {s: 3}, q: 2, p: 2}], r: 4}", "d", "p=1 s=3 q=2 r=4");
	flattens("d: {<<: {}}", "d", "");
	flattens("d: {<<: []}", "d", "");
	flattens("d: {}", "d", "");
	flattens("e: &e {x: 1}\nd: {<<: [*e, *e], y: 2}", "d", "x=1 y=2");
	flattens("e: &e {x: 1}\nf: &f {<<: *e}\nd: *f", "d", "x=1");
}

/* A tree of a program may hold what the reader refuses. */
static void test_flatten_errors(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct node *merge = node_new_scalar(arena, "<<", 2, NODE_STYLE_PLAIN);
	const struct node *mapping = node_new_mapping(arena, NULL, NULL, 0);
	struct entry entry = { merge, node_new_scalar(arena, "x", 1, NODE_STYLE_PLAIN) };
	const struct entry *entries;
	size_t n;

	mapping = node_new_mapping(arena, NULL, &entry, 1);
	assert_int_equal(node_flatten(arena, mapping, "p.q", &entries, &n, &diag), NODE_E_INVALID);
	errors_equal(&diag, "0:0: p.q: a merge (<<) takes a mapping or a sequence of mappings");
	diag_clear(&diag);

	mapping = node_new_mapping(arena, NULL, NULL, 0);
	for (size_t i = 0; i < NODE_DEPTH_MAX + 1; i++) {
		entry.value = mapping;
		mapping = node_new_mapping(arena, NULL, &entry, 1);
	}
	assert_int_equal(node_flatten(arena, mapping, NULL, &entries, &n, &diag), NODE_E_INVALID);
	errors_equal(&diag, "0:0: merges (<<) are nested too deep");
	for (size_t i = 0; i < 300000; i++) {
		entry.value = mapping;
		mapping = node_new_mapping(arena, NULL, &entry, 1);
	}
	assert_null(node_find(mapping, "x"));
}

/* Two merges of the same mapping, forty times: 2^40 mappings. */
static void test_merge_bomb(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct node *merge = node_new_scalar(arena, "<<", 2, NODE_STYLE_PLAIN);
	const struct node *mapping = node_new_mapping(arena, NULL, NULL, 0);
	const struct entry *entries;
	double start = seconds();
	bool is_equal;
	size_t n;

	for (size_t i = 0; i < 40; i++) {
		const struct node *items[] = { mapping, mapping };
		struct entry entry = { merge, node_new_sequence(arena, NULL, items, 2) };

		mapping = node_new_mapping(arena, NULL, &entry, 1);
	}
	assert_int_equal(node_flatten(arena, mapping, NULL, &entries, &n, &diag), NODE_E_INVALID);
	errors_equal(&diag, "0:0: too many keys are merged (<<)");
	assert_null(node_find(mapping, "x"));
	assert_int_equal(node_equal(mapping, node_new_mapping(arena, NULL, mapping->entries, 1),
	                            &is_equal),
	                 0);
	assert_false(is_equal);
	assert_true(seconds() - start < 20);
}

static void compares(const char *a, const char *b, bool expected)
{
	_cleanup_(stream_freep) struct stream *stream_a = read_text(a);
	_cleanup_(stream_freep) struct stream *stream_b = read_text(b);
	bool found = !expected, reverse = !expected;

	assert_int_equal(node_equal(read_root(stream_a), read_root(stream_b), &found), 0);
	assert_int_equal(node_equal(read_root(stream_b), read_root(stream_a), &reverse), 0);
	if (found != expected || reverse != expected)
		fail_msg("%s and %s are %sequal", a, b, expected ? "not " : "");
}

static void test_equal(void **state)
{
	compares("a: 1 # c\nb: [x, y]\n", "{b: [\"x\", 'y'], a: 1}", true);
	compares("a: 0x10\n", "a: 16\n", true);
	compares("a: 1\n", "a: \"1\"\n", false);
	compares("a: 1\n", "a: 1.0\n", false);
	compares("a: 1.0\n", "a: 1e0\n", true);
	compares("a: 0.0\n", "a: -0.0\n", false);
	compares("a: .nan\n", "a: .NaN\n", true);
	compares("a: .inf\n", "a: -.inf\n", false);
	compares("a: ~\n", "a:\n", true);
	compares("a: true\n", "a: True\n", true);
	compares("a: true\n", "a: false\n", false);
	compares("a: 18446744073709551615\n", "a: 0xffffffffffffffff\n", true);
	compares("a: 18446744073709551615\n", "a: 18446744073709551614\n", false);
	compares("a: 2001-1-2\n", "a: 2001-01-02T00:00:00Z\n", true);
	compares("a: 2001-1-2\n", "a: 2001-01-03\n", false);
	compares("a: 2001-01-02\n", "a: \"2001-01-02\"\n", false);
	compares("a: !!binary aGk=\n", "a: !!binary \"aG\\nk=\"\n", true);
	compares("a: !!binary aGk=\n", "a: hi\n", false);
	compares("a: !!binary '@'\n", "a: !!binary '@'\n", true);
	compares("a: !!binary '@'\n", "a: !!binary '@@'\n", false);
	compares("a: !!int x\n", "a: !!int x\n", true);
	compares("a: !!int x\n", "a: !!int y\n", false);
	compares("a: !!int x\n", "a: x\n", false);
	compares("a: |\n  x\n", "a: \"x\\n\"\n", true);
	compares("a: <<\n", "a: <<\n", true);
	compares("a: <<\n", "a: ~\n", false);
}

static void test_equal_collections(void **state)
{
	compares("a: 1\nb: 2\n", "b: 2\na: 1\n", true);
	compares("a: 1\nb: 2\n", "a: 1\n", false);
	compares("a: 1\nb: 2\n", "a: 1\nc: 2\n", false);
	compares("a: 1\nb: 2\n", "a: 2\nb: 1\n", false);
	compares("1: x\n", "\"1\": x\n", false);
	compares("[a, b]", "[b, a]", false);
	compares("[a, b]", "[a]", false);
	compares("[a]", "{a: }", false);
	compares("[]", "{}", false);
	compares("{}", "x", false);
	compares("? [a]\n: 1\n? {b: 2}\n: 3\n", "? [a]\n: 1\n? {b: 2}\n: 3\n", true);
	compares("? [a]\n: 1\n", "? [b]\n: 1\n", false);
}

static void test_equal_aliases(void **state)
{
	compares("{<<: {p: 1}, \"p\": 2}", "{<<: {p: 3}, \"p\": 2}", true);
	compares("a: &x [1]\nb: *x\n", "a: [1]\nb: [1]\n", true);
	compares("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", "a: {q: 2, p: 1}\nb: {q: 3, p: 1}\n",
	         true);
	compares("a: &x {p: 1}\nb: {<<: *x}\n", "a: {p: 1}\nb: {}\n", false);
	compares("a: &x {p: 1}\nb: {<<: *x}\n", "a: {p: 1}\nb: {\"<<\": {p: 1}}\n", false);
}

static void test_equal_null(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text("a");
	bool is_equal = false;

	assert_int_equal(node_equal(NULL, NULL, &is_equal), 0);
	assert_true(is_equal);
	assert_int_equal(node_equal(NULL, read_root(stream), &is_equal), 0);
	assert_false(is_equal);
	assert_int_equal(node_equal(read_root(stream), read_root(stream), &is_equal), 0);
	assert_true(is_equal);
}

/* Trees that a program builds may be deeper and larger than what the reader gives. */
static const struct node *nest(struct arena *arena, size_t depth, size_t width)
{
	const struct node *node = node_new_scalar(arena, "x", 1, NODE_STYLE_PLAIN);
	const struct node *items[10];

	for (size_t i = 0; i < depth; i++) {
		for (size_t j = 0; j < width; j++)
			items[j] = node;
		node = node_new_sequence(arena, NULL, items, width);
	}
	return node;
}

static void compares_nested(size_t depth, size_t width, bool expected)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	double start = seconds();
	bool found = !expected;

	assert_int_equal(node_equal(nest(arena, depth, width), nest(arena, depth, width), &found),
	                 0);
	assert_int_equal(found, expected);
	assert_true(seconds() - start < 20);
}

static void test_equal_limits(void **state)
{
	compares_nested(NODE_DEPTH_MAX, 1, true);
	compares_nested(NODE_DEPTH_MAX + 1, 1, false);
	compares_nested(100000, 1, false);
	compares_nested(5, 10, true);
	compares_nested(100, 10, false);
}

static void formats(const struct path *path, const char *expected)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	path_format(path, &out);
	assert_string_equal(out.data ? out.data : "", expected);
}

static void test_path(void **state)
{
	const struct path machine = { .key = "machine" };
	const struct path profiles = { .up = &machine, .key = "seccompProfiles" };
	const struct path item = { .up = &profiles, .index = 1 };
	const struct path value = { .up = &item, .key = "value" };
	const struct path spaced = { .up = &value, .key = "a b" };
	const struct path quoted = { .up = &machine, .key = "x\"\n" };
	const struct path dotted = { .up = &machine, .key = "k8s.io" };
	const struct path empty = { .key = "" };
	const struct path index = { .index = 7 };
	const struct path dollar = { .up = &index, .key = "$patch" };
	char key[300];
	const struct path longer = { .up = &machine, .key = key };
	_cleanup_(buffer_deinit) struct buffer expected = BUFFER_INIT;

	formats(NULL, "");
	formats(&machine, "machine");
	formats(&value, "machine.seccompProfiles[1].value");
	formats(&spaced, "machine.seccompProfiles[1].value[\"a b\"]");
	formats(&quoted, "machine[\"x\\\"\\n\"]");
	formats(&dotted, "machine[\"k8s.io\"]");
	formats(&empty, "[\"\"]");
	formats(&index, "[7]");
	formats(&dollar, "[7].$patch");

	/* Cut at 100 bytes, but not in the middle of a character. */
	memset(key, 'k', sizeof(key));
	memcpy(key + 99, "\xc3\xa9", 2);
	key[sizeof(key) - 1] = '\0';
	buffer_printf(&expected, "machine[\"%.99s\"...]", key);
	formats(&longer, expected.data);
}

static void test_reports(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text("a:\n  b: &x !!str c\n");
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct path a = { .key = "a" };
	const struct path b = { .up = &a, .key = "b" };
	const struct node *node = node_find(find(stream, "a"), "b");

	node_error(&diag, node, &b, "found %s, not %d", "this", 5);
	node_error(&diag, NULL, NULL, "no place");
	errors_equal(&diag, "2:15: a.b: found this, not 5\n0:0: no place");
	assert_string_equal(diag.entries[0].source, "t");
	node_warning(&diag, node, NULL, "%s", "careful");
	assert_int_equal(diag.n_warnings, 1);
	assert_string_equal(diag.entries[2].message, "careful");
	node_error(NULL, node, &b, "to nobody");
	assert_int_equal(node_place(NULL).line, 0);
	assert_null(node_place(NULL).source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builders),
		cmocka_unit_test(test_builders_without_memory),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_through_aliases),
		cmocka_unit_test(test_find_merged),
		cmocka_unit_test(test_flatten),
		cmocka_unit_test(test_flatten_errors),
		cmocka_unit_test(test_merge_bomb),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_equal_collections),
		cmocka_unit_test(test_equal_aliases),
		cmocka_unit_test(test_equal_null),
		cmocka_unit_test(test_equal_limits),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_reports),
	};

	return cmocka_run_group_tests_name("document/node", tests, NULL, NULL);
}
