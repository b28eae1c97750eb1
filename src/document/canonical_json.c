/* SPDX-License-Identifier: Apache-2.0 */

#include "document/canonical_json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/arena.h"
#include "classify.h"
#include "float_format.h"
#include "json_writer.h"
#include "merge.h"

/* Formatting a million errors that nobody keeps would take longer than all else. */
void json_writer_count_error(struct json_writer *writer)
{
	if (++writer->n_errors >= DIAG_ENTRIES_MAX)
		writer->is_stopped = true;
}

static void stop(struct json_writer *writer, const struct node *node, const struct path *path,
                 const char *reason)
{
	node_error(writer->diag, node, path, "%s", reason);
	json_writer_count_error(writer);
	writer->is_stopped = true;
}

static void write_float(struct json_writer *writer, const struct node *node,
                        const struct path *path, double number)
{
	char text[FLOAT_FORMAT_SIZE];

	if (!isfinite(number)) {
		node_error(writer->diag, node, path, "JSON has no %s",
		           isnan(number) ? ".nan" : ".inf");
		json_writer_count_error(writer);
		return;
	}
	float_format(number, text);
	buffer_append_string(writer->out, text);
}

static void write_resolved(struct json_writer *writer, const struct node *node,
                           const struct path *path, const struct scalar *scalar)
{
	switch (scalar->type) {
	case SCALAR_NULL:
	case SCALAR_MERGE:
		buffer_append_string(writer->out, "null");
		break;
	case SCALAR_BOOL:
		buffer_append_string(writer->out, scalar->boolean ? "true" : "false");
		break;
	case SCALAR_INT:
		buffer_printf(writer->out, "%" PRId64, scalar->integer);
		break;
	case SCALAR_UINT:
		buffer_printf(writer->out, "%" PRIu64, scalar->uinteger);
		break;
	case SCALAR_FLOAT:
		write_float(writer, node, path, scalar->number);
		break;
	case SCALAR_STRING:
	case SCALAR_TIMESTAMP:
	case SCALAR_BINARY:
		canonical_json_string(scalar->text, scalar->n_text, writer->out);
		break;
	}
}

static int write_scalar(struct json_writer *writer, const struct node *node,
                        const struct path *path)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	enum scalar_type wanted;
	struct scalar scalar;
	int r;

	/* Few scalars need memory. */
	r = scalar_classify(node, &scalar, &wanted);
	if (r == SCALAR_E_INVALID ||
	    (!r && (scalar.type == SCALAR_TIMESTAMP || scalar.type == SCALAR_BINARY))) {
		arena = arena_new(0);
		if (!arena)
			return -ENOMEM;
		r = scalar_resolve(arena, node, path, &scalar, writer->diag);
	}
	if (r == SCALAR_E_INVALID) {
		json_writer_count_error(writer);
		return 0;
	}
	if (!r)
		write_resolved(writer, node, path, &scalar);
	return r;
}

/*
 * A plain `<<` that is no key constructs nothing in Talos' decoder: it is null at the top of a
 * value, and below that its item or member is left out.
 */
bool json_writer_leaves_out(const struct node *node)
{
	return merge_is_key(node_resolve(node));
}

static int write_sequence(struct json_writer *writer, const struct node *node,
                          const struct path *path)
{
	bool is_first = true;
	int r = 0;

	buffer_append_char(writer->out, '[');
	for (size_t i = 0; i < node->n && !r && !writer->is_stopped; i++) {
		struct path item = { .up = path, .index = i };

		if (json_writer_leaves_out(node->items[i]))
			continue;
		if (!is_first)
			buffer_append_char(writer->out, ',');
		is_first = false;
		r = json_write_value(writer, node->items[i], &item);
	}
	buffer_append_char(writer->out, ']');
	return r;
}

static int write_collection(struct json_writer *writer, const struct node *node,
                            const struct path *path)
{
	int r;

	if (writer->depth >= NODE_DEPTH_MAX) {
		stop(writer, node, path, "the value is nested too deep");
		return 0;
	}
	writer->depth++;
	r = node->kind == NODE_MAPPING ? json_write_object(writer, node, path)
	                               : write_sequence(writer, node, path);
	writer->depth--;
	return r;
}

int json_write_value(struct json_writer *writer, const struct node *node, const struct path *path)
{
	int r = 0;

	node = node_resolve(node);
	if (++writer->n_nodes > NODE_EXPANDED_MAX) {
		stop(writer, node, path, "the value has too many nodes, aliases expanded");
		return 0;
	}
	if (node->kind != NODE_SCALAR)
		r = write_collection(writer, node, path);
	else if (scalar_is_surely_string(node))
		canonical_json_string(node->text, node->n, writer->out);
	else
		r = write_scalar(writer, node, path);
	if (r)
		return r;
	if (!writer->is_stopped && writer->out->n_data - writer->n_start > CANONICAL_JSON_SIZE_MAX)
		stop(writer, node, path, "the value is too large as JSON");
	return buffer_error(writer->out);
}

int canonical_json_write(const struct node *value, const struct path *path, struct buffer *out,
                         struct diag *diag)
{
	struct json_writer writer = { .out = out, .diag = diag, .n_start = out->n_data };
	const struct node *resolved = node_resolve(value);
	int r;

	if (!resolved || resolved->kind != NODE_MAPPING) {
		node_error(diag, value, path, "the value must be a mapping, not of type %s",
		           node_describe(value));
		return CANONICAL_JSON_E_INVALID;
	}
	r = json_write_value(&writer, resolved, path);
	if (!r && writer.n_errors)
		r = CANONICAL_JSON_E_INVALID;
	if (r && out->data) {
		out->n_data = writer.n_start;
		out->data[out->n_data] = '\0';
	}
	return r;
}
