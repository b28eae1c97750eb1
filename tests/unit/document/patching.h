#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the tests of both kinds of patch share: texts in, trees compared. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/diag.h"
#include "document/edit.h"
#include "document/yaml_reader.h"

typedef int (*patching_fn)(struct edit *edit, const struct stream *patch, struct diag *diag);

static inline struct stream *patching_read(const char *name, const char *text)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct stream *stream = NULL;
	int r = yaml_read_bytes(name, text, strlen(text), &stream, NULL, &diag);

	if (r)
		diag_print(&diag, stderr, "# ");
	assert_int_equal(r, 0);
	return stream;
}

/* Each document of the edit that is not deleted means what the document of expected in its place
 * means. */
static inline void patching_compare(const struct edit *edit, const struct stream *expected)
{
	size_t n = 0;

	for (size_t i = 0; i < edit->n_documents; i++) {
		bool equal = false;

		if (!edit->documents[i].root)
			continue;
		assert_true(n < expected->n_documents);
		assert_int_equal(node_equal(edit->documents[i].root, expected->documents[n].root,
		                            &equal),
		                 0);
		assert_true(equal);
		n++;
	}
	assert_int_equal(n, expected->n_documents);
}

/* The patch changes config so that it means what expected means, with n_warnings. */
static inline void patching_applies(patching_fn apply, const char *config, const char *patch,
                                    const char *expected, size_t n_warnings)
{
	_cleanup_(stream_freep) struct stream *before = patching_read("config", config);
	_cleanup_(stream_freep) struct stream *streams = patching_read("patch", patch);
	_cleanup_(stream_freep) struct stream *after = patching_read("expected", expected);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(edit_freep) struct edit *edit = NULL;
	int r;

	assert_int_equal(edit_new(before, &edit), 0);
	r = apply(edit, streams, &diag);
	if (r || diag.n_warnings != n_warnings)
		diag_print(&diag, stderr, "# ");
	assert_int_equal(r, 0);
	assert_int_equal(diag.n_errors, 0);
	assert_int_equal(diag.n_warnings, n_warnings);
	patching_compare(edit, after);
}

/* The patch is refused; the first error is, as diag_entry_format() prints it, error. The config is
 * untouched. */
static inline void patching_fails(patching_fn apply, const char *config, const char *patch,
                                  const char *error)
{
	_cleanup_(stream_freep) struct stream *before = patching_read("config", config);
	_cleanup_(stream_freep) struct stream *streams = patching_read("patch", patch);
	_cleanup_(stream_freep) struct stream *untouched = patching_read("config", config);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(edit_freep) struct edit *edit = NULL;

	assert_int_equal(edit_new(before, &edit), 0);
	assert_true(apply(edit, streams, &diag) > 0);
	assert_non_null(diag_first_error(&diag));
	diag_entry_format(diag_first_error(&diag), &text);
	assert_string_equal(text.data, error);
	for (size_t i = 0; i < before->n_documents; i++) {
		bool equal = false;

		assert_int_equal(node_equal(before->documents[i].root, untouched->documents[i].root,
		                            &equal),
		                 0);
		assert_true(equal);
	}
}
