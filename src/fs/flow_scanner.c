/* SPDX-License-Identifier: Apache-2.0 */

#include "flow_scanner.h"

#define MARKER_LENGTH 3 /* of `...` and `---` */

enum mode {
	MODE_BLANK,  /* nothing but blanks and comments yet */
	MODE_BLOCK,  /* anything that no bracket closes; an end marker does */
	MODE_FLOW,   /* inside the collection that the bytes begin with */
	MODE_BEHIND, /* behind it */
	MODE_ENDED,  /* behind an end marker */
	MODE_OPAQUE,
	MODE_ENCODED,
};

enum token {
	TOKEN_START, /* between tokens */
	TOKEN_PLAIN,
	TOKEN_PLAIN_COLON, /* a colon in a plain scalar: with a blank behind it ends it */
	TOKEN_PLAIN_GAP,   /* blanks in a plain scalar: a comment may begin, a quoted scalar not */
	TOKEN_SINGLE,      /* a quote doubled ends it and begins the next: that comes to the same */
	TOKEN_DOUBLE,
	TOKEN_DOUBLE_ESCAPE,
	TOKEN_COMMENT,
};

static bool is_break(unsigned char c)
{
	return c == '\n' || c == '\r';
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || is_break(c);
}

/* NEL, LS and PS are line breaks to YAML 1.1: they end comments and set the column to 0. */
static bool is_foreign_break(uint32_t tail)
{
	return (tail & 0xffff) == 0xc285 || (tail & 0xffffff) == 0xe280a8 ||
	       (tail & 0xffffff) == 0xe280a9;
}

/* Brackets of either kind count alike: a pair that does not match is an error, whose place the
 * parser tells. */
static void scan_bracket(struct flow_scanner *scanner, unsigned char c)
{
	scanner->token = TOKEN_START;
	if (c == '{' || c == '[')
		scanner->depth++;
	else if (--scanner->depth == 0)
		scanner->mode = MODE_BEHIND;
}

static void scan_token_start(struct flow_scanner *scanner, unsigned char c)
{
	scanner->token = TOKEN_START;
	switch (c) {
	case ',':
	case ':':
	case ' ':
	case '\t':
	case '\n':
	case '\r':
		break;
	case '{':
	case '[':
	case '}':
	case ']':
		scan_bracket(scanner, c);
		break;
	case '#':
		scanner->token = TOKEN_COMMENT;
		break;
	case '\'':
		scanner->token = TOKEN_SINGLE;
		break;
	case '"':
		scanner->token = TOKEN_DOUBLE;
		break;
	case '!':
	case '&':
	case '*':
	case '?':
		scanner->mode = MODE_OPAQUE;
		break;
	default:
		scanner->token = TOKEN_PLAIN;
		break;
	}
}

static void scan_plain(struct flow_scanner *scanner, unsigned char c)
{
	switch (c) {
	case ',':
	case '{':
	case '[':
	case '}':
	case ']':
		scan_token_start(scanner, c);
		break;
	case ':':
		scanner->token = TOKEN_PLAIN_COLON;
		break;
	case '#':
		scanner->token = scanner->token == TOKEN_PLAIN_GAP ? TOKEN_COMMENT : TOKEN_PLAIN;
		break;
	default:
		if (!is_blank(c))
			scanner->token = TOKEN_PLAIN;
		else if (scanner->token == TOKEN_PLAIN_COLON)
			scanner->token = TOKEN_START;
		else
			scanner->token = TOKEN_PLAIN_GAP;
		break;
	}
}

static void scan_flow(struct flow_scanner *scanner, unsigned char c)
{
	switch (scanner->token) {
	case TOKEN_START:
		scan_token_start(scanner, c);
		break;
	case TOKEN_PLAIN:
	case TOKEN_PLAIN_COLON:
	case TOKEN_PLAIN_GAP:
		scan_plain(scanner, c);
		break;
	case TOKEN_SINGLE:
		if (c == '\'')
			scanner->token = TOKEN_START;
		break;
	case TOKEN_DOUBLE:
		if (c == '\\')
			scanner->token = TOKEN_DOUBLE_ESCAPE;
		else if (c == '"')
			scanner->token = TOKEN_START;
		break;
	case TOKEN_DOUBLE_ESCAPE:
		scanner->token = TOKEN_DOUBLE;
		break;
	case TOKEN_COMMENT:
		if (is_break(c))
			scanner->token = TOKEN_START;
		break;
	default:
		break;
	}
}

