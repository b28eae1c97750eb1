#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Random YAML texts in all styles, with comments `#cN;` of which each stands there once. */

#include <string.h>

#include "base/buffer.h"
#include "random.h"

struct random_text {
	struct random *random;
	struct buffer out;
	unsigned int n_comments;
	unsigned int n_words;
	unsigned int n_anchors; /* of scalars, in this document: &s0, &s1, ... */
	int mapping_anchor;     /* the number of one that is complete, -1: none */
	bool anchors;
};

static inline void random_word(struct random_text *text)
{
	buffer_printf(&text->out, "w%u", text->n_words++);
}

static inline void random_spaces(struct random_text *text, size_t n)
{
	buffer_append_repeated(&text->out, ' ', n);
}

/* The end of a line, with a comment or not. libyaml wants no tab behind an indicator. */
static inline void random_line_end(struct random_text *text)
{
	const char *last = text->out.n_data ? text->out.data + text->out.n_data - 1 : "-";
	bool tab = !strchr("-:?[{, ", *last) && random_chance(text->random, 20);

	if (random_chance(text->random, 25))
		buffer_printf(&text->out, "%s#c%u;", tab ? "\t" : " ", text->n_comments++);
	else if (random_chance(text->random, 5))
		buffer_append_char(&text->out, ' ');
	buffer_append_char(&text->out, '\n');
}

static inline void random_comment_line(struct random_text *text, size_t column)
{
	random_spaces(text, column);
	buffer_printf(&text->out, "#c%u;\n", text->n_comments++);
}

/* Blank and comment lines before a child that stands in column. */
static inline void random_between(struct random_text *text, size_t column)
{
	while (random_chance(text->random, 25)) {
		if (random_chance(text->random, 40))
			buffer_append_char(&text->out, '\n');
		else
			random_comment_line(text, random_chance(text->random, 90) ? column : 0);
	}
}

static inline void random_flow_scalar(struct random_text *text)
{
	switch (random_below(text->random, 5)) {
	case 0:
		buffer_append_char(&text->out, '"');
		random_word(text);
		buffer_append_string(&text->out, " #\\t: x\"");
		break;
	case 1:
		buffer_append_char(&text->out, '\'');
		random_word(text);
		buffer_append_string(&text->out, " ''# - '");
		break;
	case 2:
		buffer_printf(&text->out, "%u", text->n_words++);
		break;
	case 3:
		random_word(text);
		buffer_append_string(&text->out, " and more");
		break;
	default:
		random_word(text);
		break;
	}
}

static inline void random_flow(struct random_text *text, unsigned int depth, size_t column);

/* A blank, or a line break with perhaps a comment before. */
static inline void random_flow_space(struct random_text *text, size_t column, bool lines)
{
	if (!lines) {
		if (random_chance(text->random, 50))
			buffer_append_char(&text->out, ' ');
		return;
	}
	random_line_end(text);
	while (random_chance(text->random, 10))
		random_comment_line(text, column + 2);
	random_spaces(text, column + 2);
}

static inline void random_flow_value(struct random_text *text, unsigned int depth, size_t column)
{
	if (depth < 3 && random_chance(text->random, 30))
		random_flow(text, depth + 1, column + 2);
	else
		random_flow_scalar(text);
}

static inline void random_flow(struct random_text *text, unsigned int depth, size_t column)
{
	bool mapping = random_chance(text->random, 50);
	bool lines = random_chance(text->random, 40);
	bool json = random_chance(text->random, 30);
	size_t n = random_below(text->random, 4);

	buffer_append_char(&text->out, mapping ? '{' : '[');
	for (size_t i = 0; i < n; i++) {
		random_flow_space(text, column, lines);
		if (mapping) {
			buffer_printf(&text->out, json ? "\"k%u\"" : "k%u", text->n_words++);
			if (random_chance(text->random, 90)) {
				buffer_append_string(&text->out, ": ");
				random_flow_value(text, depth, column);
			}
		} else if (random_chance(text->random, 10)) {
			buffer_printf(&text->out, "k%u: ", text->n_words++);
			random_flow_value(text, depth, column);
		} else {
			random_flow_value(text, depth, column);
		}
		if (i + 1 < n || random_chance(text->random, 10))
			buffer_append_char(&text->out, ',');
	}
	if (lines && random_chance(text->random, 70))
		random_flow_space(text, column, true);
	buffer_append_char(&text->out, mapping ? '}' : ']');
}

/* A block scalar and its line ends; lines stand in column. */
static inline void random_block_scalar(struct random_text *text, size_t column)
{
	static const char *const headers[] = { "|", "|-", "|+", ">", ">-", ">+" };
	size_t n = random_below(text->random, 4);

	buffer_append_string(&text->out, headers[random_below(text->random, 6)]);
	random_line_end(text);
	for (size_t i = 0; i < n; i++) {
		random_spaces(text, column + (i ? random_below(text->random, 2) * 2 : 0));
		random_word(text);
		buffer_append_string(&text->out,
		                     random_chance(text->random, 20) ? " # no\n" : "\n");
		if (random_chance(text->random, 15))
			buffer_append_char(&text->out, '\n');
	}
	while (random_chance(text->random, 20))
		buffer_append_char(&text->out, '\n');
}

static inline void random_block(struct random_text *text, unsigned int depth, size_t column,
                                bool mapping);

