/* SPDX-License-Identifier: Apache-2.0 */

#include "document/json_patch.h"

#include "patching.h"

static int apply(struct edit *edit, const struct stream *patch, struct diag *diag)
{
	return json_patch_apply(edit, patch->documents[0].root, diag);
}

static void applies(const char *config, const char *patch, const char *expected)
{
	patching_applies(apply, config, patch, expected, 0);
}

static void fails(const char *config, const char *patch, const char *error)
{
	patching_fails(apply, config, patch, error);
}

/* The situations of RFC 6902, appendix A, in its order. */
static void test_rfc_appendix(void **state)
{
	applies("{a: one}", "[{op: add, path: /b, value: two}]", "{a: one, b: two}");
	applies("{a: [x, z]}", "[{op: add, path: /a/1, value: y}]", "{a: [x, y, z]}");
	applies("{a: 1, b: 2}", "[{op: remove, path: /b}]", "{a: 1}");
	applies("{a: [x, y, z]}", "[{op: remove, path: /a/1}]", "{a: [x, z]}");
	applies("{a: 1, b: 2}", "[{op: replace, path: /b, value: 3}]", "{a: 1, b: 3}");
	applies("{a: {x: 1, y: 2}, b: {z: 3}}", "[{op: move, from: /a/y, path: /b/w}]",
	        "{a: {x: 1}, b: {z: 3, w: 2}}");
	applies("{a: [p, q, r, s]}", "[{op: move, from: /a/1, path: /a/3}]", "{a: [p, r, s, q]}");
	applies("{a: x, b: [1, 2, 3]}",
	        "[{op: test, path: /a, value: x}, {op: test, path: /b/1, value: 2}]",
	        "{a: x, b: [1, 2, 3]}");
	fails("{a: x}", "[{op: test, path: /a, value: y}]",
	      "patch:1:2: [0]: test \"/a\": the value is not the one that is tested for");
	applies("{a: 1}", "[{op: add, path: /b, value: {c: {}}}]", "{a: 1, b: {c: {}}}");
	applies("{a: 1}", "[{op: add, path: /b, value: 2, other: 3}]", "{a: 1, b: 2}");
	fails("{a: 1}", "[{op: add, path: /b/c, value: 2}]",
	      "patch:1:2: [0]: add \"/b/c\": there is no \"b\"");
	applies("{/: 1, ~1: 2}", "[{op: test, path: /~01, value: 2}]", "{/: 1, ~1: 2}");
	fails("{/: 1, ~1: 2}", "[{op: test, path: /~01, value: \"2\"}]",
	      "patch:1:2: [0]: test \"/~01\": the value is not the one that is tested for");
	applies("{a: [x]}", "[{op: add, path: /a/-, value: [y, z]}]", "{a: [x, [y, z]]}");
}

static void test_root(void **state)
{
	applies("{a: 1}", "[{op: replace, path: \"\", value: {b: 2}}]", "{b: 2}");
	applies("{a: 1}", "[{op: add, path: \"\", value: {b: 2}}]", "{b: 2}");
	applies("{a: 1}", "[{op: test, path: \"\", value: {a: 1}}]", "{a: 1}");
	applies("{a: 1}", "[{op: copy, from: \"\", path: /b}]", "{a: 1, b: {a: 1}}");
	applies("{a: {b: 2}}", "[{op: move, from: /a, path: \"\"}]", "{b: 2}");
	applies("{a: 1}", "[{op: move, from: \"\", path: \"\"}]", "{a: 1}");
	fails("{a: 1}", "[{op: remove, path: \"\"}]",
	      "patch:1:2: [0]: remove \"\": the whole document cannot be removed");
	fails("{a: 1}", "[{op: move, from: \"\", path: /b}]",
	      "patch:1:2: [0]: move \"/b\": what is at \"\" cannot be moved into itself");
}