/* Where blanks and comments are skipped: before, between and behind documents. */
static void scan_between(struct flow_scanner *scanner, unsigned char c)
{
	if (scanner->comment) {
		scanner->comment = !is_break(c);
		return;
	}
	if (is_blank(c))
		return;
	if (c == '#') {
		scanner->comment = true;
	} else if (scanner->mode == MODE_BLANK && (c == '{' || c == '[')) {
		scanner->mode = MODE_FLOW;
		scanner->token = TOKEN_START;
		scanner->depth = 1;
	} else if (scanner->mode == MODE_BLANK && c == '%' && scanner->column == 0) {
		scanner->mode = MODE_OPAQUE;
	} else {
		if (scanner->mode == MODE_BLANK && c == '-' && scanner->column == 0)
			scanner->n_dashes = 1;
		scanner->mode = MODE_BLOCK;
	}
}

/* An end marker counts at the start of a line with a blank behind it, and outside of flow
 * collections only, where it is an error. True when c belongs to one. */
static bool scan_end_marker(struct flow_scanner *scanner, unsigned char c)
{
	if (c == '.' && scanner->column == 0 && !scanner->comment) {
		scanner->before = scanner->mode;
		scanner->mode = MODE_BLOCK;
		scanner->n_dots = 1;
		return true;
	}
	if (!scanner->n_dots || scanner->n_dots != scanner->column)
		return false;
	if (c == '.' && scanner->n_dots < MARKER_LENGTH) {
		scanner->n_dots++;
		return true;
	}
	if (!is_blank(c) || scanner->n_dots != MARKER_LENGTH)
		return false;
	scanner->mode = scanner->before == MODE_BLANK ? MODE_BLANK : MODE_ENDED;
	return true;
}

static void scan_block(struct flow_scanner *scanner, unsigned char c)
{
	if (c != '-' || !scanner->n_dashes || scanner->n_dashes != scanner->column)
		return;
	if (++scanner->n_dashes == MARKER_LENGTH)
		scanner->mode = MODE_OPAQUE;
}

static void scan_byte(struct flow_scanner *scanner, unsigned char c)
{
	scanner->tail = scanner->tail << 8 | c;
	if (!c || is_foreign_break(scanner->tail)) {
		scanner->mode = MODE_OPAQUE;
		return;
	}
	if (scanner->mode == MODE_FLOW)
		scan_flow(scanner, c);
	else if (scan_end_marker(scanner, c))
		;
	else if (scanner->mode == MODE_BLOCK)
		scan_block(scanner, c);
	else
		scan_between(scanner, c);

	if (is_break(c)) {
		scanner->column = 0;
		scanner->n_dots = 0;
		scanner->n_dashes = 0;
	} else if (scanner->column <= MARKER_LENGTH) {
		scanner->column++;
	}
}

void flow_scanner_feed(struct flow_scanner *scanner, const char *data, size_t n_data)
{
	const unsigned char *bytes = (const unsigned char *)data;

	if (n_data && !scanner->begun) {
		/* UTF-16 by its mark or by its NULs, and UTF-8 with a mark. */
		if (bytes[0] == 0xfe || bytes[0] == 0xff || bytes[0] == 0xef || bytes[0] == 0)
			scanner->mode = MODE_ENCODED;
		scanner->begun = true;
	}
	for (size_t i = 0; i < n_data; i++) {
		if (scanner->mode == MODE_OPAQUE || scanner->mode == MODE_ENCODED)
			return;
		scan_byte(scanner, bytes[i]);
	}
}

void flow_scanner_restart(struct flow_scanner *scanner)
{
	scanner->mode = MODE_BLANK;
	scanner->begun = scanner->comment;
}

enum flow_state flow_scanner_state(const struct flow_scanner *scanner)
{
	switch (scanner->mode) {
	case MODE_BLANK:
		return FLOW_BLANK;
	case MODE_BEHIND:
	case MODE_ENDED:
		return FLOW_CLOSED;
	case MODE_OPAQUE:
		return FLOW_OPAQUE;
	case MODE_ENCODED:
		return FLOW_ENCODED;
	case MODE_BLOCK:
		return scanner->n_dots && scanner->n_dots == scanner->column ? FLOW_MARKER
		                                                             : FLOW_OPEN;
	default:
		return FLOW_OPEN;
	}
}
