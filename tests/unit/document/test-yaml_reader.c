/* SPDX-License-Identifier: Apache-2.0 */

#include "document/yaml_reader.h"

#include "../../../src/document/tree_builder.h"
#include "../../fuzz/tree_invariants.h"
#include "reading.h"

/* All nodes in the order of the text, keys before their values, as `[slice]`; a node's place and
 * what stands before its content come first where they are asked for. */
struct listing {
	struct buffer out;
	bool with_places;
};

static void list(struct listing *listing, const struct node *node)
{
	const char *text = node->source->text;

	if (listing->out.n_data)
		buffer_append_char(&listing->out, ' ');
	if (listing->with_places)
		buffer_printf(&listing->out, "%u:%u-%u:%u", node->start.line, node->start.column,
		              node->end.line, node->end.column);
	if (node->properties.offset != node->start.offset)
		buffer_printf(&listing->out, "(%.*s)",
		              (int)(node->start.offset - node->properties.offset),
		              text + node->properties.offset);
	buffer_printf(&listing->out, "[%.*s]", (int)(node->end.offset - node->start.offset),
	              text + node->start.offset);
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++)
		list(listing, node->items[i]);
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		list(listing, node->entries[i].key);
		list(listing, node->entries[i].value);
	}
}

static void lists_as(const char *text, bool with_places, const char *expected)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(text);
	struct listing listing = { .out = BUFFER_INIT, .with_places = with_places };

	invariants_check(stream);
	list(&listing, read_root(stream));
	assert_string_equal(listing.out.data, expected);
	buffer_deinit(&listing.out);
}

/* Each node is exactly this piece of the text. */
static void slices(const char *text, const char *expected)
{
	lists_as(text, false, expected);
}

static void places(const char *text, const char *expected)
{
	lists_as(text, true, expected);
}

static const struct node *find(const struct stream *stream, const char *key)
{
	const struct node *node = node_find(read_root(stream), key);

	assert_non_null(node);
	return node;
}

static void test_kinds(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"p: a\ns: 'b'\nd: \"c\"\nl: |\n  d\nf: >\n  e\nq: [1]\nb:\n- 2\n"
		"m: {k: v}\nn:\n  k: v\na: &x 5\nr: *x\ne:\n");
	static const enum node_style styles[] = {
		NODE_STYLE_PLAIN,   NODE_STYLE_SINGLE_QUOTED, NODE_STYLE_DOUBLE_QUOTED,
		NODE_STYLE_LITERAL, NODE_STYLE_FOLDED,        NODE_STYLE_FLOW,
		NODE_STYLE_BLOCK,   NODE_STYLE_FLOW,          NODE_STYLE_BLOCK,
		NODE_STYLE_PLAIN,
	};
	const struct node *root = read_root(stream);

	assert_int_equal(root->n, 12);
	for (size_t i = 0; i < ARRAY_SIZE(styles); i++)
		assert_int_equal(root->entries[i].value->style, styles[i]);
	assert_string_equal(find(stream, "d")->text, "c");
	assert_int_equal(find(stream, "b")->kind, NODE_SEQUENCE);
	assert_int_equal(find(stream, "m")->kind, NODE_MAPPING);
	assert_string_equal(find(stream, "a")->anchor, "x");
	assert_int_equal(find(stream, "r")->kind, NODE_ALIAS);
	assert_null(find(stream, "r")->anchor);
	assert_ptr_equal(find(stream, "r")->target, find(stream, "a"));
	assert_int_equal(find(stream, "e")->kind, NODE_SCALAR);
	assert_int_equal(find(stream, "e")->n, 0);
	assert_ptr_equal(root->source, stream->source);
	assert_null(root->origin);
	assert_null(root->tag);
}

static void test_scalar_slices(void **state)
{
	slices("a: b", "[a: b] [a] [b]");
	slices("  a :   b   # c\n\n# d\n", "[a :   b] [a] [b]");
	slices("'a': \"b\\\"\" \n", "['a': \"b\\\"\"] ['a'] [\"b\\\"\"]");
	slices("a: b\n   c\n\n   d  \n# e\n", "[a: b\n   c\n\n   d] [a] [b\n   c\n\n   d]");
	slices("a: 'b\n  c'\n", "[a: 'b\n  c'] [a] ['b\n  c']");
	slices("a: \"b\\\n  c\"", "[a: \"b\\\n  c\"] [a] [\"b\\\n  c\"]");
	slices("--- a\n...\n", "[a]");
	slices("- - a\n  -  b \n- c\n", "[- - a\n  -  b \n- c] [- a\n  -  b] [a] [b] [c]");
}

