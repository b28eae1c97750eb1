/* SPDX-License-Identifier: Apache-2.0 */

#include "locator.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_at_break(const struct locator *locator, size_t offset)
{
	return utf8_line_break(locator->text + offset, locator->n_text - offset) > 0;
}

void locator_init(struct locator *locator, const struct source *source)
{
	size_t i = source->n_text;

	*locator = (struct locator){
		.text = source->text,
		.n_text = source->n_text,
		.is_ascii = utf8_ascii_prefix(source->text, i) == i,
		.last_break = SIZE_MAX,
	};
	while (i-- && locator->last_break == SIZE_MAX) {
		if (is_at_break(locator, i))
			locator->last_break = i;
	}
}

static void move_to(struct locator *locator, size_t index)
{
	while (locator->index < index && locator->offset < locator->n_text) {
		locator->offset++;
		while (locator->offset < locator->n_text && is_tail(locator->text[locator->offset]))
			locator->offset++;
		locator->index++;
	}
	while (locator->index > index && locator->offset > 0) {
		locator->offset--;
		while (locator->offset > 0 && is_tail(locator->text[locator->offset]))
			locator->offset--;
		locator->index--;
	}
}

size_t locator_find_offset(struct locator *locator, size_t index)
{
	move_to(locator, index);
	return locator->offset;
}

/* One character or line break. */
static struct mark step(const struct locator *locator, struct mark mark)
{
	const char *text = locator->text + mark.offset;
	size_t n_text = locator->n_text - mark.offset;
	size_t n_break = utf8_line_break(text, n_text);

	if (n_break) {
		mark.offset += n_break;
		mark.line++;
		mark.column = 1;
		return mark;
	}
	mark.offset += n_text ? utf8_length(text, n_text) : 0;
	mark.column++;
	return mark;
}

struct mark locator_advance(const struct locator *locator, struct mark mark, size_t offset)
{
	while (mark.offset < offset)
		mark = step(locator, mark);
	return mark;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct mark locator_skip_blanks(const struct locator *locator, struct mark mark, size_t limit)
{
	while (mark.offset < limit) {
		if (locator->text[mark.offset] == '#') {
			while (mark.offset < limit && !is_at_break(locator, mark.offset))
				mark = step(locator, mark);
		} else if (is_blank(locator->text[mark.offset]) ||
		           is_at_break(locator, mark.offset)) {
			mark = step(locator, mark);
		} else {
			break;
		}
	}
	return mark;
}

/*
 * The name of an anchor ends at the first other character, which may be that of the content. A tag
 * ends at a blank, in a flow collection also at a comma.
 */
static bool ends_property(const struct locator *locator, size_t offset, char indicator)
{
	char c = locator->text[offset];

	if (indicator == '&')
		return !isalnum((unsigned char)c) && c != '_' && c != '-';
	if (indicator == '<')
		return locator->text[offset - 1] == '>';
	return is_blank(c) || c == ',' || is_at_break(locator, offset);
}

struct mark locator_skip_property(const struct locator *locator, struct mark mark, size_t limit)
{
	char indicator = locator->text[mark.offset];

	if (mark.offset >= limit)
		return mark;
	if (indicator == '!' && locator->text[mark.offset + 1] == '<')
		indicator = '<';
	do
		mark = step(locator, mark);
	while (mark.offset < limit && !ends_property(locator, mark.offset, indicator));
	return locator_skip_blanks(locator, mark, limit);
}

bool locator_is_line_start(const struct locator *locator, size_t offset)
{
	for (size_t n = 1; n <= 3; n++) {
		if (offset >= n && utf8_line_break(locator->text + offset - n, n) == n)
			return true;
	}
	return !offset;
}

bool locator_line_ends(const struct locator *locator, size_t offset)
{
	return locator->last_break != SIZE_MAX && offset <= locator->last_break;
}
