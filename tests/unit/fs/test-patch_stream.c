/* SPDX-License-Identifier: Apache-2.0 */

#include "fs/patch_stream.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "fake_store.h"

#define MAX_PATCH ((size_t)1 << 20)

struct fixture {
	struct store store;
	struct patch_stream *stream;
};

static void fixture_init(struct fixture *fixture, size_t max_patch)
{
	*fixture = (struct fixture){ 0 };
	fixture->stream = patch_stream_new(&fixture->store, max_patch);
	assert_non_null(fixture->stream);
}

static void fixture_deinit(struct fixture *fixture)
{
	patch_stream_free(fixture->stream);
	store_deinit(&fixture->store);
}

#define FIXTURE(name)                                  \
	_cleanup_(fixture_deinit) struct fixture name; \
	fixture_init(&(name), MAX_PATCH)

static int write_text(struct fixture *fixture, const char *text)
{
	return patch_stream_write(fixture->stream, text, strlen(text));
}

static void assert_patch(const struct fixture *fixture, size_t i, const char *text)
{
	assert_true(i < fixture->store.n_patches);
	assert_int_equal(fixture->store.patches[i].n_data, strlen(text));
	assert_memory_equal(fixture->store.patches[i].data, text, strlen(text));
}

/* One patch, and what may follow it without being a part of it. */
struct sample {
	const char *core;
	const char *tail;
	size_t n_core; /* 0: the length of the string */
};

static const struct sample good[] = {
	{ "{machine: {seccompProfiles: [{name: a, value: {b: c}}]}}", "\n" },
	{ "{\"machine\": {\"a\": \"}]\", \"b\": ['{', \"\\\"}\"]}}", "  \r\n\n# bye\n" },
	{ "[{op: add, path: /a, value: 'it''s }'}]", "# bye" },
	{ "# head {\n\n  {a: b, # comment }\n   c: d}", "\n...\n" },
	{ "{a: it's, b: 5\", c: d e 'f}", "\n" },
	{ "{a: [1, 2],\r\n b: \"x\r\n y\"}", "\r\n" },
	{ "machine:\n  seccompProfiles:\n    - name: a\n      value: {b: c}\n", "" },
	{ "machine:\n  a: '{'\n  b: \"}\"\n  c: {d: e}\n", "" },
	{ "a: |\n  text {\n  ...\n  more\nb: c\n...\n", "\n# bye\n" },
	{ "a: b\r\nc: d\r\n...\r", "\n" },
	{ "- op: add\n  path: /a\n  value: {b: [c]}\n", "" },
	{ "---\n{a: b}\n---\n{c: d}\n...\n", "" },
	{ "# head\n--- {a: b}\n", "" },
	{ "%YAML 1.1\n---\n{a: b}\n", "" },
	{ "{a: &b '}', c: *b, d: !!str '}'}\n", "" },
	{ "just words\n", "" },
	{ "\xef\xbb\xbf{a: b}\n", "" },
	{ "\xff\xfe{\0a\0:\0 \0b\0}\0\n\0", "", 16 },
	{ "\xfe\xff\0{\0a\0:\0 \0b\0}", "", 14 },
	{ "{a: \xc3\xa9, \xe6\x97\xa5: [\xf0\x9f\x98\x80]}", "\n" },
};

static size_t sample_text(const struct sample *sample, char *text)
{
	size_t n_core = sample->n_core ? sample->n_core : strlen(sample->core);

	memcpy(text, sample->core, n_core);
	memcpy(text + n_core, sample->tail, strlen(sample->tail));
	return n_core + strlen(sample->tail);
}

/* One transaction, of the whole core and as much of the tail as had come by then. */
static void assert_sample(struct fixture *fixture, const struct sample *sample, const char *text,
                          size_t n_text)
{
	size_t n_core = sample->n_core ? sample->n_core : strlen(sample->core);
	const struct buffer *patch = &fixture->store.patches[0];

	if (fixture->store.n_patches != 1)
		fail_msg("<%.*s> became %zu patches", (int)n_text, text, fixture->store.n_patches);
	assert_int_equal(fixture->store.n_failures, 0);
	assert_int_equal(fixture->store.n_recorded, 0);
	assert_in_range(patch->n_data, n_core, n_text);
	assert_memory_equal(patch->data, text, patch->n_data);
}

