/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The text of state.json, which every commit writes: put together here, since with 10,000 profiles a
 * tree of jansson's and its output took 60 ms, ten times as long as the disk.
 */

#include <string.h>

#include "base/buffer.h"
#include "document/canonical_json.h"
#include "model/state.h"
#include "state_text.h"
#include "timestamp.h"

/* What a record takes as a rule. */
#define RECORD_ROOM 380 /* bytes */

static void append_string(struct buffer *out, const char *text)
{
	canonical_json_string(text, strlen(text), out);
}

static void append_digest(struct buffer *out, const uint8_t digest[DIGEST_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(digest, hex);
	buffer_append_string(out, hex);
}

static void append_time(struct buffer *out, const struct timespec *time)
{
	char text[TIMESTAMP_SIZE];

	timestamp_format(time, text);
	buffer_append_string(out, text);
}

static void append_span(struct buffer *out, const struct state_record *record)
{
	buffer_append_string(out, ", \"bytes\": ");
	buffer_append_count(out, record->n_bytes);
	buffer_append_string(out, ", \"span\": \"");
	buffer_append_count(out, record->span.offset);
	buffer_append_char(out, '+');
	buffer_append_count(out, record->span.n);
	buffer_append_char(out, '@');
	buffer_append_count(out, record->span.column);
	buffer_append_char(out, '"');
	if (record->is_compiled)
		buffer_append_string(out, ", \"compiled\": true");
}

/* One line each, for whoever compares two states. */
static void append_record(struct buffer *out, const struct state_record *record, bool with_span)
{
	append_string(out, record->name);
	buffer_append_string(out, ": {\"present\": ");
	buffer_append_string(out, record->present ? "true" : "false");
	buffer_append_string(out, ", \"version\": ");
	buffer_append_count(out, record->version);
	buffer_append_string(out, ", \"nodeid\": ");
	buffer_append_count(out, record->nodeid);
	buffer_append_string(out, ", \"created\": \"");
	append_time(out, &record->created);
	buffer_append_string(out, "\", \"updated\": \"");
	append_time(out, &record->updated);
	buffer_append_string(out, "\", \"sha256\": \"");
	append_digest(out, record->digest);
	buffer_append_char(out, '"');
	if (with_span && record->present && record->span.n)
		append_span(out, record);
	buffer_append_char(out, '}');
}

static void append_records(struct buffer *out, const struct state *state)
{
	const char *separator = "\n  ";

	buffer_append_string(out, " \"profiles\": {");
	for (size_t i = 0; i < state->n_records; i++) {
		buffer_append_string(out, separator);
		append_record(out, &state->records[i], state->maker);
		separator = ",\n  ";
	}
	buffer_append_string(out, state->n_records ? "\n }" : "}");
}

static void append_seal(struct buffer *out)
{
	uint8_t digest[DIGEST_SIZE];

	if (buffer_error(out))
		return;
	digest_compute(out->data, out->n_data, digest);
	buffer_append_string(out, STATE_SEAL_BEFORE);
	append_digest(out, digest);
	buffer_append_char(out, '"');
}

char *state_format(const struct state *state, size_t *n_bytesp)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	if (buffer_reserve(&out, state->n_records * RECORD_ROOM))
		return NULL;
	buffer_printf(&out, "{\n \"schema\": %d,\n \"nextNodeid\": ", STATE_SCHEMA);
	buffer_append_count(&out, state->next_nodeid);
	buffer_append_string(&out, ",\n \"versionFloor\": ");
	buffer_append_count(&out, state->version_floor);
	if (state->has_config_digest) {
		buffer_append_string(&out, ",\n \"configDigest\": \"");
		append_digest(&out, state->config_digest);
		buffer_append_char(&out, '"');
	}
	if (state->config_refused)
		buffer_append_string(&out, ",\n \"configRefused\": true");
	if (state->last_result) {
		buffer_append_string(&out, ",\n \"lastResult\": ");
		append_string(&out, state->last_result);
	}
	if (state->maker) {
		buffer_append_string(&out, ",\n \"maker\": ");
		append_string(&out, state->maker);
	}
	buffer_append_string(&out, ",\n");
	append_records(&out, state);
	if (state->maker)
		append_seal(&out);
	buffer_append_string(&out, STATE_END);
	return buffer_steal(&out, n_bytesp);
}
