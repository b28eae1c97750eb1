#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Tables of profiles and what becomes of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "document/yaml_reader.h"
#include "profile/profile.h"

/* Renders text; what is in diag comes back as lines ("warning: " before warnings). */
static inline int render(const char *text, enum validate_mode mode, struct buffer *bytes,
                         struct buffer *messages)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	const struct profile_options options = { .validate = mode, .compile = COMPILE_OFF };
	int r;

	assert_int_equal(yaml_read_bytes("t", text, strlen(text), &stream, NULL, &diag), 0);
	assert_int_equal(stream->n_documents, 1);
	r = profile_render(NULL, stream->documents[0].root, &options, NULL, NULL, bytes, &diag);
	for (size_t i = 0; i < diag.n_entries; i++) {
		if (i)
			buffer_append_char(messages, '\n');
		if (diag.entries[i].severity == DIAG_WARNING)
			buffer_append_string(messages, "warning: ");
		diag_entry_format(&diag.entries[i], messages);
	}
	assert_int_equal(r > 0, diag.n_errors > 0);
	return r;
}

struct render_case {
	const char *text;
	const char *bytes;    /* NULL: refused */
	const char *messages; /* NULL: none */
};

static inline void check_cases(const struct render_case *cases, size_t n_cases,
                               enum validate_mode mode)
{
	for (size_t i = 0; i < n_cases; i++) {
		const struct render_case *one = &cases[i];
		_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
		_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT;
		int r = render(one->text, mode, &bytes, &messages);

		if (r != (one->bytes ? 0 : PROFILE_E_INVALID) ||
		    strcmp(messages.data ? messages.data : "",
		           one->messages ? one->messages : "") != 0)
			fail_msg("%s\ngave %d:\n%s\nexpected:\n%s", one->text, r,
			         messages.data ? messages.data : "",
			         one->messages ? one->messages : "");
		if (one->bytes)
			assert_string_equal(bytes.data, one->bytes);
	}
}

#define CHECK_CASES(cases, mode) check_cases(cases, ARRAY_SIZE(cases), mode)