static void write_pieces(struct fixture *fixture, const char *text, const size_t *cuts,
                         size_t n_cuts)
{
	for (size_t i = 0; i + 1 < n_cuts; i++)
		assert_int_equal(patch_stream_write(fixture->stream, text + cuts[i],
		                                    cuts[i + 1] - cuts[i]),
		                 0);
}

/* However a patch is cut, it is one transaction of the same bytes. */
static void test_cut_anywhere(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char text[256];
		size_t n = sample_text(&good[i], text);

		for (size_t a = 0; a <= n; a++) {
			for (size_t b = a; b <= n; b++) {
				FIXTURE(fixture);

				write_pieces(&fixture, text, (size_t[]){ 0, a, b, n }, 4);
				assert_int_equal(patch_stream_flush(fixture.stream), 0);
				patch_stream_release(fixture.stream);
				assert_sample(&fixture, &good[i], text, n);
			}
		}
	}
}

static void test_one_byte_at_a_time(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		char text[256];
		size_t n = sample_text(&good[i], text);
		FIXTURE(fixture);

		for (size_t j = 0; j < n; j++)
			assert_int_equal(patch_stream_write(fixture.stream, text + j, 1), 0);
		patch_stream_release(fixture.stream);
		assert_sample(&fixture, &good[i], text, n);
	}
}

static const char *const bad[] = {
	"{machine: [}\n",
	"{a: b}: c: d\n",
	"machine:\n  a: b: c\n  d: e\n  f: g\n",
	"machine: [\n",
	"a: 'x\n",
	"a: b\n c: d\n   - e\n",
	"a:\n\t- b\nc: d\n",
	"{\"a\": \"b\"", /* an end that never comes */
	"\xff\xfe{\0a\0",
	"a: \"\xff\"\nb: c\n",
	"@\n",
	"}\n{a: b\n",
};

/* However a patch is cut, when it is refused in one piece it is refused in many: the writer sees an
 * error, and no part of it becomes a transaction. */
static void test_refused_wherever_cut(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		size_t n = strlen(bad[i]);

		for (size_t a = 0; a <= n; a++) {
			FIXTURE(fixture);
			bool failed;

			failed = patch_stream_write(fixture.stream, bad[i], a) != 0;
			failed |= patch_stream_write(fixture.stream, bad[i] + a, n - a) != 0;
			failed |= patch_stream_flush(fixture.stream) != 0;
			patch_stream_release(fixture.stream);
			assert_true(failed);
			/* A closed document in front of the error is a patch when the cut is
			 * there: nobody can know that more will come. */
			if (fixture.store.n_patches)
				assert_patch(&fixture, 0, "{a: b}");
			else
				assert_int_equal(fixture.store.n_failures +
				                         fixture.store.n_recorded,
				                 1);
		}
	}
}

static void test_closed_document_commits_in_write(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "{a: "), 0);
	assert_int_equal(fixture.store.n_patches, 0);
	assert_int_equal(write_text(&fixture, "b}"), 0);
	assert_int_equal(fixture.store.n_patches, 1);
	/* What follows is the next patch; blanks and comments are none. */
	assert_int_equal(write_text(&fixture, "\n# c\n"), 0);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_int_equal(write_text(&fixture, "[c]\n"), 0);
	assert_int_equal(fixture.store.n_patches, 2);
	assert_patch(&fixture, 1, "[c]\n");
	patch_stream_release(fixture.stream);
	assert_int_equal(fixture.store.n_patches, 2);
	assert_int_equal(patch_stream_count(fixture.stream), 2);
}

