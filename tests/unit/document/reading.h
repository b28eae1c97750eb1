#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the tests of the reader share. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/diag.h"
#include "document/yaml_reader.h"

static inline struct stream *read_bytes(const void *bytes, size_t n_bytes)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct stream *stream = NULL;
	int r = yaml_read_bytes("t", bytes, n_bytes, &stream, NULL, &diag);

	if (r)
		fprintf(stderr, "# %s\n", diag.n_entries ? diag.entries[0].message : "no reason");
	assert_int_equal(r, 0);
	assert_int_equal(diag.n_errors, 0);
	return stream;
}

static inline struct stream *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static inline const struct node *read_root(const struct stream *stream)
{
	assert_int_equal(stream->n_documents, 1);
	return stream->documents[0].root;
}

/* Every error of diag as "LINE:COLUMN: [PATH: ]MESSAGE", newlines between. */
static inline void errors_equal(const struct diag *diag, const char *expected)
{
	_cleanup_(buffer_deinit) struct buffer found = BUFFER_INIT;

	for (size_t i = 0; i < diag->n_entries; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		buffer_printf(&found, "%s%u:%u: ", i ? "\n" : "", entry->line, entry->column);
		if (entry->path)
			buffer_printf(&found, "%s: ", entry->path);
		buffer_append_string(&found, entry->message);
	}
	assert_string_equal(found.data ? found.data : "", expected);
	assert_int_equal(diag->n_errors, diag->n_entries);
}

/* The bytes are refused, with these errors. Returns whether that is definite. */
static inline bool refuse_bytes(const void *bytes, size_t n_bytes, const char *errors)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct stream *stream = NULL;
	bool is_definite = false;

	assert_int_equal(yaml_read_bytes("t", bytes, n_bytes, &stream, &is_definite, &diag),
	                 YAML_E_SYNTAX);
	assert_null(stream);
	errors_equal(&diag, errors);
	return is_definite;
}

static inline bool refuse(const char *text, const char *errors)
{
	return refuse_bytes(text, strlen(text), errors);
}

/* n times piece. Returns owned. */
static inline char *repeat(const char *piece, size_t n)
{
	struct buffer buffer = BUFFER_INIT;

	for (size_t i = 0; i < n; i++)
		buffer_append_string(&buffer, piece);
	return buffer_steal(&buffer, NULL);
}

/* Processor time, so that a busy machine does not count. */
static inline double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