static void test_missing_target(void **state)
{
	fails("{a: 1}", "[{op: replace, path: /b, value: 1}]",
	      "patch:1:2: [0]: replace \"/b\": there is no \"b\"");
	fails("{a: 1}", "[{op: remove, path: /b}]",
	      "patch:1:2: [0]: remove \"/b\": there is no \"b\"");
	fails("{a: 1}", "[{op: test, path: /b, value: null}]",
	      "patch:1:2: [0]: test \"/b\": there is no \"b\"");
	fails("{a: 1}", "[{op: copy, from: /b, path: /c}]",
	      "patch:1:2: [0]: copy \"/c\": there is no \"b\"");
	fails("{a: 1}", "[{op: move, from: /b, path: /c}]",
	      "patch:1:2: [0]: move \"/c\": there is no \"b\"");
	fails("{a: 1}", "[{op: move, from: /b, path: /b}]",
	      "patch:1:2: [0]: move \"/b\": there is no \"b\"");
	fails("{a: 1}", "[{op: add, path: /a/b, value: 1}]",
	      "patch:1:2: [0]: add \"/a/b\": there can be no \"b\" below integer");
	fails("{a: 1}", "[{op: test, path: /a/b, value: 1}]",
	      "patch:1:2: [0]: test \"/a/b\": there can be no \"b\" below integer");
}

static void test_indexes(void **state)
{
	applies("{a: [x]}", "[{op: add, path: /a/1, value: y}]", "{a: [x, y]}");
	applies("{a: [x]}", "[{op: add, path: /a/0, value: y}]", "{a: [y, x]}");
	applies("{a: []}", "[{op: add, path: /a/0, value: y}]", "{a: [y]}");
	fails("{a: [x]}", "[{op: add, path: /a/2, value: y}]",
	      "patch:1:2: [0]: add \"/a/2\": there is no place 2 in a list of 1");
	fails("{a: [x]}", "[{op: add, path: /a/-1, value: y}]",
	      "patch:1:2: [0]: add \"/a/-1\": \"-1\" is no index of a list");
	fails("{a: [x, y]}", "[{op: remove, path: /a/01}]",
	      "patch:1:2: [0]: remove \"/a/01\": \"01\" is no index of a list");
	fails("{a: [x, y]}", "[{op: remove, path: /a/}]",
	      "patch:1:2: [0]: remove \"/a/\": \"\" is no index of a list");
	fails("{a: [x, y]}", "[{op: remove, path: /a/1e0}]",
	      "patch:1:2: [0]: remove \"/a/1e0\": \"1e0\" is no index of a list");
	fails("{a: [x, y]}", "[{op: remove, path: /a/2}]",
	      "patch:1:2: [0]: remove \"/a/2\": there is no item 2 in a list of 2");
	fails("{a: [x]}", "[{op: remove, path: /a/-}]",
	      "patch:1:2: [0]: remove \"/a/-\": \"-\" is no index of a list");
	fails("{a: [x]}", "[{op: replace, path: /a/-, value: y}]",
	      "patch:1:2: [0]: replace \"/a/-\": \"-\" is no index of a list");
	fails("{a: [x]}", "[{op: remove, path: /a/99999999999999999999999}]",
	      "patch:1:2: [0]: remove \"/a/99999999999999999999999\": "
	      "\"99999999999999999999999\" is no index of a list");
}

static void test_keys_of_objects(void **state)
{
	/* The empty key, keys like numbers and `-`, escapes. */
	applies("{a: 1}", "[{op: add, path: /, value: 2}]", "{a: 1, \"\": 2}");
	applies("{a: 1}", "[{op: add, path: /7, value: 2}]", "{a: 1, \"7\": 2}");
	applies("{a: 1}", "[{op: add, path: /true, value: 2}]", "{a: 1, \"true\": 2}");
	applies("{a: 1}", "[{op: add, path: /-, value: 2}]", "{a: 1, \"-\": 2}");
	applies("{a: {}}", "[{op: add, path: /a/b~1c~0d, value: 2}]", "{a: {b/c~d: 2}}");
	applies("{a: {7: x}}", "[{op: replace, path: /a/7, value: y}]", "{a: {7: y}}");
	fails("{a: 1}", "[{op: add, path: /~2, value: 2}]",
	      "patch:1:18: [0].path: \"/~2\" is no JSON pointer: `~` must be followed by 0 or 1");
	fails("{a: 1}", "[{op: add, path: /b~, value: 2}]",
	      "patch:1:18: [0].path: \"/b~\" is no JSON pointer: `~` must be followed by 0 or 1");
	fails("{a: 1}", "[{op: add, path: b, value: 2}]",
	      "patch:1:18: [0].path: \"b\" is no JSON pointer: it must be empty or begin with `/`");
}

