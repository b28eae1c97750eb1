/* SPDX-License-Identifier: Apache-2.0 */

#include <inttypes.h>
#include <string.h>

#include "document/canonical_json.h"
#include "model/resource.h"
#include "timestamp.h"

#define INDENT 4

static void break_line(struct buffer *out, unsigned int depth)
{
	buffer_append_char(out, '\n');
	buffer_append_repeated(out, ' ', (size_t)INDENT * depth);
}

/* The end of the string that begins at json[i]: the index behind its closing quote. */
static size_t skip_string(const char *json, size_t n_json, size_t i)
{
	for (i++; i < n_json && json[i] != '"'; i++) {
		if (json[i] == '\\')
			i++;
	}
	return i < n_json ? i + 1 : n_json;
}

static bool is_open(char c)
{
	return c == '{' || c == '[';
}

static bool is_close(char c)
{
	return c == '}' || c == ']';
}

/*
 * Compact JSON with line breaks: only what stands between the tokens changes, so that numbers keep
 * all their digits and strings their escapes. The bytes are our own, so they are well formed.
 */
static void append_indented(const char *json, size_t n_json, unsigned int depth, struct buffer *out)
{
	for (size_t i = 0; i < n_json;) {
		size_t n = json[i] == '"' ? skip_string(json, n_json, i) - i : 1;
		bool empty = i + 1 < n_json && is_open(json[i]) && is_close(json[i + 1]);

		if (is_close(json[i]))
			break_line(out, --depth);
		if (empty)
			n = 2;
		buffer_append(out, json + i, n);
		if (json[i] == ':')
			buffer_append_char(out, ' ');
		else if (json[i] == ',')
			break_line(out, depth);
		else if (is_open(json[i]) && !empty)
			break_line(out, ++depth);
		i += n;
	}
}

static void append_member(struct buffer *out, unsigned int depth, const char *key,
                          const char *string, bool last)
{
	break_line(out, depth);
	buffer_printf(out, "\"%s\": ", key);
	canonical_json_string(string, strlen(string), out);
	if (!last)
		buffer_append_char(out, ',');
}

static void append_profile(const struct profile *profile, const char *denied, const char *bytes,
                           const char *node, struct buffer *out)
{
	char created[TIMESTAMP_SIZE], updated[TIMESTAMP_SIZE];

	timestamp_format_seconds(&profile->created, created);
	timestamp_format_seconds(&profile->updated, updated);
	buffer_append_string(out, "    {\n        \"metadata\": {");
	if (denied) {
		buffer_append_string(out, "\n            \"annotations\": {");
		append_member(out, 4, RESOURCE_DENIED, denied, true);
		buffer_append_string(out, "\n            },");
	}
	append_member(out, 3, "created", created, false);
	append_member(out, 3, "id", profile->name, false);
	append_member(out, 3, "namespace", RESOURCE_NAMESPACE, false);
	append_member(out, 3, "phase", RESOURCE_PHASE, false);
	append_member(out, 3, "type", RESOURCE_TYPE, false);
	append_member(out, 3, "updated", updated, false);
	break_line(out, 3);
	buffer_printf(out, "\"version\": %" PRIu64 "\n        },", profile->version);
	append_member(out, 2, "node", node, false);
	buffer_append_string(out, "\n        \"spec\": {");
	append_member(out, 3, "name", profile->name, false);
	buffer_append_string(out, "\n            \"value\": ");
	append_indented(bytes, profile->n_bytes, 3, out);
	buffer_append_string(out, "\n        }\n    }");
}

int resource_write_json(const struct snapshot *snapshot, const char *node, struct buffer *out)
{
	_cleanup_(buffer_deinit) struct buffer scratch = BUFFER_INIT;

	if (!snapshot->n_profiles) {
		buffer_append_string(out, "[]\n");
		return buffer_error(out);
	}
	for (size_t i = 0; i < snapshot->n_profiles; i++) {
		const char *bytes;
		int r = snapshot_borrow_bytes(snapshot, snapshot->profiles[i], &scratch, &bytes);

		if (r)
			return r;
		buffer_append_string(out, i ? ",\n" : "[\n");
		append_profile(snapshot->profiles[i], snapshot_denied(snapshot, i), bytes, node,
		               out);
	}
	buffer_append_string(out, "\n]\n");
	return buffer_error(out);
}
