/* SPDX-License-Identifier: Apache-2.0 */

#include "document/yaml_writer.h"

#include <errno.h>
#include <string.h>

#include "yaml_format.h"
#include "yaml_text.h"

/* libyaml takes a key without `? ` for one only up to 1024 characters. */
#define SIMPLE_KEY_MAX 1000 /* bytes */

const struct yaml_layout yaml_layout_talos = {
	.indent = 4,
	.indent_sequences = true,
	.line_break = "\n",
};

struct writer {
	const struct yaml_format *format;
	enum yaml_place flow_place;
	size_t begin; /* of what is written, in out */
	struct buffer *out;
};

/* Where a block collection stands. */
struct level {
	unsigned int column;
	bool in_item; /* a mapping behind `- ` */
};

static int write_flow(struct writer *writer, const struct node *node);
static int write_block(struct writer *writer, const struct node *node, struct level level);
static int write_block_collection(struct writer *writer, const struct node *node,
                                  struct level level);

static struct writer writer_init(const struct yaml_format *format, struct buffer *out)
{
	return (struct writer){
		.format = format,
		.flow_place = format->json ? YAML_PLACE_JSON : YAML_PLACE_FLOW,
		.begin = out->n_data,
		.out = out,
	};
}

/* How much may still come, after alias expansion. */
struct budget {
	size_t n_nodes;
	size_t n_bytes; /* of scalars */
};

/* A walk that writes nothing, so that a billion laughs costs little. */
static bool fits_budget(struct budget *budget, const struct node *node, unsigned int depth)
{
	bool fits = true;

	node = node_resolve(node);
	if (depth > NODE_DEPTH_MAX || budget->n_nodes-- == 0)
		return false;
	if (node->kind == NODE_SCALAR) {
		fits = node->n <= budget->n_bytes;
		budget->n_bytes -= fits ? node->n : 0;
		return fits;
	}
	for (size_t i = 0; i < node->n && fits; i++) {
		if (node->kind == NODE_MAPPING)
			fits = fits_budget(budget, node->entries[i].key, depth + 1) &&
			       fits_budget(budget, node->entries[i].value, depth + 1);
		else
			fits = fits_budget(budget, node->items[i], depth + 1);
	}
	return fits;
}

static int check_limits(const struct node *node)
{
	struct budget budget = { .n_nodes = NODE_EXPANDED_MAX, .n_bytes = SOURCE_SIZE_MAX };

	return fits_budget(&budget, node, 0) ? 0 : YAML_WRITE_E_INVALID;
}

/* Each node passes here: indentation can be many times the text. */
static int check_output(const struct writer *writer)
{
	if (writer->out->error)
		return writer->out->error;
	return writer->out->n_data - writer->begin > SOURCE_SIZE_MAX ? YAML_WRITE_E_INVALID : 0;
}

static bool is_collection(const struct node *node)
{
	return node->kind == NODE_SEQUENCE || node->kind == NODE_MAPPING;
}

static void write_break(struct writer *writer, unsigned int column)
{
	buffer_append_string(writer->out, writer->format->layout->line_break);
	buffer_append_repeated(writer->out, ' ', column);
}

/* Takes back what was written since the buffer held n_data bytes. */
static void rewind_to(struct buffer *out, size_t n_data)
{
	if (out->error)
		return;
	out->n_data = n_data;
	if (out->data)
		out->data[n_data] = '\0';
}

/* A key up to its colon. *explicitp: it is a collection or long, and began with `? `. */
static int write_key(struct writer *writer, const struct node *key, enum yaml_place place,
                     bool *explicitp)
{
	size_t begin = writer->out->n_data;
	int r;

	key = node_resolve(key);
	r = check_output(writer);
	if (r)
		return r;
	*explicitp = is_collection(key);
	if (!*explicitp) {
		yaml_text_scalar(key, place, true, writer->out);
		*explicitp = writer->out->n_data - begin > SIMPLE_KEY_MAX;
		if (!*explicitp)
			return 0;
	}
	rewind_to(writer->out, begin);
	buffer_append_string(writer->out, "? ");
	if (is_collection(key))
		return write_flow(writer, key);
	yaml_text_scalar(key, place, true, writer->out);
	return 0;
}