static void test_move_and_copy(void **state)
{
	applies("{a: {b: 1}}", "[{op: copy, from: /a, path: /c}]", "{a: {b: 1}, c: {b: 1}}");
	/* A copy is a value of its own. */
	applies("{a: {b: 1}}",
	        "[{op: copy, from: /a, path: /c}, {op: replace, path: /c/b, value: 2}]",
	        "{a: {b: 1}, c: {b: 2}}");
	applies("{a: {b: 1}}",
	        "[{op: copy, from: /a, path: /c}, {op: replace, path: /a/b, value: 2}]",
	        "{a: {b: 2}, c: {b: 1}}");
	applies("{a: {b: 1}}", "[{op: copy, from: /a, path: /a/c}]", "{a: {b: 1, c: {b: 1}}}");
	applies("{a: [1, 2]}", "[{op: copy, from: /a/0, path: /a/-}]", "{a: [1, 2, 1]}");
	applies("{a: 1, b: 2}", "[{op: move, from: /a, path: /b}]", "{b: 1}");
	applies("{a: 1}", "[{op: move, from: /a, path: /a}]", "{a: 1}");
	fails("{a: {b: {}}}", "[{op: move, from: /a, path: /a/b/c}]",
	      "patch:1:2: [0]: move \"/a/b/c\": what is at \"/a\" cannot be moved into itself");
	/* A prefix of the text is no prefix of the way. */
	applies("{a: 1, ab: {}}", "[{op: move, from: /a, path: /ab/c}]", "{ab: {c: 1}}");
	/* What was changed before is what is copied. */
	applies("{a: {b: 1}}", "[{op: add, path: /a/d, value: 4}, {op: copy, from: /a, path: /c}]",
	        "{a: {b: 1, d: 4}, c: {b: 1, d: 4}}");
}

static void test_test_is_json_equality(void **state)
{
	const char *config = "{i: 1, f: 1.5, s: x, b: true, n: null, big: 18446744073709551615, "
			     "m: {x: 1, y: [2]}, d: 2001-12-14, z: -0.0}";

	applies(config, "[{op: test, path: /i, value: 1.0}]", config);
	applies(config, "[{op: test, path: /i, value: 0x1}]", config);
	applies(config, "[{op: test, path: /f, value: 15e-1}]", config);
	applies(config, "[{op: test, path: /b, value: True}]", config);
	applies(config, "[{op: test, path: /n, value: ~}]", config);
	applies(config, "[{op: test, path: /big, value: 0xffffffffffffffff}]", config);
	applies(config, "[{op: test, path: /m, value: {y: [2.0], x: 1}}]", config);
	applies(config, "[{op: test, path: /d, value: \"2001-12-14T00:00:00Z\"}]", config);
	applies(config, "[{op: test, path: /z, value: 0}]", config);
	for (size_t i = 0; i < 12; i++) {
		static const char *const patches[] = {
			"[{op: test, path: /i, value: \"1\"}]",
			"[{op: test, path: /i, value: 2}]",
			"[{op: test, path: /b, value: 1}]",
			"[{op: test, path: /n, value: \"\"}]",
			"[{op: test, path: /big, value: 18446744073709551616}]",
			"[{op: test, path: /m, value: {x: 1}}]",
			"[{op: test, path: /m, value: {x: 1, z: [2]}}]",
			"[{op: test, path: /m/y, value: [2, 2]}]",
			"[{op: test, path: /m/y, value: {}}]",
			"[{op: test, path: /m, value: {x: 1, y: [2], z: 3}}]",
			"[{op: test, path: /big, value: 18446744073709551614}]",
			"[{op: test, path: /i, value: 1e300}]",
		};
		_cleanup_(stream_freep) struct stream *before = patching_read("config", config);
		_cleanup_(stream_freep) struct stream *patch = patching_read("patch", patches[i]);
		_cleanup_(edit_freep) struct edit *edit = NULL;

		assert_int_equal(edit_new(before, &edit), 0);
		assert_int_equal(apply(edit, patch, NULL), JSON_PATCH_E_FAILED);
	}
}

