/* SPDX-License-Identifier: Apache-2.0 */

#include "yaml_text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "document/scalar.h"

#define CORE_TAG "tag:yaml.org,2002:"

/* What the characters of a text allow. */
struct traits {
	bool has_line_feed;
	bool has_tab;
	bool has_special; /* a character that only an escape can carry through every reader */
};

/* Returns the length of the character at text; a byte that is no UTF-8 is a character of its own.
 */
static size_t decode(const char *text, size_t n_text, uint32_t *characterp)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t length = utf8_length(text, n_text);

	if (!length) {
		*characterp = 0xfffd;
		return 1;
	}
	*characterp = (unsigned char)text[0] & masks[length];
	for (size_t i = 1; i < length; i++)
		*characterp = *characterp << 6 | ((unsigned char)text[i] & 0x3f);
	return length;
}

/* Control characters, line breaks other than LF, and what YAML does not count as printable. */
static bool is_special(uint32_t c)
{
	if (c < 0x20)
		return c != '\n' && c != '\t';
	return (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
	       (c >= 0xd800 && c < 0xe000) || c == 0xfffe || c == 0xffff;
}

static struct traits text_traits(const struct node *scalar)
{
	struct traits traits = { 0 };
	size_t length;
	uint32_t c;

	for (size_t i = 0; i < scalar->n; i += length) {
		length = decode(scalar->text + i, scalar->n - i, &c);
		traits.has_line_feed |= c == '\n';
		traits.has_tab |= c == '\t';
		traits.has_special |= is_special(c);
	}
	return traits;
}

static bool is_word(const char *text, const char *const *words, size_t n_words)
{
	for (size_t i = 0; i < n_words; i++) {
		if (strcasecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* Numbers of YAML 1.1 that are strings to us: sexagesimal, and digits with `_` or `,` in odd
 * places. */
static bool looks_like_number(const char *text, size_t n_text)
{
	size_t n_points = 0;

	if (!strchr("+-.0123456789", text[0]) || !strpbrk(text, "0123456789"))
		return false;
	for (size_t i = 0; i < n_text; i++)
		n_points += text[i] == '.';
	return strspn(text, "0123456789abcdefABCDEFxXoO_.,:+-") == n_text && n_points <= 1;
}

/* A string that another reader, or a person, would take for something else. */
static bool is_treacherous(const struct node *scalar)
{
	static const char *const words[] = { "y",    "n",     "yes",  "no", "on", "off",
		                             "true", "false", "null", "~",  "=",  "<<" };

	return is_word(scalar->text, words, ARRAY_SIZE(words)) ||
	       looks_like_number(scalar->text, scalar->n);
}

/* Whether the characters may stand without quotes; says nothing about the type they would have. */
static bool is_plain_syntax(const struct node *scalar, enum yaml_place place)
{
	const char *text = scalar->text;
	size_t n = scalar->n;

	if (n == 0 || strchr(" ,[]{}#&*!|>'\"%@`?:", text[0]) || text[n - 1] == ' ' ||
	    text[n - 1] == ':')
		return false;
	if (text[0] == '-' && (n == 1 || text[1] == ' '))
		return false;
	if (strncmp(text, "---", 3) == 0 || strncmp(text, "...", 3) == 0)
		return false;
	if (strstr(text, ": ") || strstr(text, " #"))
		return false;
	return place == YAML_PLACE_BLOCK || strcspn(text, ",[]{}") == n;
}

static bool is_plain_string(const struct node *scalar, enum yaml_place place)
{
	struct traits traits = text_traits(scalar);
	struct node plain = {
		.kind = NODE_SCALAR,
		.style = NODE_STYLE_PLAIN,
		.text = scalar->text,
		.n = scalar->n,
	};

	if (traits.has_special || traits.has_line_feed || traits.has_tab)
		return false;
	if (!is_plain_syntax(scalar, place))
		return false;
	return scalar->tag || (scalar_is_string(&plain) && !is_treacherous(scalar));
}

static void write_escape(uint32_t c, struct buffer *out)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = c && c < 0x80 ? strchr(from, (int)c) : NULL;

	if (at)
		buffer_printf(out, "\\%c", to[at - from]);
	else
		buffer_printf(out, "\\u%04x", c);
}

/* Only escapes that JSON has too. */
static void write_double_quoted(const struct node *scalar, struct buffer *out)
{
	const char *text = scalar->text;
	size_t length;
	uint32_t c;

	buffer_append_char(out, '"');
	for (size_t i = 0; i < scalar->n; i += length) {
		length = decode(text + i, scalar->n - i, &c);
		if (is_special(c) || c == '"' || c == '\\' || c == '\n' || c == '\t')
			write_escape(c, out);
		else
			buffer_append(out, text + i, length);
	}
	buffer_append_char(out, '"');
}

static void write_single_quoted(const struct node *scalar, struct buffer *out)
{
	buffer_append_char(out, '\'');
	for (size_t i = 0; i < scalar->n; i++) {
		if (scalar->text[i] == '\'')
			buffer_append_char(out, '\'');
		buffer_append_char(out, scalar->text[i]);
	}
	buffer_append_char(out, '\'');
}

static bool is_single_quoted(const struct node *scalar, enum yaml_place place)
{
	struct traits traits = text_traits(scalar);

	if (place == YAML_PLACE_JSON || traits.has_special || traits.has_line_feed ||
	    traits.has_tab)
		return false;
	if (scalar->style == NODE_STYLE_SINGLE_QUOTED)
		return true;
	return scalar->style != NODE_STYLE_DOUBLE_QUOTED && !strchr(scalar->text, '\'') &&
	       strpbrk(scalar->text, "\"\\");
}

static void write_string(const struct node *scalar, enum yaml_place place, bool is_key,
                         struct buffer *out)
{
	bool is_quoted = scalar->style == NODE_STYLE_SINGLE_QUOTED ||
	                 scalar->style == NODE_STYLE_DOUBLE_QUOTED;
	bool keep_quotes = is_quoted && !(is_key && place == YAML_PLACE_BLOCK);

	if (place != YAML_PLACE_JSON && !keep_quotes && is_plain_string(scalar, place))
		buffer_append(out, scalar->text, scalar->n);
	else if (is_single_quoted(scalar, place))
		write_single_quoted(scalar, out);
	else
		write_double_quoted(scalar, out);
}

/* With a tag the text can be anything, also one that does not fit the tag: the quotes stay. */
static void write_tagged(const struct node *scalar, enum yaml_place place, struct buffer *out)
{
	struct traits traits = text_traits(scalar);

	if (scalar->n == 0 && scalar->style == NODE_STYLE_PLAIN && scalar_is_null(scalar))
		buffer_append_string(out, "null");
	else if (scalar->style == NODE_STYLE_SINGLE_QUOTED && is_single_quoted(scalar, place))
		write_single_quoted(scalar, out);
	else if (scalar->style == NODE_STYLE_DOUBLE_QUOTED || traits.has_special ||
	         traits.has_line_feed || traits.has_tab || !is_plain_syntax(scalar, place))
		write_double_quoted(scalar, out);
	else
		buffer_append(out, scalar->text, scalar->n);
}

/* The plain text of a number, boolean, null or timestamp is safe everywhere. */
static void write_other(const struct node *scalar, enum yaml_place place, struct buffer *out)
{
	static const char *const booleans[] = { "true", "false" };
	uint64_t number;

	if (scalar->n == 0 || (place == YAML_PLACE_JSON && scalar_is_null(scalar)))
		buffer_append_string(out, "null");
	else if (place == YAML_PLACE_JSON && scalar_get_uint64(scalar, &number))
		buffer_printf(out, "%llu", (unsigned long long)number);
	else if (place == YAML_PLACE_JSON && is_word(scalar->text, booleans, ARRAY_SIZE(booleans)))
		buffer_append_string(out, strchr("tT", scalar->text[0]) ? "true" : "false");
	else
		buffer_append(out, scalar->text, scalar->n);
}

void yaml_text_scalar(const struct node *scalar, enum yaml_place place, bool is_key,
                      struct buffer *out)
{
	yaml_text_tag(scalar->tag, out);
	if (scalar_is_string(scalar))
		write_string(scalar, place, is_key, out);
	else if (scalar->tag)
		write_tagged(scalar, place, out);
	else
		write_other(scalar, place, out);
}

static bool is_tag_word(const char *text)
{
	return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "0123456789-_./:") == strlen(text);
}

void yaml_text_tag(const char *tag, struct buffer *out)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789-_;/?:@&=+$,.!~*'()[]";

	if (!tag)
		return;
	if (strncmp(tag, CORE_TAG, strlen(CORE_TAG)) == 0 && is_tag_word(tag + strlen(CORE_TAG))) {
		buffer_printf(out, "!!%s ", tag + strlen(CORE_TAG));
		return;
	}
	if (tag[0] == '!' && (tag[1] == '\0' || is_tag_word(tag + 1))) {
		buffer_printf(out, "%s ", tag);
		return;
	}
	buffer_append_string(out, "!<");
	for (const char *c = tag; *c; c++) {
		if (strchr(safe, *c))
			buffer_append_char(out, *c);
		else
			buffer_printf(out, "%%%02X", (unsigned char)*c);
	}
	buffer_append_string(out, "> ");
}

bool yaml_text_is_literal(const struct node *scalar)
{
	const char *text = scalar->text;
	size_t n = scalar->n;

	if (scalar->style == NODE_STYLE_SINGLE_QUOTED || scalar->style == NODE_STYLE_DOUBLE_QUOTED)
		return false;
	if (n == 0 || !scalar_is_string(scalar) || text_traits(scalar).has_special)
		return false;
	/* An indentation indicator would be needed, or more than one line break kept. */
	if (strchr(" \t\n", text[0]) || !strchr(text, '\n') || strstr(text, "\n\t"))
		return false;
	if (text[n - 1] == '\n')
		return n > 1 && !strchr("\n\t ", text[n - 2]);
	return text[n - 1] != ' ' && text[n - 1] != '\t';
}