static void test_collection_slices(void **state)
{
	/* Trailing blanks and comments are not part of a block collection. */
	slices("a:\n  b: c # d\n\n  # e\nf: g\n",
	       "[a:\n  b: c # d\n\n  # e\nf: g] [a] [b: c] [b] [c] [f] [g]");
	slices("a:\n- b\n\n- c\n\n# d\ne: f\n",
	       "[a:\n- b\n\n- c\n\n# d\ne: f] [a] [- b\n\n- c] [b] [c] [e] [f]");
	slices("a: [ b , c ] # d\n", "[a: [ b , c ]] [a] [[ b , c ]] [b] [c]");
	slices("{ a: b, c: }\n", "[{ a: b, c: }] [a] [b] [c] []");
	slices("[\n]\n", "[[\n]]");
	slices("{}", "[{}]");
	slices("? a\n: b\n", "[? a\n: b] [a] [b]");
	slices("? - a\n  - b\n: - c\n", "[? - a\n  - b\n: - c] [- a\n  - b] [a] [b] [- c] [c]");
	/* A single pair in a flow sequence has no brackets of its own. */
	slices("[a: b , c]", "[[a: b , c]] [a: b] [a] [b] [c]");
	slices("[{a: b}: c]", "[[{a: b}: c]] [{a: b}: c] [{a: b}] [a] [b] [c]");
	slices("[? a : b ]", "[[? a : b ]] [? a : b] [a] [b]");
	slices("[a: , b]", "[[a: , b]] [a:] [a] [] [b]");
}

static void test_property_slices(void **state)
{
	slices("a: !!str &x \"b\"\n", "[a: !!str &x \"b\"] [a] (!!str &x )[\"b\"]");
	slices("a: &x !<tag:yaml.org,2002:str>   b\n",
	       "[a: &x !<tag:yaml.org,2002:str>   b] [a] (&x !<tag:yaml.org,2002:str>   )[b]");
	slices("a: ! b\n", "[a: ! b] [a] (! )[b]");
	slices("a: &x # c\n\n  # d\n  b\n",
	       "[a: &x # c\n\n  # d\n  b] [a] (&x # c\n\n  # d\n  )[b]");
	slices("a: &x [b]\n", "[a: &x [b]] [a] (&x )[[b]] [b]");
	slices("a: !!map\n  {b: c}\n", "[a: !!map\n  {b: c}] [a] (!!map\n  )[{b: c}] [b] [c]");
	slices("a: &x\n  b: c\n", "[a: &x\n  b: c] [a] (&x\n  )[b: c] [b] [c]");
	slices("a: &x\n  &y b: c\n", "[a: &x\n  &y b: c] [a] (&x\n  )[&y b: c] (&y )[b] [c]");
	slices("&y b: c\n", "[&y b: c] (&y )[b] [c]");
	slices("a: &x\n- b\n", "[a: &x\n- b] [a] (&x\n)[- b] [b]");
	slices("a: &x\n  - b\n", "[a: &x\n  - b] [a] (&x\n  )[- b] [b]");
	slices("a: &x\n- - b\n", "[a: &x\n- - b] [a] (&x\n)[- - b] [- b] [b]");
	slices("a: !t |\n  b\n", "[a: !t |\n  b] [a] (!t )[|\n  b]");
	slices("a: &x:b c\n", "[a: &x:b c] [a] (&x)[:b c]");
	slices("a: !<t,[]> b\n", "[a: !<t,[]> b] [a] (!<t,[]> )[b]");
	slices("[!t , &x ]", "[[!t , &x ]] (!t)[] (&x)[]");
	slices("a: !!str\nb: &x\n", "[a: !!str\nb: &x] [a] (!!str)[] [b] (&x)[]");
	slices("a: &x-1_Z ''\nb: *x-1_Z\n",
	       "[a: &x-1_Z ''\nb: *x-1_Z] [a] (&x-1_Z )[''] [b] [*x-1_Z]");
}

static void test_tags(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"a: !!int 5\nb: ! 5\nc: !x 5\nd: !<y> 5\ne: !!seq []\nf: ! []\ng: ! \"5\"\n");

	assert_string_equal(find(stream, "a")->tag, "tag:yaml.org,2002:int");
	assert_string_equal(find(stream, "b")->tag, "!");
	assert_string_equal(find(stream, "c")->tag, "!x");
	assert_string_equal(find(stream, "d")->tag, "y");
	assert_string_equal(find(stream, "e")->tag, "tag:yaml.org,2002:seq");
	assert_string_equal(find(stream, "f")->tag, "!");
	assert_string_equal(find(stream, "g")->tag, "!");
}

/* What is missing stands right behind the `:` or `-`, whatever follows. */
static void test_missing(void **state)
{
	places("a:   # c\n\nb: 1\n",
	       "1:1-3:5[a:   # c\n\nb: 1] 1:1-1:2[a] 1:3-1:3[] 3:1-3:2[b] 3:4-3:5[1]");
	places("-   # c\n- 1\n-\n", "1:1-3:2[-   # c\n- 1\n-] 1:2-1:2[] 2:3-2:4[1] 3:2-3:2[]");
	places("a:\n-\n- 1\n",
	       "1:1-3:4[a:\n-\n- 1] 1:1-1:2[a] 2:1-3:4[-\n- 1] 2:2-2:2[] 3:3-3:4[1]");
	places("a:\n", "1:1-1:3[a:] 1:1-1:2[a] 1:3-1:3[]");
	places("a:", "1:1-1:3[a:] 1:1-1:2[a] 1:3-1:3[]");
	places("{a  , b :  , c}",
	       "1:1-1:16[{a  , b :  , c}] 1:2-1:3[a] 1:3-1:3[] 1:7-1:8[b] 1:10-1:10[] 1:14-1:15[c] "
	       "1:15-1:15[]");
	places("? a # :\n: # :\n? b # :\n",
	       "1:1-3:4[? a # :\n: # :\n? b] 1:3-1:4[a] 2:2-2:2[] 3:3-3:4[b] 3:4-3:4[]");
	places("? a\n# c\n? b\n# d\n:\n",
	       "1:1-5:2[? a\n# c\n? b\n# d\n:] 1:3-1:4[a] 1:4-1:4[] 3:3-3:4[b] 5:2-5:2[]");
	places("? a\n:b: c\n", "1:1-2:6[? a\n:b: c] 1:3-1:4[a] 1:4-1:4[] 2:1-2:3[:b] 2:5-2:6[c]");
	places("---   # c\n", "1:4-1:4[]");
	places("--- !!str # c\n", "1:10-1:10(!!str)[]");
}