static void test_sequence_of_operations(void **state)
{
	applies("{a: [1]}",
	        "[{op: add, path: /a/-, value: 2}, {op: add, path: /a/-, value: 3},"
	        " {op: remove, path: /a/0}, {op: replace, path: /a/0, value: {x: 1}},"
	        " {op: add, path: /a/0/y, value: 2}, {op: remove, path: /a/0/x},"
	        " {op: add, path: /a/0/x, value: 9}]",
	        "{a: [{x: 9, y: 2}, 3]}");
	/* What a patch adds is no part of the patch any more. */
	applies("{a: {}}",
	        "[{op: add, path: /a/b, value: {c: 1}}, {op: add, path: /a/b/d, value: 2}]",
	        "{a: {b: {c: 1, d: 2}}}");
	fails("{a: 1}", "- {op: add, path: /b, value: 1}\n- {op: remove, path: /c}\n",
	      "patch:2:3: [1]: remove \"/c\": there is no \"c\"");
}

static void test_aliases_and_merges(void **state)
{
	const char *config = "{base: &b {x: 1, y: 2}, use: {<<: *b, z: 3}, same: *b}";

	applies(config, "[{op: test, path: /use/x, value: 1}]", config);
	applies(config, "[{op: test, path: /use, value: {x: 1, y: 2, z: 3}}]", config);
	applies(config, "[{op: replace, path: /use/x, value: 9}]",
	        "{base: {x: 1, y: 2}, use: {x: 9, y: 2, z: 3}, same: {x: 1, y: 2}}");
	applies(config, "[{op: remove, path: /use/x}]",
	        "{base: {x: 1, y: 2}, use: {y: 2, z: 3}, same: {x: 1, y: 2}}");
	applies(config, "[{op: add, path: /same/w, value: 4}]",
	        "{base: {x: 1, y: 2}, use: {x: 1, y: 2, z: 3}, same: {x: 1, y: 2, w: 4}}");
	applies(config, "[{op: replace, path: /base/x, value: 4}]",
	        "{base: {x: 4, y: 2}, use: {x: 1, y: 2, z: 3}, same: {x: 1, y: 2}}");
	fails(config, "[{op: remove, path: /use/<<}]",
	      "patch:1:2: [0]: remove \"/use/<<\": there is no \"<<\"");
	/* The patch may have them as well. */
	applies("{a: 1}", "[{op: add, path: /b, value: &v {x: 1}}, {op: add, path: /c, value: *v}]",
	        "{a: 1, b: {x: 1}, c: {x: 1}}");
}

static void test_malformed(void **state)
{
	fails("{a: 1}", "[{path: /a, value: 1}]", "patch:1:2: [0]: the operation has no op");
	fails("{a: 1}", "[{op: 7, path: /a}]",
	      "patch:1:7: [0].op: op must be a string, found integer");
	fails("{a: 1}", "[{op: removed, path: /a}]",
	      "patch:1:7: [0].op: unknown op \"removed\": did you mean \"remove\"?");
	fails("{a: 1}", "[{op: frobnicate, path: /a}]",
	      "patch:1:7: [0].op: unknown op \"frobnicate\": there are add, remove, replace, move, "
	      "copy and test");
	fails("{a: 1}", "[{op: remove}]", "patch:1:2: [0]: the operation has no path");
	fails("{a: 1}", "[{op: remove, path: null}]",
	      "patch:1:21: [0].path: path must be a string, found null");
	fails("{a: 1}", "[{op: add, path: /b}]",
	      "patch:1:2: [0]: add needs a value (null must be written out)");
	fails("{a: 1}", "[{op: test, path: /a}]",
	      "patch:1:2: [0]: test needs a value (null must be written out)");
	fails("{a: 1}", "[{op: copy, path: /b}]", "patch:1:2: [0]: the operation has no from");
	fails("{a: 1}", "[{op: move, from: 1, path: /b}]",
	      "patch:1:19: [0].from: from must be a string, found integer");
	applies("{a: 1}", "[{op: add, path: /b, value: null}]", "{a: 1, b: null}");
	applies("{a: 1}", "[]", "{a: 1}");
}