/* An anchor or tag before a value; *mappingp: the number of a mapping's anchor, or -1. */
static inline void random_properties(struct random_text *text, bool is_mapping, int *mappingp)
{
	*mappingp = -1;
	if (random_chance(text->random, 10))
		buffer_append_string(&text->out, " !mine");
	if (!text->anchors || !random_chance(text->random, 30))
		return;
	if (!is_mapping) {
		buffer_printf(&text->out, " &s%u", text->n_anchors++);
		return;
	}
	*mappingp = (int)text->n_words++;
	buffer_printf(&text->out, " &m%d", *mappingp);
}

/* A nested block collection, behind `- ` or below. */
static inline void random_nested(struct random_text *text, unsigned int depth, size_t column,
                                 bool in_sequence)
{
	struct random *random = text->random;
	size_t nested = column + 1 + random_below(random, 4);
	bool mapping = random_chance(random, 60);
	size_t gap = random_chance(random, 80) ? 1 : 3;
	int anchor;

	if (in_sequence && random_chance(random, 80)) {
		/* `- - a` and `- k: v` */
		random_spaces(text, gap);
		random_block(text, depth + 1, column + 1 + gap, mapping);
		return;
	}
	if (!in_sequence && !mapping && random_chance(random, 50))
		nested = column;
	anchor = -1;
	if (mapping)
		random_properties(text, true, &anchor);
	else if (random_chance(random, 10))
		buffer_append_string(&text->out, " !mine");
	random_line_end(text);
	random_between(text, nested);
	random_spaces(text, nested);
	random_block(text, depth + 1, nested, mapping);
	if (anchor >= 0)
		text->mapping_anchor = anchor;
}

/* What stands behind `key:` or `-` with its line end. */
static inline void random_value(struct random_text *text, unsigned int depth, size_t column,
                                bool in_sequence)
{
	struct random *random = text->random;
	size_t nested = column + 1 + random_below(random, 4);
	int anchor;

	if (depth < 5 && random_chance(random, 45)) {
		random_nested(text, depth, column, in_sequence);
		return;
	}
	if (text->n_anchors && random_chance(random, 30)) {
		buffer_printf(&text->out, " *s%zu", random_below(random, text->n_anchors));
		random_line_end(text);
		return;
	}
	switch (random_below(random, 10)) {
	case 0:
		break;
	case 1:
		random_properties(text, false, &anchor);
		buffer_append_char(&text->out, ' ');
		random_block_scalar(text, nested);
		return;
	case 2:
		buffer_append_char(&text->out, ' ');
		random_flow(text, 0, column);
		break;
	case 3:
		random_line_end(text);
		random_spaces(text, nested);
		random_flow_scalar(text);
		break;
	case 4:
		buffer_append_char(&text->out, ' ');
		random_word(text);
		buffer_append_char(&text->out, '\n');
		random_spaces(text, nested);
		random_word(text);
		break;
	case 5:
		random_properties(text, false, &anchor);
		buffer_append_char(&text->out, ' ');
		random_flow_scalar(text);
		break;
	default:
		random_spaces(text, 1 + (size_t)random_chance(random, 10));
		random_flow_scalar(text);
		break;
	}
	random_line_end(text);
}

static inline void random_entry(struct random_text *text, unsigned int depth, size_t column)
{
	/* node_equal() tells collections as keys apart by their order, which a merge can change. */
	switch (random_below(text->random, 20) + (text->anchors ? 2 : 0)) {
	case 0:
		buffer_append_string(&text->out, "? ");
		random_word(text);
		random_line_end(text);
		if (random_chance(text->random, 30))
			return;
		random_spaces(text, column);
		break;
	case 1:
		buffer_append_string(&text->out, "? ");
		/* Two empty collections would be one key. */
		buffer_append_char(&text->out, '[');
		random_word(text);
		buffer_append_string(&text->out, ", ");
		random_flow(text, 2, column + 2);
		buffer_append_char(&text->out, ']');
		random_line_end(text);
		random_spaces(text, column);
		break;
	case 2:
		buffer_printf(&text->out, "\"q%u\" ", text->n_words++);
		break;
	case 3:
		buffer_printf(&text->out, "'q%u'", text->n_words++);
		break;
	default:
		random_word(text);
		break;
	}
	buffer_append_char(&text->out, ':');
	random_value(text, depth, column, false);
}

/* The caller stands in column already. */
static inline void random_block(struct random_text *text, unsigned int depth, size_t column,
                                bool mapping)
{
	size_t n = 1 + random_below(text->random, 4);

	for (size_t i = 0; i < n; i++) {
		if (i) {
			random_between(text, column);
			random_spaces(text, column);
		}
		if (mapping && i == 1 && text->mapping_anchor >= 0 &&
		    random_chance(text->random, 40)) {
			buffer_printf(&text->out, "<<: *m%d", text->mapping_anchor);
			random_line_end(text);
		} else if (mapping) {
			random_entry(text, depth, column);
		} else {
			buffer_append_char(&text->out, '-');
			random_value(text, depth, column, true);
		}
	}
}

static inline void random_stream(struct random_text *text)
{
	size_t n = 1 + random_below(text->random, 2) * random_below(text->random, 3);

	random_between(text, 0);
	for (size_t i = 0; i < n; i++) {
		text->n_anchors = 0;
		text->mapping_anchor = -1;
		if (i || random_chance(text->random, 30)) {
			buffer_append_string(&text->out, "---");
			random_line_end(text);
			random_between(text, 0);
		}
		if (random_chance(text->random, 90)) {
			random_block(text, 0, 0, random_chance(text->random, 80));
		} else {
			random_flow(text, 0, 0);
			random_line_end(text);
		}
		if (random_chance(text->random, 10)) {
			buffer_append_string(&text->out, "...");
			random_line_end(text);
		}
		random_between(text, 0);
	}
}