static void test_block_scalars(void **state)
{
	/* The last line break is not part of it; blank lines are with `+` only. */
	slices("a: |\n  b\n  c\nd: 1\n", "[a: |\n  b\n  c\nd: 1] [a] [|\n  b\n  c] [d] [1]");
	slices("a: |\n  b\n\n\n# c\n", "[a: |\n  b] [a] [|\n  b]");
	slices("a: |-\n  b\n\n", "[a: |-\n  b] [a] [|-\n  b]");
	slices("a: |+\n  b\n\n\nc: 1\n", "[a: |+\n  b\n\n\nc: 1] [a] [|+\n  b\n\n] [c] [1]");
	slices("a: |+\n  b\n   \n\n", "[a: |+\n  b\n   \n] [a] [|+\n  b\n   \n]");
	slices("a: |+\n  b\n \n\n", "[a: |+\n  b\n \n] [a] [|+\n  b\n \n]");
	slices("a: |\n  b", "[a: |\n  b] [a] [|\n  b]");
	slices("a: |+\n  b", "[a: |+\n  b] [a] [|+\n  b]");
	slices("a: >2- # c\n    b\n   d\n\n \n",
	       "[a: >2- # c\n    b\n   d] [a] [>2- # c\n    b\n   d]");
	/* Blanks beyond the indentation are content, blanks within it are not. */
	slices("a: |\n  b\n   \n  \nd: 1\n",
	       "[a: |\n  b\n   \n  \nd: 1] [a] [|\n  b\n   ] [d] [1]");
	slices("a: |\n  b  \n", "[a: |\n  b  ] [a] [|\n  b  ]");
	slices("a: |1\n   \n  \nd: 1\n", "[a: |1\n   \n  \nd: 1] [a] [|1\n   \n  ] [d] [1]");
	slices("a: |\n\n\n  b\nd: 1\n", "[a: |\n\n\n  b\nd: 1] [a] [|\n\n\n  b] [d] [1]");
	/* Nothing in it. */
	slices("a: |  # c\n\n  \nd: 1\n", "[a: |  # c\n\n  \nd: 1] [a] [|] [d] [1]");
	slices("a: >-\n", "[a: >-] [a] [>-]");
	slices("a: |", "[a: |] [a] [|]");
	slices("a: |+ # c\n\n\nd: 1\n", "[a: |+ # c\n\n\nd: 1] [a] [|+ # c\n\n] [d] [1]");
}

static void test_places(void **state)
{
	/* Columns count characters. */
	places("\xc3\xa9: \xf0\x9f\x98\x80 # \xc3\xa9\n\"\xe2\x82\xac\": [\xc3\xa9, x]\n",
	       "1:1-2:12[\xc3\xa9: \xf0\x9f\x98\x80 # \xc3\xa9\n\"\xe2\x82\xac\": [\xc3\xa9, x]] "
	       "1:1-1:2[\xc3\xa9] 1:4-1:5[\xf0\x9f\x98\x80] "
	       "2:1-2:4[\"\xe2\x82\xac\"] 2:6-2:12[[\xc3\xa9, x]] 2:7-2:8[\xc3\xa9] 2:10-2:11[x]");
	/* CR LF is one line break. */
	places("a: 1\r\nb:\r\n  - x\r\nc: |\r\n  l1\r\n  l2\r\nd: \xc3\xa9\r\n",
	       "1:1-7:5[a: 1\r\nb:\r\n  - x\r\nc: |\r\n  l1\r\n  l2\r\nd: \xc3\xa9] 1:1-1:2[a] "
	       "1:4-1:5[1] 2:1-2:2[b] 3:3-3:6[- x] 3:5-3:6[x] 4:1-4:2[c] 4:4-6:5[|\r\n  l1\r\n  l2] "
	       "7:1-7:2[d] 7:4-7:5[\xc3\xa9]");
	places("a: 1\rb: 2\r", "1:1-2:5[a: 1\rb: 2] 1:1-1:2[a] 1:4-1:5[1] 2:1-2:2[b] 2:4-2:5[2]");
	places("a: 1\xc2\x85"
	       "b: 2",
	       "1:1-2:5[a: 1\xc2\x85"
	       "b: 2] 1:1-1:2[a] 1:4-1:5[1] 2:1-2:2[b] 2:4-2:5[2]");
	places("a: |+\r\n  x\r\n\r\nb: >\r\n y\r\n",
	       "1:1-5:3[a: |+\r\n  x\r\n\r\nb: >\r\n y] 1:1-1:2[a] 1:4-3:1[|+\r\n  x\r\n] "
	       "4:1-4:2[b] 4:4-5:3[>\r\n y]");
}