static void test_closed_document_fails_in_write(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "{a: 'b' 'c'}"), -EINVAL);
	assert_int_equal(fixture.store.n_failures, 1);
	/* It is over: the next line is a patch of its own. */
	assert_int_equal(write_text(&fixture, "\n{a: b}\n"), 0);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_int_equal(fixture.store.n_patches, 1);
}

static void test_end_marker_commits_in_write(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "a: b\n"), 0);
	assert_int_equal(write_text(&fixture, "...\n"), 0);
	assert_int_equal(fixture.store.n_patches, 1);
	assert_int_equal(write_text(&fixture, "c: d\n"), 0);
	assert_int_equal(fixture.store.n_patches, 1);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_patch(&fixture, 1, "c: d\n");
}

/* bash writes the lines of one stream one by one. */
static void test_marked_stream_waits(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "---\n"), 0);
	assert_int_equal(write_text(&fixture, "{a: b}\n"), 0);
	assert_int_equal(write_text(&fixture, "...\n"), 0);
	assert_int_equal(write_text(&fixture, "---\n"), 0);
	assert_int_equal(write_text(&fixture, "{c: d}\n"), 0);
	assert_int_equal(fixture.store.n_patches, 0);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_patch(&fixture, 0, "---\n{a: b}\n...\n---\n{c: d}\n");
}

static void test_nothing_is_no_patch(void **state)
{
	static const char *const nothing[] = { "",           "\n",  " \t\n", "# comment\n",
		                               "...\n...\n", "\r\n" };

	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
		FIXTURE(fixture);

		assert_int_equal(patch_stream_flush(fixture.stream), 0);
		assert_int_equal(write_text(&fixture, nothing[i]), 0);
		assert_int_equal(patch_stream_flush(fixture.stream), 0);
		for (size_t j = 0; nothing[i][j]; j++)
			assert_int_equal(patch_stream_write(fixture.stream, nothing[i] + j, 1), 0);
		patch_stream_release(fixture.stream);
		assert_int_equal(patch_stream_count(fixture.stream), 0);
	}
}

static void test_flush_that_fails_keeps_the_bytes(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "a: [b,"), 0);
	assert_int_equal(patch_stream_flush(fixture.stream), -EINVAL);
	assert_int_equal(fixture.store.n_failures, 1);
	/* Again without a new byte: the error, without trying. */
	assert_int_equal(patch_stream_flush(fixture.stream), -EINVAL);
	assert_int_equal(fixture.store.n_failures, 1);
	assert_int_equal(write_text(&fixture, " c]\n"), 0);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_patch(&fixture, 0, "a: [b, c]\n");
}

static void test_release(void **state)
{
	FIXTURE(left);
	FIXTURE(refused);
	FIXTURE(more);

	assert_int_equal(write_text(&left, "a: b\n"), 0);
	patch_stream_release(left.stream);
	assert_patch(&left, 0, "a: b\n");

	assert_int_equal(write_text(&refused, "a: [b\n"), 0);
	assert_int_equal(patch_stream_flush(refused.stream), -EINVAL);
	patch_stream_release(refused.stream);
	assert_int_equal(refused.store.n_failures, 1);

	assert_int_equal(write_text(&more, "a: [b\n"), 0);
	assert_int_equal(patch_stream_flush(more.stream), -EINVAL);
	assert_int_equal(write_text(&more, "]\n"), 0);
	patch_stream_release(more.stream);
	assert_patch(&more, 0, "a: [b\n]\n");
}

/* A fault of the disk is not mended by more bytes: they would be another patch. */
static void test_fault_drops_the_bytes(void **state)
{
	FIXTURE(fixture);

	fixture.store.fault = -ENOSPC;
	assert_int_equal(write_text(&fixture, "a: b\n"), 0);
	assert_int_equal(patch_stream_flush(fixture.stream), -ENOSPC);
	fixture.store.fault = 0;
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_int_equal(write_text(&fixture, "c: d\n"), 0);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_int_equal(fixture.store.n_patches, 1);
	assert_patch(&fixture, 0, "c: d\n");
}

