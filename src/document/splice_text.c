/* SPDX-License-Identifier: Apache-2.0 */

#include "splice_internal.h"

#include <string.h>

#include "base/utf8.h"

static size_t break_length(const struct splicer *splicer, size_t offset)
{
	return utf8_line_break(splicer->text + offset, splicer->n_text - offset);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_line_start(const struct splicer *splicer, size_t offset)
{
	const char *text = splicer->text + offset;

	if (offset == 0 || text[-1] == '\n')
		return true;
	if (text[-1] == '\r')
		return text[0] != '\n';
	return (offset >= 2 && utf8_line_break(text - 2, 2) == 2) ||
	       (offset >= 3 && utf8_line_break(text - 3, 3) == 3);
}

size_t text_line_start(const struct splicer *splicer, size_t offset)
{
	while (!is_line_start(splicer, offset))
		offset--;
	return offset;
}

size_t text_line_end(const struct splicer *splicer, size_t offset)
{
	while (offset < splicer->n_text && !break_length(splicer, offset))
		offset++;
	return offset;
}

bool text_has_break(const struct splicer *splicer, size_t start, size_t end)
{
	while (start < end && !break_length(splicer, start))
		start++;
	return start < end;
}

size_t text_next_line(const struct splicer *splicer, size_t offset)
{
	offset = text_line_end(splicer, offset);
	return offset + break_length(splicer, offset);
}

unsigned int text_column(const struct splicer *splicer, size_t offset)
{
	unsigned int column = 0;

	for (size_t i = text_line_start(splicer, offset); i < offset; i++)
		column += ((unsigned char)splicer->text[i] & 0xc0) != 0x80;
	return column;
}

size_t text_skip_blanks(const struct splicer *splicer, size_t offset)
{
	while (offset < splicer->n_text && is_blank(splicer->text[offset]))
		offset++;
	return offset;
}

size_t text_back_over_blanks(const struct splicer *splicer, size_t offset)
{
	while (offset > 0 && is_blank(splicer->text[offset - 1]))
		offset--;
	return offset;
}

bool text_is_first_on_line(const struct splicer *splicer, size_t offset)
{
	return is_line_start(splicer, text_back_over_blanks(splicer, offset));
}

static bool is_comment(const struct splicer *splicer, size_t offset)
{
	return offset < splicer->n_text && splicer->text[offset] == '#' &&
	       (is_line_start(splicer, offset) || is_blank(splicer->text[offset - 1]));
}

bool text_is_last_on_line(const struct splicer *splicer, size_t offset)
{
	offset = text_skip_blanks(splicer, offset);
	return offset == splicer->n_text || break_length(splicer, offset) ||
	       is_comment(splicer, offset);
}

size_t text_skip_separation(const struct splicer *splicer, size_t offset)
{
	for (;;) {
		size_t n;

		offset = text_skip_blanks(splicer, offset);
		if (is_comment(splicer, offset))
			offset = text_line_end(splicer, offset);
		n = break_length(splicer, offset);
		if (!n)
			return offset;
		offset += n;
	}
}

size_t text_comments_above(const struct splicer *splicer, size_t line_start, size_t floor,
                           unsigned int column)
{
	while (line_start > floor) {
		size_t above = text_line_start(splicer, line_start - 1);
		size_t sign = text_skip_blanks(splicer, above);

		if (above < floor || !is_comment(splicer, sign) ||
		    text_column(splicer, sign) != column)
			break;
		line_start = above;
	}
	return line_start;
}

size_t node_text_start(const struct node *node)
{
	return node->properties.offset;
}

bool node_is_missing(const struct node *node)
{
	return node->kind == NODE_SCALAR && node->n == 0 && !node->tag && !node->anchor &&
	       node->start.offset == node->end.offset;
}

bool node_is_block_collection(const struct node *node)
{
	return (node->kind == NODE_SEQUENCE || node->kind == NODE_MAPPING) &&
	       node->style != NODE_STYLE_FLOW;
}

bool node_is_block_scalar(const struct node *node)
{
	return node->kind == NODE_SCALAR &&
	       (node->style == NODE_STYLE_LITERAL || node->style == NODE_STYLE_FOLDED);
}

const struct node *child_value(const struct node *collection, size_t i)
{
	return collection->kind == NODE_MAPPING ? collection->entries[i].value
	                                        : collection->items[i];
}

bool node_owns_blank_lines(const struct splicer *splicer, const struct node *node)
{
	const char *header;

	while (node_is_block_collection(node) && node->n)
		node = child_value(node, node->n - 1);
	header = splicer->text + node->start.offset;
	return node_is_block_scalar(node) && memchr(header, '+', strcspn(header, " \t\r\n"));
}

size_t text_skip_blank_lines(const struct splicer *splicer, size_t line)
{
	while (line < splicer->n_text && break_length(splicer, text_skip_blanks(splicer, line)))
		line = text_next_line(splicer, line);
	return line;
}

size_t entry_colon_end(const struct splicer *splicer, const struct node *mapping, size_t i)
{
	const struct entry *entry = &mapping->entries[i];
	size_t colon;

	if (node_is_missing(entry->value))
		return entry->value->start.offset > entry->key->end.offset
		               ? entry->value->start.offset
		               : NOWHERE;
	colon = text_skip_separation(splicer, entry->key->end.offset);
	return splicer->text[colon] == ':' ? colon + 1 : NOWHERE;
}

size_t child_text_end(const struct node *collection, size_t i)
{
	return child_value(collection, i)->end.offset;
}

bool node_is_bare_pair(const struct splicer *splicer, const struct node *node)
{
	return node->kind == NODE_MAPPING && node->style == NODE_STYLE_FLOW && node->n == 1 &&
	       (splicer->text[node->start.offset] != '{' ||
	        node->start.offset == node_text_start(node->entries[0].key));
}

bool node_may_hold_comment(const struct splicer *splicer, const struct node *node)
{
	return node->style == NODE_STYLE_FLOW && memchr(splicer->text + node->start.offset, '#',
	                                                node->end.offset - node->start.offset);
}

bool node_is_json(const struct node *collection, bool otherwise)
{
	const struct node *first;

	if (!collection->n)
		return otherwise;
	first = collection->kind == NODE_MAPPING ? collection->entries[0].key
	                                         : collection->items[0];
	if (first->kind == NODE_MAPPING && first->style == NODE_STYLE_FLOW)
		return node_is_json(first, otherwise);
	return first->style == NODE_STYLE_DOUBLE_QUOTED ||
	       (collection->kind == NODE_SEQUENCE && otherwise);
}

static size_t skip_comma(const struct splicer *splicer, size_t offset)
{
	size_t comma = text_skip_separation(splicer, offset);

	return comma < splicer->n_text && splicer->text[comma] == ',' ? comma + 1 : offset;
}

/* Forwards from the child before: backwards a comment could not be told from text. */
size_t child_text_start(const struct splicer *splicer, const struct node *collection, size_t i)
{
	size_t offset = collection->start.offset;

	if (i > 0)
		offset = child_text_end(collection, i - 1);
	else if (collection->style == NODE_STYLE_FLOW && !node_is_bare_pair(splicer, collection))
		offset++;
	else
		return offset;
	if (collection->style == NODE_STYLE_FLOW)
		offset = skip_comma(splicer, offset);
	return text_skip_separation(splicer, offset);
}