static void test_offsets_after_conversion(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_bytes("\xff\xfe"
	                                                           "a\0:\0 \0\xe9\0",
	                                                           10);

	assert_true(stream->source->converted);
	assert_int_equal(find(stream, "a")->start.offset, 3);
	assert_int_equal(find(stream, "a")->end.offset, 5);
	assert_string_equal(find(stream, "a")->text, "\xc3\xa9");
}

static void document_is(const struct stream *stream, size_t i, const char *slice,
                        bool explicit_start, bool explicit_end)
{
	const struct document *document = &stream->documents[i];

	assert_true(i < stream->n_documents);
	assert_int_equal(document->end.offset - document->start.offset, strlen(slice));
	assert_memory_equal(stream->source->text + document->start.offset, slice, strlen(slice));
	assert_int_equal(document->explicit_start, explicit_start);
	assert_int_equal(document->explicit_end, explicit_end);
	assert_non_null(document->root);
}

static void test_documents(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"# c\na: 1 # d\n\n--- # e\nb: 2\n... # f\n# g\n%YAML 1.1\n%TAG !e! x:\n---\n"
		"&x c\n\n---\n--- # h\n...\n");

	assert_int_equal(stream->n_documents, 5);
	document_is(stream, 0, "a: 1", false, false);
	document_is(stream, 1, "--- # e\nb: 2\n...", true, true);
	document_is(stream, 2, "%YAML 1.1\n%TAG !e! x:\n---\n&x c", true, false);
	document_is(stream, 3, "---", true, false);
	document_is(stream, 4, "--- # h\n...", true, true);
	assert_int_equal(stream->documents[3].root->kind, NODE_SCALAR);
	assert_int_equal(stream->documents[3].root->n, 0);
	assert_int_equal(stream->documents[3].start.line, 13);
	invariants_check(stream);
}

static void test_document_starts_at_properties(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(" # c\n &x a\n# d\n");

	document_is(stream, 0, "&x a", false, false);
}

static void test_no_document(void **state)
{
	static const char *const texts[] = { "", "\n", "  # c\n\n", "\xef\xbb\xbf" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(stream_freep) struct stream *stream = read_text(texts[i]);

		assert_int_equal(stream->n_documents, 0);
	}
}

static void test_versions(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = read_text("%YAML 1.2\n---\na: \"\\/\"\n");

	assert_string_equal(find(stream, "a")->text, "/");
	refuse("%YAML 3.0\n---\na: 1\n", "1:1: the %YAML directive is not for version 1.1 or 1.2");
}

static void test_anchors(void **state)
{
	/* A name can be given again, also within what it names. */
	slices("a: &x 1\nb: *x\nc: &x 2\nd: *x\n",
	       "[a: &x 1\nb: *x\nc: &x 2\nd: *x] [a] (&x )[1] [b] [*x] [c] (&x )[2] [d] [*x]");
	_cleanup_(stream_freep) struct stream *stream = read_text(
		"a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: &y {f: &y 3, g: *y}\nh: *y\n");

	assert_string_equal(node_resolve(find(stream, "b"))->text, "1");
	assert_string_equal(node_resolve(find(stream, "d"))->text, "2");
	assert_string_equal(node_resolve(node_find(find(stream, "e"), "g"))->text, "3");
	assert_string_equal(node_resolve(find(stream, "h"))->text, "3");
}

static void test_bad_anchors(void **state)
{
	assert_true(refuse("a: *x\n", "1:4: there is no anchor &x before this alias"));
	assert_true(refuse("a: &x {b: *x}\n", "1:11: the node with anchor &x contains itself"));
	refuse("&x [*x, *x]\n", "1:5: the node with anchor &x contains itself\n"
	                        "1:9: the node with anchor &x contains itself");
	/* Anchors do not outlive their document. */
	refuse("a: &x 1\n---\nb: *x\n", "3:4: there is no anchor &x before this alias");
	/* Talos' decoder takes the `?` as part of the name. */
	refuse("a: &x?y z\n",
	       "1:4: the name of an anchor can have letters, digits, `_` and `-` only");
	refuse("a: !t &x?y z\n",
	       "1:7: the name of an anchor can have letters, digits, `_` and `-` only");
	refuse("a: !t # &\n  &x?z y\n",
	       "2:3: the name of an anchor can have letters, digits, `_` and `-` only");
	refuse("a: &x?b\n- c\n",
	       "1:4: the name of an anchor can have letters, digits, `_` and `-` only\n"
	       "2:1: a key was expected: check the indentation (while parsing a block mapping that begins at line 1, column 1)");
}

