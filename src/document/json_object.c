/* SPDX-License-Identifier: Apache-2.0 */

/* Objects of canonical JSON: which keys they may have, what those are called, in which order they
 * come. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "document/canonical_json.h"
#include "document/scalar.h"
#include "excerpt.h"
#include "json_writer.h"
#include "merge.h"
#include "text.h"

/* One entry of an object. */
struct member {
	const char *key; /* as it stands in the file */
	size_t n_key;
	const struct entry *entry;
};

/* A string by its own right: not tagged as something that the decoder does not know. */
static bool is_string_key(const struct node *key)
{
	key = node_resolve(key);
	return scalar_is_string(key) &&
	       (!key->tag || !strcmp(key->tag, "!") || !strcmp(key->tag, "tag:yaml.org,2002:str"));
}

static void report_key(struct json_writer *writer, const struct node *key, const struct path *path)
{
	const struct node *resolved = node_resolve(key);
	struct excerpt excerpt;

	if (resolved->kind != NODE_SCALAR)
		node_error(writer->diag, key, path, "a %s cannot be a key", node_describe(key));
	else if (scalar_is_string(resolved))
		node_error(writer->diag, key, path, "key %s has a tag that makes it no string",
		           excerpt_of_node(&excerpt, resolved));
	else
		node_error(writer->diag, key, path, "key %s is of type %s: put it in quotes",
		           excerpt_of_node(&excerpt, resolved), node_describe(key));
	json_writer_count_error(writer);
}

/* False when a key was reported. */
static bool check_nested_keys(struct json_writer *writer, const struct node *mapping,
                              const struct path *path)
{
	size_t n_errors = writer->n_errors;

	for (size_t i = 0; i < mapping->n && !writer->is_stopped; i++) {
		const struct node *key = mapping->entries[i].key;

		if (merge_is_key(key) || is_string_key(key))
			continue;
		report_key(writer, key, path);
	}
	return writer->n_errors == n_errors;
}

/*
 * What a key is called in the file: Talos' decoder keeps the text of what it forces to be a string.
 * member->key is NULL where it cannot; that is reported unless it was before.
 */
static int resolve_key(struct json_writer *writer, struct arena *arena, const struct entry *entry,
                       const struct path *path, bool is_reported, struct member *member)
{
	const struct node *key = node_resolve(entry->key);
	struct scalar scalar = { .type = SCALAR_NULL };
	int r = 0;

	*member = (struct member){ .entry = entry };
	if (key->kind == NODE_SCALAR)
		r = scalar_resolve(arena, key, path, &scalar, is_reported ? NULL : writer->diag);
	if (r < 0)
		return r;
	if (r == SCALAR_E_INVALID) {
		json_writer_count_error(writer);
		return 0;
	}
	switch (scalar.type) {
	case SCALAR_STRING:
	case SCALAR_BOOL:
	case SCALAR_INT:
	case SCALAR_UINT:
	case SCALAR_FLOAT:
		member->key = key->text;
		member->n_key = key->n;
		return 0;
	case SCALAR_BINARY:
		member->key = scalar.text;
		member->n_key = scalar.n_text;
		return 0;
	case SCALAR_NULL:
	case SCALAR_MERGE:
	case SCALAR_TIMESTAMP:
	default:
		if (!is_reported)
			report_key(writer, entry->key, path);
		return 0;
	}
}

static int compare_members(const void *a_data, const void *b_data)
{
	const struct member *a = a_data, *b = b_data;

	return text_compare(a->key, a->n_key, b->key, b->n_key);
}

static int write_members(struct json_writer *writer, const struct member *members, size_t n_members,
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
			json_writer_count_error(writer);
		}
		if (writer->depth > 1 && json_writer_leaves_out(member->entry->value))
			continue;
		if (!is_first)
			buffer_append_char(writer->out, ',');
		is_first = false;
		canonical_json_string(member->key, member->n_key, writer->out);
		buffer_append_char(writer->out, ':');
		r = json_write_value(writer, member->entry->value, &value);
	}
	buffer_append_char(writer->out, '}');
	return r;
}

/* Gives the entries of mapping with its merges carried out; none after an error. */
static int flatten(struct json_writer *writer, struct arena *arena, const struct node *mapping,
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
	json_writer_count_error(writer);
	*n_entriesp = 0;
	return 0;
}

/*
 * Below the top only strings are keys. What a mapping merges follows the type of the mapping: there
 * the decoder forces keys to be strings.
 */
int json_write_object(struct json_writer *writer, const struct node *mapping,
                      const struct path *path)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(freep) struct member *members = NULL;
	bool is_reported = false;
	const struct entry *entries;
	size_t n_entries, n = 0;
	int r;

	if (!arena)
		return -ENOMEM;
	if (writer->depth > 1)
		is_reported = !check_nested_keys(writer, mapping, path);
	r = flatten(writer, arena, mapping, path, &entries, &n_entries);
	if (r)
		return r;
	members = calloc(n_entries + 1, sizeof(*members));
	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < n_entries && !r && !writer->is_stopped; i++) {
		r = resolve_key(writer, arena, &entries[i], path, is_reported, &members[n]);
		n += members[n].key ? 1 : 0;
	}
	if (r)
		return r;
	qsort(members, n, sizeof(*members), compare_members);
	return write_members(writer, members, n, path);
}