static int write_flow_entry(struct writer *writer, const struct entry *entry)
{
	bool is_explicit;
	int r = write_key(writer, entry->key, writer->flow_place, &is_explicit);

	if (r)
		return r;
	buffer_append_string(writer->out, is_explicit ? " : " : ": ");
	return write_flow(writer, entry->value);
}

static int write_flow(struct writer *writer, const struct node *node)
{
	int r = check_output(writer);

	if (r)
		return r;
	node = node_resolve(node);
	if (!is_collection(node)) {
		yaml_text_scalar(node, writer->flow_place, false, writer->out);
		return 0;
	}
	yaml_text_tag(node->tag, writer->out);
	buffer_append_char(writer->out, node->kind == NODE_MAPPING ? '{' : '[');
	for (size_t i = 0; i < node->n; i++) {
		if (i)
			buffer_append_string(writer->out, ", ");
		if (node->kind == NODE_MAPPING)
			r = write_flow_entry(writer, &node->entries[i]);
		else
			r = write_flow(writer, node->items[i]);
		if (r)
			return r;
	}
	buffer_append_char(writer->out, node->kind == NODE_MAPPING ? '}' : ']');
	return 0;
}

/* Columns used on the line being written. */
static size_t line_width(const struct writer *writer)
{
	size_t n = writer->out->n_data - writer->begin;
	const char *text = writer->out->data ? writer->out->data + writer->begin : "";
	const char *line = memrchr(text, '\n', n);

	return line ? n - (size_t)(line + 1 - text) : n + writer->format->first_column;
}

/* A collection that was flow where it came from, and is short; n_blanks will stand before it. */
static bool is_kept_flow(const struct writer *writer, const struct node *node, size_t n_blanks)
{
	size_t width = line_width(writer) + n_blanks;
	struct buffer trial = BUFFER_INIT;
	struct writer trial_writer = writer_init(writer->format, &trial);
	bool fits;

	if (!writer->format->keep_flow || node->style != NODE_STYLE_FLOW ||
	    width >= YAML_KEPT_FLOW_MAX)
		return false;
	trial.limit = YAML_KEPT_FLOW_MAX - width;
	fits = write_flow(&trial_writer, node) == 0 && buffer_error(&trial) == 0;
	buffer_deinit(&trial);
	return fits;
}

/* Whether node begins on the line of its key. */
static bool is_inline(const struct writer *writer, const struct node *node)
{
	return !is_collection(node) || node->n == 0 || node->tag || is_kept_flow(writer, node, 1);
}

static void write_literal(struct writer *writer, const struct node *scalar, unsigned int column)
{
	const char *line = scalar->text;
	const char *end = scalar->text + scalar->n;

	/* At the left margin the lines could be taken for document markers; libyaml wants one
	 * column. */
	if (column == 0)
		column = writer->format->layout->indent;
	yaml_text_tag(scalar->tag, writer->out);
	buffer_append_string(writer->out, end[-1] == '\n' ? "|" : "|-");
	while (line < end) {
		size_t n = strcspn(line, "\n");

		write_break(writer, n ? column : 0);
		buffer_append(writer->out, line, n);
		line += n + 1;
	}
}

static int write_value(struct writer *writer, const struct node *value, unsigned int mapping_column,
                       unsigned int sequence_column)
{
	struct level level = { .column = mapping_column };
	int r;

	value = node_resolve(value);
	if (value->kind == NODE_SEQUENCE)
		level.column = sequence_column;
	if (is_inline(writer, value)) {
		buffer_append_char(writer->out, ' ');
		return write_block(writer, value, level);
	}
	/* Not write_block(): it might find that there is room for flow style on the new line. */
	write_break(writer, level.column);
	r = check_output(writer);
	return r ? r : write_block_collection(writer, value, level);
}

