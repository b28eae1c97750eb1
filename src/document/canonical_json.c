/* SPDX-License-Identifier: Apache-2.0 */

#include "document/canonical_json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/arena.h"
#include "classify.h"
#include "excerpt.h"
#include "float_format.h"
#include "merge.h"
#include "text.h"

struct writer {
	struct buffer *out;
	struct diag *diag;
	size_t n_start;     /* bytes in out before the value */
	size_t n_nodes;     /* written, aliases expanded */
	size_t n_errors;    /* reported: nothing more needs to be written, only checked */
	unsigned int depth; /* of collections */
	bool is_stopped;    /* a limit was passed */
};

/* One entry of an object. */
struct member {
	const char *key; /* as it stands in the file */
	size_t n_key;
	const struct entry *entry;
};

static int write_value(struct writer *writer, const struct node *node, const struct path *path);

/* Formatting a million errors that nobody keeps would take longer than all else. */
static void count_error(struct writer *writer)
{
	if (++writer->n_errors >= DIAG_ENTRIES_MAX)
		writer->is_stopped = true;
}

static void stop(struct writer *writer, const struct node *node, const struct path *path,
                 const char *reason)
{
	node_error(writer->diag, node, path, "%s", reason);
	count_error(writer);
	writer->is_stopped = true;
}

static void write_float(struct writer *writer, const struct node *node, const struct path *path,
                        double number)
{
	char text[FLOAT_FORMAT_SIZE];

	if (!isfinite(number)) {
		node_error(writer->diag, node, path, "JSON has no %s",
		           isnan(number) ? ".nan" : ".inf");
		count_error(writer);
		return;
	}
	float_format(number, text);
	buffer_append_string(writer->out, text);
}

static void write_resolved(struct writer *writer, const struct node *node, const struct path *path,
                           const struct scalar *scalar)
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

static int write_scalar(struct writer *writer, const struct node *node, const struct path *path)
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
		count_error(writer);
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
static bool is_left_out(const struct node *node)
{
	return merge_is_key(node_resolve(node));
}

static int write_sequence(struct writer *writer, const struct node *node, const struct path *path)
{
	bool is_first = true;
	int r = 0;

	buffer_append_char(writer->out, '[');
	for (size_t i = 0; i < node->n && !r && !writer->is_stopped; i++) {
		struct path item = { .up = path, .index = i };

		if (is_left_out(node->items[i]))
			continue;
		if (!is_first)
			buffer_append_char(writer->out, ',');
		is_first = false;
		r = write_value(writer, node->items[i], &item);
	}
	buffer_append_char(writer->out, ']');
	return r;
}

/* A string by its own right: not tagged as something that the decoder does not know. */
static bool is_string_key(const struct node *key)
{
	key = node_resolve(key);
	return scalar_is_string(key) &&
	       (!key->tag || !strcmp(key->tag, "!") || !strcmp(key->tag, "tag:yaml.org,2002:str"));
}

static void check_nested_keys(struct writer *writer, const struct node *mapping,
                              const struct path *path)
{
	for (size_t i = 0; i < mapping->n && !writer->is_stopped; i++) {
		const struct node *key = mapping->entries[i].key;

		if (merge_is_key(key) || is_string_key(key))
			continue;
		node_error(writer->diag, key, path, "a key must be a string here, not %s %s",
		           scalar_is_string(key) ? "a tagged" : "of type", node_describe(key));
		count_error(writer);
	}
}

/* What a key is called in the file; keeps its text where Talos' decoder forces it to a string. */
static int resolve_key(struct writer *writer, struct arena *arena, const struct node *key,
                       const struct path *path, struct member *member)
{
	const struct node *resolved = node_resolve(key);
	struct scalar scalar = { .type = SCALAR_NULL };
	int r = 0;

	member->key = NULL;
	if (resolved->kind == NODE_SCALAR)
		r = scalar_resolve(arena, resolved, path, &scalar, writer->diag);
	if (r == SCALAR_E_INVALID) {
		count_error(writer);
		return 0;
	}
	if (r)
		return r;
	if (resolved->kind != NODE_SCALAR || scalar.type == SCALAR_NULL ||
	    scalar.type == SCALAR_MERGE || scalar.type == SCALAR_TIMESTAMP) {
		node_error(writer->diag, key, path, "a key must be a string, not of type %s",
		           node_describe(key));
		count_error(writer);
		return 0;
	}
	member->key = scalar.type == SCALAR_BINARY ? scalar.text : resolved->text;
	member->n_key = scalar.type == SCALAR_BINARY ? scalar.n_text : resolved->n;
	return 0;
}

