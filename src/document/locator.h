#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Places in a source. libyaml counts characters, nodes count bytes: the locator walks along
 * with the events, which come in the order of the text, so that all conversions together are one
 * pass.
 */

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "document/node.h"
#include "document/source.h"

struct locator {
	const char *text;
	size_t n_text;
	bool is_ascii;     /* then characters are bytes */
	size_t index;      /* characters before offset */
	size_t offset;     /* bytes */
	size_t last_break; /* offset of the last line break; SIZE_MAX: none */
};

/* source is borrowed. */
void locator_init(struct locator *locator, const struct source *source);

/* The offset of the character with this index. */
size_t locator_find_offset(struct locator *locator, size_t index);

/* Inline: it is asked for twice with each event. */
static inline struct mark locator_find(struct locator *locator, const yaml_mark_t *mark)
{
	size_t offset = locator->is_ascii ? mark->index : locator_find_offset(locator, mark->index);

	return (struct mark){
		.offset = (uint32_t)(offset < locator->n_text ? offset : locator->n_text),
		.line = (uint32_t)mark->line + 1,
		.column = (uint32_t)mark->column + 1,
	};
}

/* The mark at offset, which is not before mark: counts lines and columns on the way. */
struct mark locator_advance(const struct locator *locator, struct mark mark, size_t offset);

/* As above, behind blanks, line breaks and comments, but not behind limit. */
struct mark locator_skip_blanks(const struct locator *locator, struct mark mark, size_t limit);

/* As above, behind the tag or anchor at mark and the blanks that follow it. */
struct mark locator_skip_property(const struct locator *locator, struct mark mark, size_t limit);

/* Whether offset is 0 or stands right behind a line break. */
bool locator_is_line_start(const struct locator *locator, size_t offset);

/* Whether a line ends at or behind offset. */
bool locator_line_ends(const struct locator *locator, size_t offset);