unsigned int yaml_nested_column(const struct yaml_layout *layout, unsigned int column, bool in_item)
{
	if (!in_item)
		return column + layout->indent;
	if (layout->item_indent)
		return column + layout->item_indent;
	return layout->indent > 2 ? column - 2 + layout->indent : column + layout->indent;
}

static int write_block_entry(struct writer *writer, const struct entry *entry, struct level level)
{
	const struct yaml_layout *layout = writer->format->layout;
	unsigned int nested = yaml_nested_column(layout, level.column, level.in_item);
	bool is_explicit;
	int r = write_key(writer, entry->key, YAML_PLACE_BLOCK, &is_explicit);

	if (r)
		return r;
	if (is_explicit)
		write_break(writer, level.column);
	buffer_append_char(writer->out, ':');
	return write_value(writer, entry->value, nested,
	                   layout->indent_sequences ? nested : level.column);
}

static int write_block_collection(struct writer *writer, const struct node *node,
                                  struct level level)
{
	struct level item = { .column = level.column + 2, .in_item = true };
	int r;

	for (size_t i = 0; i < node->n; i++) {
		if (i)
			write_break(writer, level.column);
		if (node->kind == NODE_MAPPING) {
			r = write_block_entry(writer, &node->entries[i], level);
		} else {
			buffer_append_string(writer->out, "- ");
			r = write_block(writer, node->items[i], item);
		}
		if (r)
			return r;
	}
	return 0;
}

static int write_block(struct writer *writer, const struct node *node, struct level level)
{
	int r = check_output(writer);

	if (r)
		return r;
	node = node_resolve(node);
	if (!is_collection(node)) {
		if (!writer->format->no_literals && yaml_text_is_literal(node))
			write_literal(writer, node, level.column);
		else
			yaml_text_scalar(node, YAML_PLACE_BLOCK, false, writer->out);
		return 0;
	}
	if (node->n == 0 || is_kept_flow(writer, node, 0))
		return write_flow(writer, node);
	if (node->tag) {
		yaml_text_tag(node->tag, writer->out);
		rewind_to(writer->out, writer->out->n_data - 1);
		write_break(writer, level.column);
	}
	return write_block_collection(writer, node, level);
}

int yaml_format_block(const struct node *node, const struct yaml_format *format,
                      unsigned int column, struct buffer *out)
{
	struct writer writer = writer_init(format, out);
	struct level level = { .column = column, .in_item = format->in_item };
	int r = check_limits(node);

	if (!r)
		r = write_block(&writer, node, level);
	return r ? r : buffer_error(out);
}

int yaml_format_value(const struct node *node, const struct yaml_format *format,
                      unsigned int mapping_column, unsigned int sequence_column, struct buffer *out)
{
	struct writer writer = writer_init(format, out);
	int r = check_limits(node);

	if (!r)
		r = write_value(&writer, node, mapping_column, sequence_column);
	return r ? r : buffer_error(out);
}

int yaml_format_flow(const struct node *node, const struct yaml_format *format, struct buffer *out)
{
	struct writer writer = writer_init(format, out);
	int r = check_limits(node);

	if (!r)
		r = write_flow(&writer, node);
	return r ? r : buffer_error(out);
}

int yaml_format_flow_entry(const struct entry *entry, const struct yaml_format *format,
                           struct buffer *out)
{
	struct writer writer = writer_init(format, out);
	int r = check_limits(entry->key);

	if (!r)
		r = check_limits(entry->value);
	if (!r)
		r = write_flow_entry(&writer, entry);
	return r ? r : buffer_error(out);
}

int yaml_write_block(const struct node *node, const struct yaml_layout *layout, unsigned int column,
                     bool keep_flow, struct buffer *out)
{
	struct yaml_format format = {
		.layout = layout,
		.first_column = column,
		.keep_flow = keep_flow,
	};

	return yaml_format_block(node, &format, column, out);
}

int yaml_write_flow(const struct node *node, struct buffer *out)
{
	struct yaml_format format = { .layout = &yaml_layout_talos };

	return yaml_format_flow(node, &format, out);
}

int yaml_write_scalar(const struct node *node, struct buffer *out)
{
	return yaml_write_flow(node, out);
}
