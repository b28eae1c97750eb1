#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What holds for every tree that the reader gives, whatever the text: a broken rule aborts. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document/yaml_reader.h"

#define INVARIANT(condition, node)                          \
	do {                                                \
		if (!(condition))                           \
			invariant_broken(#condition, node); \
	} while (0)

static inline void invariant_broken(const char *condition, const struct node *node)
{
	fprintf(stderr, "broken: %s, node at %u:%u (%u to %u)\n", condition, node->start.line,
	        node->start.column, node->start.offset, node->end.offset);
	abort();
}

static inline size_t invariant_break_length(const char *text, size_t n_text)
{
	if (n_text >= 2 && !memcmp(text, "\r\n", 2))
		return 2;
	if (n_text >= 1 && (*text == '\n' || *text == '\r'))
		return 1;
	if (n_text >= 2 && !memcmp(text, "\xc2\x85", 2))
		return 2;
	if (n_text >= 3 && (!memcmp(text, "\xe2\x80\xa8", 3) || !memcmp(text, "\xe2\x80\xa9", 3)))
		return 3;
	return 0;
}

/* Counted anew from the start of the text. */
static inline void invariant_mark(const struct node *node, const struct mark *mark)
{
	const char *text = node->source->text;
	size_t n_text = node->source->n_text;
	unsigned int line = 1, column = 1;

	INVARIANT(mark->offset <= n_text, node);
	for (size_t i = 0; i < mark->offset;) {
		size_t n = invariant_break_length(text + i, n_text - i);

		if (n) {
			line++;
			column = 1;
			i += n;
			continue;
		}
		column++;
		for (i++; i < n_text && ((unsigned char)text[i] & 0xc0) == 0x80; i++)
			;
	}
	INVARIANT(mark->line == line, node);
	INVARIANT(mark->column == column, node);
}

static inline bool invariant_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline void invariant_plain(const struct node *node, const char *slice, size_t n)
{
	INVARIANT(!n == !node->n, node);
	if (!n)
		return;
	INVARIANT(!invariant_is_blank(slice[0]) && !invariant_is_blank(slice[n - 1]), node);
	for (size_t i = 0; i < n; i++) {
		if (invariant_break_length(slice + i, n - i))
			return;
	}
	INVARIANT(n == node->n && !memcmp(slice, node->text, n), node);
}

static inline void invariant_scalar(const struct node *node)
{
	const char *slice = node->source->text + node->start.offset;
	size_t n = node->end.offset - node->start.offset;
	char first = n ? slice[0] : '\0', last = n ? slice[n - 1] : '\0';

	INVARIANT(node->text[node->n] == '\0', node);
	switch (node->style) {
	case NODE_STYLE_PLAIN:
		invariant_plain(node, slice, n);
		break;
	case NODE_STYLE_SINGLE_QUOTED:
		INVARIANT(n >= 2 && first == '\'' && last == '\'', node);
		break;
	case NODE_STYLE_DOUBLE_QUOTED:
		INVARIANT(n >= 2 && first == '"' && last == '"', node);
		break;
	case NODE_STYLE_LITERAL:
		INVARIANT(first == '|', node);
		break;
	case NODE_STYLE_FOLDED:
		INVARIANT(first == '>', node);
		break;
	case NODE_STYLE_ANY:
	case NODE_STYLE_BLOCK:
	case NODE_STYLE_FLOW:
		INVARIANT(false, node);
		break;
	}
}

static inline void invariant_collection(const struct node *node, const struct node *first,
                                        const struct node *last)
{
	const char *text = node->source->text;
	char begin = text[node->start.offset];
	char end = node->end.offset ? text[node->end.offset - 1] : '\0';

	if (node->style == NODE_STYLE_FLOW) {
		/* A single pair in a sequence has no brackets. */
		if (node->kind == NODE_MAPPING && node->n == 1 &&
		    (begin != '{' || first->properties.offset == node->start.offset)) {
			INVARIANT(node->end.offset == last->end.offset, node);
			return;
		}
		INVARIANT(begin == (node->kind == NODE_MAPPING ? '{' : '['), node);
		INVARIANT(end == (node->kind == NODE_MAPPING ? '}' : ']'), node);
		return;
	}
	INVARIANT(node->style == NODE_STYLE_BLOCK && node->n > 0, node);
	INVARIANT(node->end.offset == last->end.offset, node);
	if (node->kind == NODE_SEQUENCE)
		INVARIANT(begin == '-', node);
	else
		INVARIANT(begin == '?' || first->properties.offset == node->start.offset, node);
}

static inline void invariant_tree(const struct node *node);

static inline void invariant_child(const struct node *parent, const struct node *child,
                                   size_t *offset)
{
	INVARIANT(child->properties.offset >= *offset, child);
	INVARIANT(child->end.offset <= parent->end.offset, child);
	*offset = child->end.offset;
	invariant_tree(child);
}

static inline void invariant_tree(const struct node *node)
{
	size_t offset = node->start.offset;

	INVARIANT(node->properties.offset <= node->start.offset, node);
	INVARIANT(node->start.offset <= node->end.offset, node);
	invariant_mark(node, &node->properties);
	invariant_mark(node, &node->start);
	invariant_mark(node, &node->end);
	switch (node->kind) {
	case NODE_SCALAR:
		invariant_scalar(node);
		break;
	case NODE_ALIAS:
		INVARIANT(node->target && node->target->kind != NODE_ALIAS, node);
		INVARIANT(node->source->text[node->start.offset] == '*', node);
		INVARIANT(node->end.offset - node->start.offset == 1 + strlen(node->target->anchor),
		          node);
		break;
	case NODE_SEQUENCE:
		for (size_t i = 0; i < node->n; i++)
			invariant_child(node, node->items[i], &offset);
		invariant_collection(node, node->n ? node->items[0] : NULL,
		                     node->n ? node->items[node->n - 1] : NULL);
		break;
	case NODE_MAPPING:
		for (size_t i = 0; i < node->n; i++) {
			invariant_child(node, node->entries[i].key, &offset);
			invariant_child(node, node->entries[i].value, &offset);
		}
		invariant_collection(node, node->n ? node->entries[0].key : NULL,
		                     node->n ? node->entries[node->n - 1].value : NULL);
		break;
	}
}

/* The node that ends last. */
static inline const struct node *invariant_last(const struct node *node)
{
	for (;;) {
		if (node->kind == NODE_SEQUENCE && node->n)
			node = node->items[node->n - 1];
		else if (node->kind == NODE_MAPPING && node->n)
			node = node->entries[node->n - 1].value;
		else
			return node;
	}
}

/* A text that is cut behind the line of a block scalar's end still has that scalar. */
static inline void invariant_block_scalar(const struct node *node)
{
	const char *text = node->source->text;
	struct stream *stream = NULL;
	size_t n = node->end.offset;
	size_t n_break = invariant_break_length(text + n, node->source->n_text - n);
	const struct node *last;

	if (!n_break || yaml_read_bytes("cut", text, n + n_break, &stream, NULL, NULL) != 0)
		return;
	last = invariant_last(stream->documents[stream->n_documents - 1].root);
	if (last->kind == NODE_SCALAR && last->start.offset == node->start.offset)
		INVARIANT(last->n == node->n && !memcmp(last->text, node->text, node->n), node);
	stream_free(stream);
}

static inline void invariant_block_scalars(const struct node *node)
{
	if (node->kind == NODE_SCALAR &&
	    (node->style == NODE_STYLE_LITERAL || node->style == NODE_STYLE_FOLDED))
		invariant_block_scalar(node);
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++)
		invariant_block_scalars(node->items[i]);
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		invariant_block_scalars(node->entries[i].key);
		invariant_block_scalars(node->entries[i].value);
	}
}

static inline void invariants_check(const struct stream *stream)
{
	size_t offset = 0;

	for (size_t i = 0; i < stream->n_documents; i++) {
		const struct document *document = &stream->documents[i];

		INVARIANT(document->start.offset >= offset, document->root);
		INVARIANT(document->start.offset <= document->root->properties.offset,
		          document->root);
		INVARIANT(document->root->end.offset <= document->end.offset, document->root);
		offset = document->end.offset;
		invariant_tree(document->root);
		invariant_block_scalars(document->root);
	}
}
