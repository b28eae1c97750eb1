/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What libyaml makes of the text of a mapping depends on what stands around it in three ways only:
 * on names that are explained elsewhere (anchors, `%TAG`), on how many nodes and bytes they stand
 * for, and, in block style, on the column. What has such names is no span, and the column is made
 * with blanks in front. Within brackets columns mean nothing. Block scalars are left out since their
 * last line breaks belong to them or not by what follows.
 */

#include "document/span.h"

#include <errno.h>

#include "base/buffer.h"
#include "document/yaml_reader.h"
#include "merge.h"

/* No text is too short for them. */
_Static_assert(SPAN_NODES_MAX <= YAML_NODES_FREE, "every span can be read by itself");

struct walk {
	const struct source *source;
	unsigned int n_nodes;
	unsigned int n_depth; /* collections around what comes next */
};

static bool is_plain(struct walk *walk, const struct node *node);

static bool are_plain_items(struct walk *walk, const struct node *node)
{
	for (size_t i = 0; i < node->n; i++) {
		if (!is_plain(walk, node->items[i]))
			return false;
	}
	return true;
}

static bool are_plain_entries(struct walk *walk, const struct node *node)
{
	for (size_t i = 0; i < node->n; i++) {
		const struct entry *entry = &node->entries[i];

		if (merge_is_key(entry->key) || !is_plain(walk, entry->key) ||
		    !is_plain(walk, entry->value))
			return false;
	}
	return true;
}

/* Whether nothing in the tree needs what stands around it. */
static bool is_plain(struct walk *walk, const struct node *node)
{
	bool is_good;

	if (node->source != walk->source || node->tag || node->anchor ||
	    ++walk->n_nodes > SPAN_NODES_MAX || node->kind == NODE_ALIAS)
		return false;
	if (node->kind == NODE_SCALAR)
		return node->style != NODE_STYLE_LITERAL && node->style != NODE_STYLE_FOLDED;
	if (++walk->n_depth > SPAN_DEPTH_MAX)
		return false;
	is_good = node->kind == NODE_SEQUENCE ? are_plain_items(walk, node)
	                                      : are_plain_entries(walk, node);
	walk->n_depth--;
	return is_good;
}

/* A single pair in a flow sequence has no brackets: its first key begins where it begins. */
static bool has_brackets(const struct node *node)
{
	return node->source->text[node->start.offset] == '{' &&
	       (!node->n || node->entries[0].key->properties.offset > node->start.offset);
}

bool node_span(const struct node *node, struct span *span)
{
	struct walk walk = { 0 };

	*span = (struct span){ 0 };
	if (!node || node->kind != NODE_MAPPING || !node->source || node->source->converted ||
	    node->end.offset - node->start.offset > SPAN_SIZE_MAX)
		return false;
	if (node->style == NODE_STYLE_FLOW ? !has_brackets(node)
	                                   : node->start.column > SPAN_COLUMN_MAX)
		return false;
	walk.source = node->source;
	if (!is_plain(&walk, node))
		return false;
	*span = (struct span){
		.offset = node->start.offset,
		.n = node->end.offset - node->start.offset,
		.column = node->style == NODE_STYLE_FLOW ? 1 : node->start.column,
	};
	return true;
}

static int check_root(const char *name, const struct stream *stream, struct diag *diag)
{
	const struct place place = { .source = name };

	if (stream->n_documents == 1 && stream->documents[0].root->kind == NODE_MAPPING)
		return 0;
	diag_error(diag, &place, NULL, "the text is not the mapping that stood there");
	return YAML_E_SYNTAX;
}

int yaml_read_span(const char *name, const char *text, const struct span *span,
                   struct stream **streamp, struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer piece = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	int r;

	buffer_append_repeated(&piece, ' ', span->column ? span->column - 1 : 0);
	buffer_append(&piece, text + span->offset, span->n);
	/* As it had, or a bracket behind it, which ends a scalar just as well. */
	buffer_append_char(&piece, '\n');
	if (buffer_error(&piece))
		return -ENOMEM;
	r = yaml_read_bytes(name, piece.data, piece.n_data, &stream, NULL, diag);
	if (!r)
		r = check_root(name, stream, diag);
	if (!r)
		*streamp = steal_ptr(stream);
	return r;
}
