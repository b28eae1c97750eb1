/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "document/yaml_reader.h"
#include "document/yaml_writer.h"
#include "model/resource.h"
#include "printable.h"
#include "timestamp.h"

#define VALUE_COLUMN 8 /* of the value's keys: below `spec:` and `value:` */

/* A string that may be written with or without quotes: the style of one that has none to keep. */
#define STYLE_STRING NODE_STYLE_LITERAL

static const struct node *unquote(struct arena *arena, const struct node *node);

static const struct node *unquote_sequence(struct arena *arena, const struct node *node)
{
	const struct node **items = arena_alloc_array(arena, node->n, sizeof(const struct node *));

	for (size_t i = 0; i < node->n; i++) {
		if (!items)
			return NULL;
		items[i] = unquote(arena, node->items[i]);
		if (!items[i])
			return NULL;
	}
	return node_new_sequence(arena, NULL, items, node->n);
}

static const struct node *unquote_mapping(struct arena *arena, const struct node *node)
{
	struct entry *entries = arena_alloc_array(arena, node->n, sizeof(*entries));

	for (size_t i = 0; i < node->n; i++) {
		if (!entries)
			return NULL;
		entries[i].key = unquote(arena, node->entries[i].key);
		entries[i].value = unquote(arena, node->entries[i].value);
		if (!entries[i].key || !entries[i].value)
			return NULL;
	}
	return node_new_mapping(arena, NULL, entries, node->n);
}

/* A copy without the quotes that every string has in JSON. NULL without memory. */
static const struct node *unquote(struct arena *arena, const struct node *node)
{
	switch (node->kind) {
	case NODE_SCALAR:
		if (node->style != NODE_STYLE_DOUBLE_QUOTED)
			return node;
		return node_new_scalar(arena, node->text, node->n, STYLE_STRING);
	case NODE_SEQUENCE:
		return unquote_sequence(arena, node);
	case NODE_MAPPING:
		return unquote_mapping(arena, node);
	case NODE_ALIAS: /* not in JSON */
		break;
	}
	return NULL;
}

/* 0, -ENOMEM, or what the reader or the writer says to a value beyond their limits. */
static int write_block_value(const char *json, size_t n_json, struct buffer *out)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	const struct node *value;
	int r = yaml_read_bytes("value", json, n_json, &stream, NULL, NULL);

	if (r)
		return r;
	if (stream->n_documents != 1)
		return YAML_E_SYNTAX;
	value = unquote(stream->arena, stream->documents[0].root);
	if (!value)
		return -ENOMEM;
	buffer_append_char(out, '\n');
	buffer_append_repeated(out, ' ', VALUE_COLUMN);
	return yaml_write_block(value, &yaml_layout_talos, VALUE_COLUMN, false, out);
}

static int write_value(const struct profile *profile, const char *bytes, struct buffer *out)
{
	_cleanup_(buffer_deinit) struct buffer json = BUFFER_INIT, block = BUFFER_INIT;
	int r;

	printable_json(bytes, profile->n_bytes, &json);
	r = buffer_error(&json);
	if (!r)
		r = write_block_value(json.data, json.n_data, &block);
	if (r < 0)
		return r;
	if (!r) {
		buffer_append(out, block.data, block.n_data);
	} else {
		/* Deeper than the reader goes: JSON is YAML too. */
		buffer_append_char(out, ' ');
		buffer_append(out, json.data, json.n_data);
	}
	return 0;
}

static int write_member(struct arena *arena, const char *key, const char *string,
                        struct buffer *out)
{
	const struct node *scalar = node_new_scalar(arena, string, strlen(string), STYLE_STRING);

	if (!scalar)
		return -ENOMEM;
	buffer_append_string(out, key);
	if (yaml_write_scalar(scalar, out))
		return -ENOMEM;
	buffer_append_char(out, '\n');
	return 0;
}

static int write_metadata(struct arena *arena, const struct profile *profile, const char *denied,
                          struct buffer *out)
{
	char created[TIMESTAMP_SIZE], updated[TIMESTAMP_SIZE];

	timestamp_format_seconds(&profile->created, created);
	timestamp_format_seconds(&profile->updated, updated);
	buffer_append_string(out, "metadata:\n"
	                          "    namespace: " RESOURCE_NAMESPACE "\n"
	                          "    type: " RESOURCE_TYPE "\n");
	if (write_member(arena, "    id: ", profile->name, out))
		return -ENOMEM;
	buffer_printf(out, "    version: %" PRIu64 "\n    phase: " RESOURCE_PHASE "\n",
	              profile->version);
	/* Times stay unquoted, as talosctl has them. */
	buffer_printf(out, "    created: %s\n    updated: %s\n", created, updated);
	if (!denied)
		return 0;
	buffer_append_string(out, "    annotations:\n");
	return write_member(arena, "        " RESOURCE_DENIED ": ", denied, out);
}

static int write_profile(const struct profile *profile, const char *denied, const char *bytes,
                         const char *node, struct buffer *out)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	int r;

	if (!arena || write_member(arena, "node: ", node, out) ||
	    write_metadata(arena, profile, denied, out))
		return -ENOMEM;
	buffer_append_string(out, "spec:\n");
	if (write_member(arena, "    name: ", profile->name, out))
		return -ENOMEM;
	buffer_append_string(out, "    value:");
	r = write_value(profile, bytes, out);
	buffer_append_char(out, '\n');
	return r;
}

int resource_write_yaml(const struct snapshot *snapshot, const char *node, struct buffer *out)
{
	_cleanup_(buffer_deinit) struct buffer scratch = BUFFER_INIT;

	for (size_t i = 0; i < snapshot->n_profiles; i++) {
		const struct profile *profile = snapshot->profiles[i];
		const char *bytes;
		int r = snapshot_borrow_bytes(snapshot, profile, &scratch, &bytes);

		if (i)
			buffer_append_string(out, "---\n");
		if (!r)
			r = write_profile(profile, snapshot_denied(snapshot, i), bytes, node, out);
		if (r)
			return r;
	}
	return buffer_error(out);
}
