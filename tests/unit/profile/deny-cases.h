#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Deny lists from text, and rulesets with one worked in. */

#include "profile/deny.h"
#include "ruleset-cases.h"

/* The messages of a diag as lines, "warning: " before warnings. */
static inline void format_messages(const struct diag *diag, struct buffer *messages)
{
	for (size_t i = 0; i < diag->n_entries; i++) {
		if (i)
			buffer_append_char(messages, '\n');
		if (diag->entries[i].severity == DIAG_WARNING)
			buffer_append_string(messages, "warning: ");
		diag_entry_format(&diag->entries[i], messages);
	}
}

/* What deny_list_read() gave. */
static inline int read_list(const char *text, struct deny_list **listp, struct buffer *messages)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	const struct path machine = { .key = "machine" };
	const struct path path = { .up = &machine, .key = "seccompDeny" };
	int r;

	assert_int_equal(yaml_read_bytes("t", text, strlen(text), &stream, NULL, &diag), 0);
	assert_int_equal(stream->n_documents, 1);
	r = deny_list_read(stream->documents[0].root, &path, listp, &diag);
	if (messages)
		format_messages(&diag, messages);
	assert_int_equal(r > 0, diag.n_errors > 0);
	return r;
}

static inline bool deny(struct parsed *parsed, const struct deny_list *list,
                        struct buffer *messages)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct path path = { .key = "value" };
	bool is_changed;

	assert_int_equal(ruleset_deny(parsed->arena, parsed->ruleset, list, &path, &is_changed,
	                              NULL, &diag),
	                 0);
	if (messages)
		format_messages(&diag, messages);
	return is_changed;
}