/* bash goes on with the next line after a failed write: what is left must not count. */
static void test_hopeless_poisons(void **state)
{
	static const char *const lines[] = { "machine:\n", "  a: b: c\n", "  d: e\n", "# x\n",
		                             "# y\n",      "# z\n",       "c: d\n",   "{e: f}\n" };
	FIXTURE(fixture);
	size_t n_failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		int r = write_text(&fixture, lines[i]);

		assert_true(r == 0 || r == -EINVAL);
		assert_true(r || !n_failed);
		n_failed += r ? 1 : 0;
	}
	assert_true(n_failed > 2);
	assert_int_equal(patch_stream_flush(fixture.stream), -EINVAL);
	assert_int_equal(fixture.store.n_recorded, 1);
	assert_int_equal(fixture.store.n_patches + fixture.store.n_failures, 0);
	assert_int_equal(diag_first_error(&patch_stream_last(fixture.stream)->diag)->line, 2);

	/* After the flush there is a new patch. */
	assert_int_equal(write_text(&fixture, "{g: h}\n"), 0);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_int_equal(fixture.store.n_patches, 1);
}

/* Also where only the end of the bytes would have told that they are complete. */
static void test_hopeless_stream(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "---\na: b: c\nd: e\n"), -EINVAL);
	assert_int_equal(fixture.store.n_recorded, 1);
}

static void test_too_large_poisons(void **state)
{
	_cleanup_(fixture_deinit) struct fixture fixture;
	size_t n_bytes;

	fixture_init(&fixture, 16);
	assert_int_equal(write_text(&fixture, "a: 0123456789abc"), 0); /* 16 bytes */
	assert_int_equal(write_text(&fixture, "\n"), -EFBIG);
	assert_int_equal(write_text(&fixture, "{c: d}\n"), -EFBIG);
	assert_non_null(strstr(patch_stream_result(fixture.stream, &n_bytes), "16 bytes"));
	assert_int_equal(patch_stream_flush(fixture.stream), -EFBIG);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_int_equal(fixture.store.n_recorded, 1);
	assert_int_equal(fixture.store.n_patches, 0);

	/* The limit itself is allowed, and is that of one patch. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(write_text(&fixture, "{a: 01234567890}"), 0);
	assert_int_equal(fixture.store.n_patches, 3);
	/* The rest of a patch that was too large is not committed by the last close either. */
	assert_int_equal(write_text(&fixture, "a: 0123456789abcdef"), -EFBIG);
	assert_int_equal(write_text(&fixture, "c: d\n"), -EFBIG);
	patch_stream_release(fixture.stream);
	assert_int_equal(fixture.store.n_patches, 3);
}

static void test_abort(void **state)
{
	FIXTURE(fixture);
	FIXTURE(idle);

	assert_int_equal(write_text(&fixture, "a: b\n"), 0);
	patch_stream_abort(fixture.stream);
	assert_int_equal(fixture.store.n_recorded, 1);
	assert_non_null(strstr(fixture.store.last, "killed"));
	/* A child that goes on writes the second half of something. */
	assert_int_equal(write_text(&fixture, "{c: d}\n"), -EIO);
	assert_int_equal(patch_stream_flush(fixture.stream), -EIO);
	assert_int_equal(write_text(&fixture, "{c: d}\n"), -EIO);
	patch_stream_abort(fixture.stream);
	patch_stream_release(fixture.stream);
	assert_int_equal(fixture.store.n_recorded, 1);
	assert_int_equal(fixture.store.n_patches, 0);

	patch_stream_abort(idle.stream);
	assert_int_equal(idle.store.n_recorded, 0);
	assert_int_equal(write_text(&idle, "{c: d}\n"), -EIO);
}

static bool result_has(struct fixture *fixture, const char *word)
{
	size_t n_bytes = 0;
	const char *text = patch_stream_result(fixture->stream, &n_bytes);

	assert_int_equal(strlen(text), n_bytes);
	return strstr(text, word) != NULL;
}

