#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Rulesets from text, for the tests of what is done with them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "document/yaml_reader.h"
#include "profile/ruleset.h"

struct parsed {
	struct stream *stream; /* owned */
	struct arena *arena;   /* owned */
	struct ruleset *ruleset;
};

static inline void parsed_deinit(struct parsed *parsed)
{
	stream_free(parsed->stream);
	arena_free(parsed->arena);
}

/* What ruleset_read() gave; what it said comes back as lines. */
static inline int parse(const char *text, struct parsed *parsed, struct buffer *messages)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r;

	*parsed = (struct parsed){ .arena = arena_new(0) };
	assert_non_null(parsed->arena);
	assert_int_equal(yaml_read_bytes("t", text, strlen(text), &parsed->stream, NULL, &diag), 0);
	assert_int_equal(parsed->stream->n_documents, 1);
	r = ruleset_read(parsed->arena, parsed->stream->documents[0].root, NULL, &parsed->ruleset,
	                 &diag);
	for (size_t i = 0; i < diag.n_entries && messages; i++) {
		if (i)
			buffer_append_char(messages, '\n');
		diag_entry_format(&diag.entries[i], messages);
	}
	assert_int_equal(r > 0, diag.n_errors > 0);
	return r;
}