static void test_duplicate_keys(void **state)
{
	assert_true(refuse("a: 1\nb: 2\n\"a\": 3\n",
	                   "3:1: key \"a\" stands twice in the mapping, first at line 1"));
	refuse("1: a\n\"1\": b\n", "2:1: key \"1\" stands twice in the mapping, first at line 1");
	refuse("x: {a: 1, a: 2, a: 3}\n",
	       "1:11: key \"a\" stands twice in the mapping, first at line 1\n"
	       "1:17: key \"a\" stands twice in the mapping, first at line 1");
	refuse("a: &a {}\nx:\n  <<: *a\n  <<: *a\n",
	       "4:3: key \"<<\" stands twice in the mapping, first at line 3");
	refuse("&k a: 1\n*k : 2\n", "2:1: key \"a\" stands twice in the mapping, first at line 1");
	/* Many keys are compared another way. */
	refuse("{a: , b: , c: , d: , e: , f: , g: , h: , i: , c: ,\n a: , c: }\n",
	       "1:47: key \"c\" stands twice in the mapping, first at line 1\n"
	       "2:2: key \"a\" stands twice in the mapping, first at line 1\n"
	       "2:7: key \"c\" stands twice in the mapping, first at line 1");
	stream_free(read_text("a: {b: 1}\nb: {b: 2}\nB: 3\n\"b \": 4\nab: 5\n"));
	stream_free(read_text("? [a]\n: 1\n? [a]\n: 2\n"));
}