/* All that is malformed is reported, and nothing is applied then. */
static void test_all_errors(void **state)
{
	_cleanup_(stream_freep) struct stream *before = patching_read("config", "{a: 1}");
	_cleanup_(stream_freep) struct stream *patch = patching_read(
		"patch", "[{op: add}, {op: x, path: y}, {op: remove, path: /a}, {op: move}]");
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(edit_freep) struct edit *edit = NULL;

	assert_int_equal(edit_new(before, &edit), 0);
	assert_int_equal(apply(edit, patch, &diag), JSON_PATCH_E_INVALID);
	assert_int_equal(diag.n_errors, 6);
	assert_ptr_equal(edit->documents[0].root, before->documents[0].root);
}

static void test_which_document(void **state)
{
	applies("{apiVersion: v1, kind: X, name: a}\n---\n{machine: {}}\n",
	        "[{op: add, path: /machine/type, value: worker}]",
	        "{apiVersion: v1, kind: X, name: a}\n---\n{machine: {type: worker}}\n");
	applies("{apiVersion: v1, kind: X, name: a}\n", "[{op: replace, path: /name, value: b}]",
	        "{apiVersion: v1, kind: X, name: b}\n");
	fails("{apiVersion: v1, kind: X}\n---\n{apiVersion: v1, kind: Y}\n",
	      "[{op: add, path: /name, value: b}]",
	      "patch:1:1: the config has no document of `machine:` to be patched");
}

static void test_is_patch(void **state)
{
	static const struct {
		const char *text;
		bool is_patch;
	} cases[] = {
		{ "[]", true },   { "[{op: add}]", true }, { "[{}, {}]", true }, { "{}", false },
		{ "[a]", false }, { "[{}, 1]", false },    { "x", false },       { "[[]]", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(stream_freep) struct stream *stream = patching_read("p", cases[i].text);

		assert_int_equal(json_patch_is_patch(stream->documents[0].root), cases[i].is_patch);
	}
}

/* Copies that double the document cost little memory, and the result is refused. */
static void test_copies_without_end(void **state)
{
	_cleanup_(buffer_deinit) struct buffer patch = BUFFER_INIT;

	buffer_append_char(&patch, '[');
	for (size_t i = 0; i < 64; i++)
		buffer_printf(&patch, "{op: copy, from: \"\", path: /c%zu},", i);
	buffer_append_char(&patch, ']');
	fails("{a: 1}", patch.data,
	      "patch:1:520: [16]: copy \"/c16\": the copies of this patch have more than 250000 values, or are "
	      "too deep");
}

/* A mapping gets an index when it has grown large. */
static void test_growing_mapping(void **state)
{
	_cleanup_(buffer_deinit) struct buffer patch = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer expected = BUFFER_INIT;

	buffer_append_string(&expected, "a: 1\n");
	for (size_t i = 0; i < 60; i++) {
		buffer_printf(&patch, "- {op: add, path: /k%zu, value: 1}\n", i % 30);
		buffer_printf(&patch, "- {op: replace, path: /k%zu, value: %zu}\n", i % 30 / 2, i);
	}
	for (size_t i = 0; i < 30; i++)
		buffer_printf(&expected, "k%zu: %zu\n", i, i < 15 ? 31 + 2 * i : 1);
	buffer_append_string(&patch,
	                     "- {op: remove, path: /k3}\n- {op: add, path: /k3, value: 37}\n");
	applies("{a: 1}", patch.data, expected.data);
}

/* Many operations on a long list take time by their number, not by their product. */
static void test_many_operations(void **state)
{
	_cleanup_(buffer_deinit) struct buffer config = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer patch = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer expected = BUFFER_INIT;

	buffer_append_string(&config, "a:\n");
	buffer_append_string(&expected, "a:\n");
	for (size_t i = 0; i < 20000; i++) {
		buffer_append_string(&config, "- x\n");
		buffer_printf(&patch, "- {op: replace, path: /a/%zu, value: y}\n", i);
		buffer_append_string(&expected, "- y\n");
	}
	applies(config.data, patch.data, expected.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc_appendix),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_missing_target),
		cmocka_unit_test(test_indexes),
		cmocka_unit_test(test_keys_of_objects),
		cmocka_unit_test(test_move_and_copy),
		cmocka_unit_test(test_test_is_json_equality),
		cmocka_unit_test(test_sequence_of_operations),
		cmocka_unit_test(test_aliases_and_merges),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_which_document),
		cmocka_unit_test(test_is_patch),
		cmocka_unit_test(test_copies_without_end),
		cmocka_unit_test(test_growing_mapping),
		cmocka_unit_test(test_many_operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