static void test_result(void **state)
{
	FIXTURE(fixture);

	snprintf(fixture.store.last, sizeof(fixture.store.last), "of somebody else");
	assert_true(result_has(&fixture, "of somebody else"));
	assert_null(patch_stream_last(fixture.stream));
	assert_int_equal(write_text(&fixture, "{a: b}\n"), 0);
	assert_true(result_has(&fixture, "result: applied"));
	/* Its own, whatever others do. */
	snprintf(fixture.store.last, sizeof(fixture.store.last), "of somebody else");
	assert_true(result_has(&fixture, "result: applied"));
	/* Reading commits what is pending, once. */
	assert_int_equal(write_text(&fixture, "a: [\n"), 0);
	assert_true(result_has(&fixture, "result: failed"));
	assert_true(result_has(&fixture, "result: failed"));
	assert_int_equal(patch_stream_count(fixture.stream), 2);
	assert_int_equal(write_text(&fixture, "b]\n"), 0);
	assert_true(result_has(&fixture, "result: applied"));
	assert_int_equal(patch_stream_count(fixture.stream), 3);
	assert_int_equal(patch_stream_last(fixture.stream)->kind, RESULT_APPLIED);
}

/* Seconds of processor time. */
static double seconds_since(clock_t begin)
{
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

/* A look at each write would take minutes; with a sanitizer this takes a few seconds. */
#define SECONDS_MAX 8.0

static void test_many_lines_are_fast(void **state)
{
	clock_t begin = clock();
	FIXTURE(fixture);
	size_t n = 0;

	assert_int_equal(write_text(&fixture, "machine:\n"), 0);
	for (; n < (size_t)900 << 10; n += 80) {
		char line[128];

		snprintf(line, sizeof(line), "  key%07zu: %060d\n", n, 0);
		assert_int_equal(write_text(&fixture, line), 0);
	}
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_int_equal(fixture.store.n_patches, 1);
	assert_in_range(fixture.store.patches[0].n_data, 800 << 10, MAX_PATCH);
	assert_true(seconds_since(begin) < SECONDS_MAX);
}

static void test_many_bytes_are_fast(void **state)
{
	clock_t begin = clock();
	FIXTURE(fixture);

	/* A bracket closes again and again, but never the first. */
	assert_int_equal(write_text(&fixture, "{a: [0"), 0);
	for (size_t i = 0; i < (size_t)100 << 10; i++)
		assert_int_equal(patch_stream_write(fixture.stream, &",[x],{y}"[i % 8], 1), 0);
	assert_int_equal(write_text(&fixture, "]"), 0);
	assert_int_equal(fixture.store.n_patches, 0);
	assert_int_equal(write_text(&fixture, "}"), 0);
	assert_int_equal(fixture.store.n_patches, 1);
	/* Nor do the blanks behind a document make anybody look at it again. */
	for (size_t i = 0; i < (size_t)100 << 10; i++)
		assert_int_equal(write_text(&fixture, i % 2 ? " " : "\n"), 0);
	assert_int_equal(patch_stream_flush(fixture.stream), 0);
	assert_int_equal(fixture.store.n_patches, 1);
	assert_true(seconds_since(begin) < SECONDS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_one_byte_at_a_time),
		cmocka_unit_test(test_refused_wherever_cut),
		cmocka_unit_test(test_closed_document_commits_in_write),
		cmocka_unit_test(test_closed_document_fails_in_write),
		cmocka_unit_test(test_end_marker_commits_in_write),
		cmocka_unit_test(test_marked_stream_waits),
		cmocka_unit_test(test_nothing_is_no_patch),
		cmocka_unit_test(test_flush_that_fails_keeps_the_bytes),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_fault_drops_the_bytes),
		cmocka_unit_test(test_hopeless_poisons),
		cmocka_unit_test(test_hopeless_stream),
		cmocka_unit_test(test_too_large_poisons),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_many_lines_are_fast),
		cmocka_unit_test(test_many_bytes_are_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