static int compare_members(const void *a_data, const void *b_data)
{
	const struct member *a = a_data, *b = b_data;

	return text_compare(a->key, a->n_key, b->key, b->n_key);
}

static int write_members(struct writer *writer, const struct member *members, size_t n_members,
                         const struct path *path)
{
	bool is_first = true;
	int r = 0;

	buffer_append_char(writer->out, '{');
	for (size_t i = 0; i < n_members && !r && !writer->is_stopped; i++) {
		const struct member *member = &members[i];
		struct path value = { .up = path, .key = member->key };
		struct excerpt excerpt;

		if (i && compare_members(member - 1, member) == 0) {
			node_error(writer->diag, member->entry->key, path, "there are two keys %s",
			           excerpt_of(&excerpt, member->key, member->n_key));
			count_error(writer);
		}
		if (writer->depth > 1 && is_left_out(member->entry->value))
			continue;
		if (!is_first)
			buffer_append_char(writer->out, ',');
		is_first = false;
		canonical_json_string(member->key, member->n_key, writer->out);
		buffer_append_char(writer->out, ':');
		r = write_value(writer, member->entry->value, &value);
	}
	buffer_append_char(writer->out, '}');
	return r;
}

static int flatten(struct writer *writer, struct arena *arena, const struct node *mapping,
                   const struct path *path, const struct entry **entriesp, size_t *n_entriesp)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	int r;

	*entriesp = mapping->entries;
	*n_entriesp = mapping->n;
	if (!merge_has(mapping))
		return 0;
	path_format(path, &text);
	r = node_flatten(arena, mapping, text.data, entriesp, n_entriesp, writer->diag);
	if (r != NODE_E_INVALID)
		return r;
	count_error(writer);
	*n_entriesp = 0;
	return 0;
}

static int write_mapping(struct writer *writer, const struct node *mapping, const struct path *path)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct entry *entries;
	struct member *members;
	size_t n_entries, n = 0;
	int r;

	if (!arena)
		return -ENOMEM;
	if (writer->depth > 1)
		check_nested_keys(writer, mapping, path);
	r = flatten(writer, arena, mapping, path, &entries, &n_entries);
	if (r)
		return r;
	members = arena_alloc_array(arena, n_entries, sizeof(*members));
	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < n_entries && !r && !writer->is_stopped; i++) {
		members[n].entry = &entries[i];
		r = resolve_key(writer, arena, entries[i].key, path, &members[n]);
		if (members[n].key)
			n++;
	}
	if (r)
		return r;
	qsort(members, n, sizeof(*members), compare_members);
	return write_members(writer, members, n, path);
}

static int write_collection(struct writer *writer, const struct node *node, const struct path *path)
{
	int r;

	if (writer->depth >= NODE_DEPTH_MAX) {
		stop(writer, node, path, "the value is nested too deep");
		return 0;
	}
	writer->depth++;
	r = node->kind == NODE_MAPPING ? write_mapping(writer, node, path)
	                               : write_sequence(writer, node, path);
	writer->depth--;
	return r;
}

static int write_value(struct writer *writer, const struct node *node, const struct path *path)
{
	int r;

	node = node_resolve(node);
	if (++writer->n_nodes > NODE_EXPANDED_MAX) {
		stop(writer, node, path, "the value has too many nodes, aliases expanded");
		return 0;
	}
	r = node->kind == NODE_SCALAR ? write_scalar(writer, node, path)
	                              : write_collection(writer, node, path);
	if (r)
		return r;
	if (!writer->is_stopped && writer->out->n_data - writer->n_start > CANONICAL_JSON_SIZE_MAX)
		stop(writer, node, path, "the value is too large as JSON");
	return buffer_error(writer->out);
}

int canonical_json_write(const struct node *value, const struct path *path, struct buffer *out,
                         struct diag *diag)
{
	struct writer writer = { .out = out, .diag = diag, .n_start = out->n_data };
	const struct node *resolved = node_resolve(value);
	int r;

	if (!resolved || resolved->kind != NODE_MAPPING) {
		node_error(diag, value, path, "the value must be a mapping, not of type %s",
		           node_describe(value));
		return CANONICAL_JSON_E_INVALID;
	}
	r = write_value(&writer, resolved, path);
	if (!r && writer.n_errors)
		r = CANONICAL_JSON_E_INVALID;
	if (r && out->data) {
		out->n_data = writer.n_start;
		out->data[out->n_data] = '\0';
	}
	return r;
}
