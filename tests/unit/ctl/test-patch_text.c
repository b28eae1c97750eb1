/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "patch_text.h"

#define N_PATCHES_MAX 4

/* Reads texts as -p would give them; NULL ends the list. */
static void read_texts(struct patch_texts *texts, const char *const *from)
{
	struct patch_argument patches[N_PATCHES_MAX] = { 0 };
	struct arguments arguments = { .patches = patches };

	for (; from[arguments.n_patches]; arguments.n_patches++)
		patches[arguments.n_patches].text = from[arguments.n_patches];
	assert_int_equal(patch_texts_read(texts, &arguments), 0);
}

struct join_case {
	const char *texts[N_PATCHES_MAX + 1];
	const char *joined; /* the transactions, with "=\n" between them */
};

static size_t count_documents(const struct patch_texts *texts, size_t first, size_t n)
{
	size_t n_documents = 0;

	for (size_t i = first; i < first + n; i++)
		n_documents += texts->texts[i].stream->n_documents;
	return n_documents;
}

static void test_join(void **state)
{
	static const struct join_case cases[] = {
		/* Alone: as it is. */
		{ { "machine: {}" }, "machine: {}\n" },
		{ { "# c\n---\nmachine: {}\n" }, "# c\n---\nmachine: {}\n" },
		{ { "[]" }, "[]\n" },
		/* Merge patches are documents of one text. */
		{ { "a: 1", "b: 2\n" }, "---\na: 1\n---\nb: 2\n" },
		{ { "  a: 1\n  b: 2\n", "# c\n  d: 2" },
		  "---\n  a: 1\n  b: 2\n---\n# c\n  d: 2\n" },
		{ { "# c\n--- \na: 1\n---\nx: 1\n...\n", "{b: 2}", "---\nc: 3" },
		  "--- \na: 1\n---\nx: 1\n...\n---\n{b: 2}\n...\n---\nc: 3\n" },
		{ { "a: 1", "# c\n%YAML 1.1\n---\nb: 2" },
		  "---\na: 1\n...\n%YAML 1.1\n---\nb: 2\n" },
		/* Empty ones are left out. */
		{ { "# nothing", "a: 1", "---\n", "null" }, "a: 1\n" },
		/* A JSON patch stands alone. */
		{ { "a: 1", "b: 2", "[{op: test, path: /a, value: 1}]", "c: 3" },
		  "---\na: 1\n---\nb: 2\n=\n[{op: test, path: /a, value: 1}]\n=\nc: 3\n" },
		{ { "- op: x", "[]" }, "- op: x\n=\n[]\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(patch_texts_deinit) struct patch_texts texts = PATCH_TEXTS_INIT;
		_cleanup_(buffer_deinit) struct buffer joined = BUFFER_INIT;
		size_t n;

		read_texts(&texts, cases[i].texts);
		for (size_t j = 0; j < texts.n_texts; j += n) {
			_cleanup_(line_map_deinit) struct line_map map = LINE_MAP_INIT;
			_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
			_cleanup_(stream_freep) struct stream *stream = NULL;

			if (j)
				buffer_append_string(&joined, "=\n");
			n = patch_texts_group(&texts, j);
			assert_int_equal(patch_texts_join(&texts, j, n, &out, &map), 0);
			/* What was joined is YAML, with no document more or less. */
			assert_int_equal(yaml_read_bytes("t", out.data, out.n_data, &stream, NULL,
			                                 NULL),
			                 0);
			assert_int_equal(stream->n_documents, count_documents(&texts, j, n));
			buffer_append(&joined, out.data, out.n_data);
		}
		assert_string_equal(joined.data, cases[i].joined);
	}
}

static void test_nothing(void **state)
{
	static const char *const from[] = { "", "\n \n", "# c", NULL };
	_cleanup_(patch_texts_deinit) struct patch_texts texts = PATCH_TEXTS_INIT;

	read_texts(&texts, from);
	assert_int_equal(texts.n_texts, 0);
}

static void check_place(const struct line_map *map, uint32_t line, const char *label,
                        uint32_t expected)
{
	struct place place = line_map_find(map, line, 7);

	assert_string_equal(place.source, label);
	assert_int_equal(place.line, expected);
	assert_int_equal(place.column, 7);
}

static void test_lines_lead_back(void **state)
{
	static const char *const from[] = { "a: 1\nb: 2", "# c\n# d\n---\nc: 3\n", "d: 4\n\n",
		                            NULL };
	_cleanup_(patch_texts_deinit) struct patch_texts texts = PATCH_TEXTS_INIT;
	_cleanup_(line_map_deinit) struct line_map map = LINE_MAP_INIT;
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	struct place none;

	read_texts(&texts, from);
	assert_int_equal(patch_texts_join(&texts, 0, 3, &out, &map), 0);
	assert_string_equal(out.data, "---\na: 1\nb: 2\n...\n---\nc: 3\n---\nd: 4\n\n");
	check_place(&map, 2, "patch 1", 1);
	check_place(&map, 3, "patch 1", 2);
	check_place(&map, 5, "patch 2", 3);
	check_place(&map, 6, "patch 2", 4);
	check_place(&map, 8, "patch 3", 1);
	check_place(&map, 9, "patch 3", 2);
	none = line_map_find(&map, 0, 0);
	assert_null(none.source);
	assert_int_equal(none.line, 0);
}

/* A large text could be split where one of its documents ends. */
static void test_a_large_text_cannot_commit_early(void **state)
{
	_cleanup_(patch_texts_deinit) struct patch_texts texts = PATCH_TEXTS_INIT;
	_cleanup_(line_map_deinit) struct line_map map = LINE_MAP_INIT;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, out = BUFFER_INIT;
	const char *from[] = { NULL, NULL };

	buffer_append_string(&text, "{a: 1}\n---\n{b: ");
	buffer_append_repeated(&text, 'x', PATCH_PIECE_MAX);
	buffer_append_string(&text, "}");
	from[0] = text.data;
	read_texts(&texts, from);
	assert_int_equal(patch_texts_join(&texts, 0, 1, &out, &map), 0);
	assert_memory_equal(out.data, "---\n{a: 1}\n---\n{b: x", 20);
	check_place(&map, 2, "patch", 1);
}

static void test_files_and_words(void **state)
{
	char name[] = "/tmp/seccompctl-patch-XXXXXX";
	int fd = mkstemp(name);
	char at_name[sizeof(name) + 1];
	const char *from[] = { at_name, name, "machine:{}", NULL };
	_cleanup_(patch_texts_deinit) struct patch_texts texts = PATCH_TEXTS_INIT;

	snprintf(at_name, sizeof(at_name), "@%s", name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	close(fd);
	read_texts(&texts, from);
	unlink(name);
	assert_int_equal(texts.n_texts, 3);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(texts.texts[i].label, name);
		assert_string_equal(texts.texts[i].stream->source->text, "a: 1\n");
	}
	/* A word that names no file is a text, whatever it means. */
	assert_string_equal(texts.texts[2].label, "patch 3");
}

static void test_errors_stop_before_anything_is_sent(void **state)
{
	struct patch_argument patches[] = { { "a: 1", false }, { "a: {", false } };
	struct patch_argument missing[] = { { "/nonexistent/file", true } };
	struct arguments arguments = { .patches = patches, .n_patches = 2 };
	_cleanup_(patch_texts_deinit) struct patch_texts texts = PATCH_TEXTS_INIT;
	_cleanup_(patch_texts_deinit) struct patch_texts none = PATCH_TEXTS_INIT;

	assert_int_equal(patch_texts_read(&texts, &arguments), EXIT_FAILURE);
	arguments = (struct arguments){ .patches = missing, .n_patches = 1 };
	assert_int_equal(patch_texts_read(&none, &arguments), EXIT_FAILURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_lines_lead_back),
		cmocka_unit_test(test_a_large_text_cannot_commit_early),
		cmocka_unit_test(test_files_and_words),
		cmocka_unit_test(test_errors_stop_before_anything_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