static void test_bad_merges(void **state)
{
	static const char message[] = "a merge (<<) takes a mapping or a sequence of mappings";
	static const struct {
		const char *text;
		const char *place;
		bool is_definite;
	} cases[] = {
		{ "<<: 1\n", "1:5", true },
		{ "<<: [1]\n", "1:6", true },
		{ "<<: [{}, [{}]]\n", "1:10", true },
		{ "a: &a 1\n<<: *a\n", "2:5", true },
		{ "a: &a [{}]\n<<: *a\n", "2:5", true },
		{ "a: &a [{}]\n<<: [*a]\n", "2:6", true },
		{ "<<: ~\n", "1:5", true },
		{ "!!merge x: 1\n", "1:12", true },
		/* What is missing may still come. */
		{ "<<:\n", "1:4", false },
		{ "<<:\n\n", "1:4", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char error[200];

		snprintf(error, sizeof(error), "%s: %s", cases[i].place, message);
		assert_int_equal(refuse(cases[i].text, error), cases[i].is_definite);
	}
	stream_free(read_text("\"<<\": 1\n"));
	stream_free(read_text("! <<: 1\n"));
	stream_free(read_text("a: <<\n"));
	stream_free(read_text("<<: []\n"));
}

/* Texts that libyaml reads, but not as Talos' decoder does. */
static void test_readings_that_differ(void **state)
{
	static const char message[] = "a `?` in a flow collection needs a blank behind it";
	char error[200];

	snprintf(error, sizeof(error), "1:6: %s", message);
	refuse("a: {?b: c}\n", error);
	refuse("a: [?b]\n", error);
	refuse("a: {?\"b\": c}\n", error);
	snprintf(error, sizeof(error), "1:9: %s", message);
	refuse("a: {?&x b: c}\n", error);
	stream_free(read_text("a: {? b: c, d?: e, \"?f\": g}\nh: ?i\n"));
	refuse("\xef\xbb\xbf\xef\xbb\xbf"
	       "a: 1\n",
	       "1:1: a byte order mark (U+FEFF) cannot begin a line");
	refuse("a: 1\n\xef\xbb\xbf"
	       "b: 2\n",
	       "2:1: a byte order mark (U+FEFF) cannot begin a line");
	stream_free(read_text("a: x\xef\xbb\xbfy\n"));
}

static void test_syntax_errors(void **state)
{
	refuse("a: [1, 2\n", "2:1: did not find expected ',' or ']' (while parsing a flow sequence "
	                     "that begins at line 1, column 4)");
	refuse("a: 'x\n",
	       "2:1: the text ends too early (while scanning a quoted scalar that begins "
	       "at line 1, column 4)");
	refuse("a: b: c\n", "1:5: a `: ` cannot stand here: check the indentation, or use quotes");
	refuse("a:\n\tb: 1\n", "2:1: a tab cannot stand here: indent with spaces");
	refuse("a: @x\n", "1:4: \"@\" cannot begin a text without quotes");
	refuse("a: 1\n- b\n",
	       "2:1: a key was expected: check the indentation (while parsing a block "
	       "mapping that begins at line 1, column 1)");
	refuse("a: -\n",
	       "1:4: a `- ` cannot stand here: put it on a line of its own, or in quotes");
	refuse("a: \"\\ud83d\\ude00\"\n",
	       "1:7: the escape names no character: write one beyond U+FFFF as \\U0001f600, not as "
	       "two surrogates (while parsing a quoted scalar that begins at line 1, column 4)");
	refuse("a: \"\\xZ\"\n", "1:7: the escape lacks hexadecimal digits (while parsing a quoted "
	                        "scalar that begins at line 1, column 4)");
	refuse("a: !x!y 1\n", "1:4: found undefined tag handle (while parsing a node)");
	refuse("a: 1\n... x\n", "2:5: a `---` is missing before the next document");
	refuse("\xc3\xa9: [\xc3\xa9, \xc3\xa9\n", "2:1: did not find expected ',' or ']' (while "
	                                          "parsing a flow sequence that begins at line 1, "
	                                          "column 4)");
}

static void test_characters(void **state)
{
	refuse("a: x\x01y\n", "1:5: the character U+0001 cannot stand in a YAML text");
	refuse("\xc3\xa9: \xc3\xa9\n a: \x7f\n",
	       "2:5: the character U+007F cannot stand in a YAML text");
	refuse("a: \xc2\x80\n", "1:4: the character U+0080 cannot stand in a YAML text");
	refuse("a: \xef\xbf\xbe\n", "1:4: the character U+FFFE cannot stand in a YAML text");
	refuse_bytes("a: x\0y\n", 7, "1:5: the character U+0000 cannot stand in a YAML text");
	refuse("a: \xff\n", "1:4: the text is not valid UTF-8: unexpected byte 0xff");
	stream_free(read_text("a: \xef\xbf\xbd\xee\x80\x80\xf0\x90\x80\x80\tz\n"));
}

static void test_long_keys(void **state)
{
	_cleanup_(freep) char *key = repeat("k", 1024);
	char text[1100];

	snprintf(text, sizeof(text), "%s: 1\n", key);
	stream_free(read_text(text));
	snprintf(text, sizeof(text), "%sk: 1\n", key);
	refuse(text, "1:1026: a key has at most 1024 characters");
	snprintf(text, sizeof(text), "{\"%s\": 1}\n", key);
	refuse(text,
	       "1:1028: a key has at most 1024 characters (while parsing a flow mapping that begins at line 1, column 1)");
	snprintf(text, sizeof(text), "? %sk\n: 1\n", key);
	stream_free(read_text(text));
}

/* An error is definite when its line, and so all that could mend it, is over. */
static void test_definite(void **state)
{
	static const struct {
		const char *text;
		bool is_definite;
	} cases[] = {
		{ "a: b: c", false },
		{ "a: b: c\n", true },
		{ "a: b: c\r", true },
		{ "a: [1, 2", false },
		{ "a: [1, 2\n", false },
		{ "a: 'x\n\n\n", false },
		{ "a: |\n  x\n - y\n", true },
		{ "a: 1\nb", false },
		{ "a: 1\n\tb: 1", false },
		{ "a: 1\n\tb: 1\n", true },
		{ "a: 1\na: 2", false },
		{ "a: 1\na: 2\n", true },
		{ "? a\n? a\n", false },
		{ "? a\n? a\n: ", false },
		{ "? a\n? |\n a\n? |\n a\n", false },
		{ "? a\n? 'a'\n", true },
		{ "?\n?\n", false },
		{ "a: 1\na : 2\n", true },
		{ "&x a: 1\n*x : 2\n", true },
		{ "a: *x", false },
		{ "a: *x\n", true },
		{ "a: \x01", false },
		{ "a: \x01\n", true },
		{ "a: \xc3", false },
		{ "a: \xc3\n", true },
		{ "a: \xc3\r\nb: 1", true },
		{ "%YAML 3.0\n---\n", true },
	};

	/* A line break of UTF-16 is no byte. */
	assert_false(refuse_bytes("\xff\xfe\n\0a", 5,
	                          "2:1: the text is not valid UTF-16: it ends in the middle of a "
	                          "character"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct stream *stream = NULL;
		bool is_definite = !cases[i].is_definite;

		if (yaml_read_bytes("t", cases[i].text, strlen(cases[i].text), &stream,
		                    &is_definite, NULL) != YAML_E_SYNTAX)
			fail_msg("%s is not refused", cases[i].text);
		if (is_definite != cases[i].is_definite)
			fail_msg("%s: definite is %d", cases[i].text, is_definite);
	}
}

static void test_all_errors(void **state)
{
	refuse("a: *x\nb: {c: 1, c: 2}\n<<: 3\nd: [\n",
	       "1:4: there is no anchor &x before this alias\n"
	       "2:11: key \"c\" stands twice in the mapping, first at line 2\n"
	       "5:1: a value is missing (while parsing a flow node)");
}

/* The source is taken on success only. */
static void test_ownership(void **state)
{
	struct source *source = NULL;
	struct stream *stream = NULL;

	assert_int_equal(source_new("n", "a: [", 4, &source, NULL), 0);
	assert_int_equal(yaml_read(source, &stream, NULL, NULL), YAML_E_SYNTAX);
	source_free(source);
	assert_int_equal(source_new("n", "a: 1", 4, &source, NULL), 0);
	assert_int_equal(yaml_read(source, &stream, NULL, NULL), 0);
	assert_ptr_equal(stream->source, source);
	stream_free(stream);
	stream_free(NULL);
}

/* Nested n deep with brackets, or with `- `. */
static char *nested(const char *open, const char *close, size_t n)
{
	_cleanup_(freep) char *opened = repeat(open, n);
	_cleanup_(freep) char *closed = repeat(close, n);
	struct buffer text = BUFFER_INIT;

	buffer_printf(&text, "%s%s", opened, closed);
	return buffer_steal(&text, NULL);
}

static void test_depth(void **state)
{
	_cleanup_(freep) char *flow = nested("[", "]", YAML_FLOW_DEPTH_MAX);
	_cleanup_(freep) char *deep_flow = nested("[", "]", YAML_FLOW_DEPTH_MAX + 1);
	_cleanup_(freep) char *pairs = nested("[a: ", "]", YAML_FLOW_DEPTH_MAX - 13);
	_cleanup_(freep) char *deep_pairs = nested("[a: ", "]", YAML_FLOW_DEPTH_MAX);
	_cleanup_(freep) char *block = nested("- ", "x", NODE_DEPTH_MAX);
	_cleanup_(freep) char *deep_block = nested("- ", "x", NODE_DEPTH_MAX + 1);
	char error[100];

	stream_free(read_text(flow));
	assert_true(
		refuse(deep_flow, "1:513: the text is nested deeper than 512 flow collections"));
	/* A pair is a collection, but not one of libyaml's. */
	stream_free(read_text(pairs));
	snprintf(error, sizeof(error), "1:2001: the text is nested deeper than 1000 collections");
	assert_true(refuse(deep_pairs, error));
	stream_free(read_text(block));
	assert_true(refuse(deep_block, "1:2001: the text is nested deeper than 1000 collections"));
}

static void test_depth_through_aliases(void **state)
{
	_cleanup_(freep) char *half = nested("- ", "", NODE_DEPTH_MAX / 2);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	/* Sequences of half the depth in another: the root and the item count as well. */
	buffer_printf(&text, "- &x\n  %sx\n- %.*s*x\n", half, (int)strlen(half) - 2, half);
	stream_free(read_text(text.data));
	buffer_clear(&text);
	buffer_printf(&text, "- &x\n  %sx\n- %s*x\n", half, half);
	assert_true(refuse(text.data, "3:1003: the document is nested deeper than 1000 collections "
	                              "when its aliases are expanded"));
}

/* Whatever the text, refusing it takes no time. */
static void refuse_fast(const char *text, const char *error)
{
	double start = seconds();

	assert_true(refuse(text, error));
	assert_true(seconds() - start < 1);
}

static void test_brackets(void **state)
{
	_cleanup_(freep) char *line = repeat("[", 1 << 20);
	_cleanup_(freep) char *lines = repeat("[\n", 1 << 19);
	_cleanup_(freep) char *mappings = repeat("{a: ", 1 << 18);
	_cleanup_(freep) char *dashes = repeat("- ", 1 << 19);

	refuse_fast(line, "1:513: the text is nested deeper than 512 flow collections");
	refuse_fast(lines, "513:1: the text is nested deeper than 512 flow collections");
	refuse_fast(mappings, "1:2049: the text is nested deeper than 512 flow collections");
	refuse_fast(dashes, "1:2001: the text is nested deeper than 1000 collections");
}

/* Brackets that open no collection do not count. */
static void test_brackets_in_texts(void **state)
{
	_cleanup_(freep) char *brackets = repeat("[{", 5000);
	_cleanup_(freep) char *lines = repeat("\n  [ { ' \" #", 5000);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_printf(&text,
	              "# %s\na: |\n  %s%s\nb: >-\n  %s%s\nc: x%s\n  %s\n  %s\nd: '%s\n %s'\n"
	              "e: \"%s\n \\\"%s\"\n",
	              brackets, brackets, lines, brackets, lines, brackets, brackets, brackets,
	              brackets, brackets, brackets, brackets);
	stream_free(read_text(text.data));
}

static void test_flow_work(void **state)
{
	_cleanup_(freep) char *brackets = repeat("[", 500);
	_cleanup_(freep) char *items = repeat("1,", 300000);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	double start = seconds();

	buffer_printf(&text, "%s%s", brackets, items);
	assert_true(refuse(text.data,
	                   "1:240001: the text has too many nested flow collections: their "
	                   "depth summed up over all they hold is more than 60000000"));
	assert_true(seconds() - start < 10);
}

static void laugh(struct buffer *text, size_t n)
{
	buffer_append_string(text, "a: &a [x,x,x,x,x,x,x,x,x,x]\n");
	for (size_t i = 1; i < n; i++) {
		char name = (char)('a' + i), before = (char)('a' + i - 1);

		buffer_printf(text, "%c: &%c [", name, name);
		for (size_t j = 0; j < 10; j++)
			buffer_printf(text, "%s*%c", j ? "," : "", before);
		buffer_append_string(text, "]\n");
	}
}

static void test_billion_laughs(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	laugh(&text, 26);
	refuse_fast(text.data,
	            "6:14: the aliases of the document stand for more than 250000 nodes");
	/* 123450 nodes in the largest, a tenth more in all: allowed. */
	buffer_clear(&text);
	laugh(&text, 5);
	stream_free(read_text(text.data));
}

static void test_aliased_bytes(void **state)
{
	_cleanup_(freep) char *scalar = repeat("x", 1 << 20);
	_cleanup_(freep) char *aliases = repeat(",*a", 5);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_printf(&text, "- &a %s\n- [*a%.*s]\n", scalar, 3 * 3, aliases);
	stream_free(read_text(text.data));
	buffer_clear(&text);
	buffer_printf(&text, "- &a %s\n- [*a%s]\n", scalar, aliases);
	refuse_fast(text.data,
	            "2:16: the aliases of the document stand for more than 4194304 bytes");
}

static void test_many_keys(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	double start = seconds();

	for (unsigned int i = 0; i < 1000000; i++)
		buffer_printf(&text, "k%u: vvvvvvv\n", (unsigned int)(i * 7919ULL % 1000000));
	buffer_append_string(&text, "k123456: w\n");
	assert_true(refuse(text.data,
	                   "1000001:1: key \"k123456\" stands twice in the mapping, first at line "
	                   "578625"));
	assert_true(seconds() - start < 20);
}

/* Those that are not kept are counted. */
static void test_many_duplicates(void **state)
{
	_cleanup_(freep) char *text = repeat("a:        \n", 100000);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct stream *stream = NULL;
	double start = seconds();

	assert_int_equal(yaml_read_bytes("t", text, 1100000, &stream, NULL, &diag), YAML_E_SYNTAX);
	assert_int_equal(diag.n_errors, 99999);
	assert_int_equal(diag.n_entries, DIAG_ENTRIES_MAX);
	assert_int_equal(diag.entries[0].line, 2);
	assert_int_equal(diag.entries[999].line, 1001);
	assert_true(seconds() - start < 5);
}

static void test_many_anchors(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	double start = seconds();

	for (unsigned int i = 0; i < 50000; i++)
		buffer_printf(&text, "- &a%u x\n- *a%u\n", i, i / 2);
	stream = read_text(text.data);
	assert_int_equal(read_root(stream)->n, 100000);
	assert_true(seconds() - start < 10);
}

/* Counted over all documents. More text could have as many: the error is not definite. */
static void test_many_nodes(void **state)
{
	_cleanup_(source_freep) struct source *source = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct tree_builder builder;
	yaml_event_t event;

	assert_int_equal(source_new("t", "x", 1, &source, NULL), 0);
	tree_builder_init(&builder, source, arena, &diag);
	builder.n_nodes = YAML_NODES_FREE - 1;
	for (int i = 0; i < 2; i++) {
		assert_true(yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
		assert_int_equal(tree_builder_add(&builder, &event), 0);
		yaml_event_delete(&event);
		assert_true(yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *)"x", 1,
		                                         1, 1, YAML_PLAIN_SCALAR_STYLE));
		assert_int_equal(tree_builder_add(&builder, &event), i ? TREE_BUILDER_E_LIMIT : 0);
		yaml_event_delete(&event);
	}
	errors_equal(&diag,
	             "1:1: the text has more than 65536 nodes, which is too many for its size");
	assert_false(builder.is_definite);
	tree_builder_deinit(&builder);
}

static void test_many_directives(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	for (unsigned int i = 0; i < 100; i++)
		buffer_printf(&text, "%%TAG !a%u! x\n", i);
	buffer_append_string(&text, "--- x\n");
	stream_free(read_text(text.data));
	for (unsigned int i = 0; i < 50000; i++)
		buffer_printf(&text, "%%TAG !b%u! x\n", i);
	refuse_fast(text.data, "102:1: there are too many lines with %TAG");
}

/* Many characters before the place: found in one pass. */
static void test_marks_are_linear(void **state)
{
	_cleanup_(freep) char *items = repeat("\xc3\xa9,", 100000);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	const struct node *last;
	double start = seconds();

	buffer_printf(&text, "[%sz]", items);
	stream = read_text(text.data);
	last = read_root(stream)->items[100000];
	assert_int_equal(last->start.offset, 300001);
	assert_int_equal(last->start.column, 200002);
	assert_true(seconds() - start < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_scalar_slices),
		cmocka_unit_test(test_collection_slices),
		cmocka_unit_test(test_property_slices),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_block_scalars),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_offsets_after_conversion),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_document_starts_at_properties),
		cmocka_unit_test(test_no_document),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_anchors),
		cmocka_unit_test(test_bad_anchors),
		cmocka_unit_test(test_duplicate_keys),
		cmocka_unit_test(test_bad_merges),
		cmocka_unit_test(test_readings_that_differ),
		cmocka_unit_test(test_syntax_errors),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_long_keys),
		cmocka_unit_test(test_definite),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_ownership),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_through_aliases),
		cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_brackets_in_texts),
		cmocka_unit_test(test_flow_work),
		cmocka_unit_test(test_billion_laughs),
		cmocka_unit_test(test_aliased_bytes),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_many_duplicates),
		cmocka_unit_test(test_many_anchors),
		cmocka_unit_test(test_many_nodes),
		cmocka_unit_test(test_many_directives),
		cmocka_unit_test(test_marks_are_linear),
	};

	return cmocka_run_group_tests_name("document/yaml_reader", tests, NULL, NULL);
}
