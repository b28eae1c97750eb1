/* SPDX-License-Identifier: Apache-2.0 */

#include "document/edit.h"

#include "tree_edit.h"

static void test_new(void **state)
{
	const char *text = "a: 1\n---\nb: 2\n---\nc: 3\n";
	_cleanup_(stream_freep) struct stream *stream = tree_read("text", text, strlen(text));
	_cleanup_(edit_freep) struct edit *edit = NULL;

	(void)state;
	assert_int_equal(edit_new(stream, &edit), 0);
	assert_ptr_equal(edit->original, stream);
	assert_int_equal(edit->n_documents, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_ptr_equal(edit->documents[i].original, &stream->documents[i]);
		assert_ptr_equal(edit->documents[i].root, stream->documents[i].root);
	}
}

/* Through several sizes of the array, from each number of original documents. */
static void test_add_documents(void **state)
{
	static const char text[] = "a: 1\n---\nb: 2\n---\nc: 3\n---\nd: 4\n---\ne: 5\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n += 9) {
		size_t n_text = n < 5 ? n : n - 4;
		_cleanup_(stream_freep) struct stream *stream = tree_read("text", text, n_text);
		_cleanup_(edit_freep) struct edit *edit = NULL;
		const struct node *roots[40];
		size_t n_original = stream->n_documents;

		assert_int_equal(edit_new(stream, &edit), 0);
		for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
			roots[i] = node_new_mapping(edit->arena, NULL, NULL, 0);
			assert_int_equal(edit_add_document(edit, roots[i]), 0);
		}
		assert_int_equal(edit->n_documents, n_original + ARRAY_SIZE(roots));
		for (size_t i = 0; i < n_original; i++)
			assert_ptr_equal(edit->documents[i].original, &stream->documents[i]);
		for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
			assert_null(edit->documents[n_original + i].original);
			assert_ptr_equal(edit->documents[n_original + i].root, roots[i]);
		}
	}
}

static bool is_unchanged(const struct edit *edit)
{
	bool unchanged;

	assert_int_equal(edit_is_unchanged(edit, &unchanged), 0);
	return unchanged;
}

static void test_is_unchanged(void **state)
{
	const char *text = "a: 0x10\nb: [x]\n---\nc: 1\n";
	const char *same_text = "b: ['x'] # other words\na: 16\n";
	const char *other_text = "b: ['x']\na: \"16\"\n";
	_cleanup_(stream_freep) struct stream *stream = tree_read("text", text, strlen(text));
	_cleanup_(stream_freep) struct stream *same = tree_read("same", same_text,
	                                                        strlen(same_text));
	_cleanup_(stream_freep) struct stream *other = tree_read("other", other_text,
	                                                         strlen(other_text));
	_cleanup_(edit_freep) struct edit *edit = NULL;

	(void)state;
	assert_int_equal(edit_new(stream, &edit), 0);
	assert_true(is_unchanged(edit));
	edit->documents[0].root = same->documents[0].root;
	assert_true(is_unchanged(edit));
	edit->documents[0].root = other->documents[0].root;
	assert_false(is_unchanged(edit));
	edit->documents[0].root = same->documents[0].root;
	edit->documents[1].root = NULL;
	assert_false(is_unchanged(edit));
	edit->documents[1].root = stream->documents[1].root;
	assert_true(is_unchanged(edit));
	assert_int_equal(edit_add_document(edit, other->documents[0].root), 0);
	assert_false(is_unchanged(edit));
	/* Added and taken away again. */
	edit->documents[2].root = NULL;
	assert_true(is_unchanged(edit));
}

static void check_identity(const char *text, const char *api_version, const char *kind,
                           const char *name)
{
	_cleanup_(stream_freep) struct stream *stream = tree_read("text", text, strlen(text));
	struct document_identity identity;

	document_identify(stream->documents[0].root, &identity);
	assert_string_equal(identity.api_version, api_version);
	assert_string_equal(identity.kind, kind);
	assert_string_equal(identity.name, name);
	assert_int_equal(document_is_machine_config(stream->documents[0].root),
	                 strcmp(kind, "v1alpha1") == 0 && !*api_version);
}

static void test_identity(void **state)
{
	(void)state;
	check_identity("machine: {}", "", "v1alpha1", "");
	check_identity("cluster: {}\nversion: v1alpha1\n", "", "v1alpha1", "");
	check_identity("version: v1alpha1", "", "v1alpha1", "");
	/* A misspelt key is to be told as one of the machine config. */
	check_identity("machin: {}", "", "v1alpha1", "");
	check_identity("{}", "", "v1alpha1", "");
	check_identity("apiVersion: v1alpha1\nmachine: {}\n", "", "v1alpha1", "");
	check_identity("apiVersion: v1alpha1\nkind: HostnameConfig\nname: x\n", "v1alpha1",
	               "HostnameConfig", "x");
	check_identity("kind: X", "", "X", "");
	check_identity("kind: X\nmachine: {}\n", "", "X", "");
	check_identity("apiVersion: v2\nname: 1.50\n", "v2", "", "1.50");
	check_identity("apiVersion: [1]\nkind: {}\nname: ~\n", "", "", "~");
	check_identity("x: &x {kind: K}\n<<: *x\napiVersion: v1\n", "v1", "K", "");
	check_identity("[1]", "", "", "");
	check_identity("~", "", "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_add_documents),
		cmocka_unit_test(test_is_unchanged),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
