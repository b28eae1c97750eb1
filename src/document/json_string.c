/* SPDX-License-Identifier: Apache-2.0 */

#include "document/canonical_json.h"

#include <limits.h>
#include <string.h>

#include "base/utf8.h"

static void put_escaped(unsigned char c, struct buffer *out)
{
	static const char hex[] = "0123456789abcdef";
	char escape[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	switch (c) {
	case '"':
	case '\\':
		buffer_append_char(out, '\\');
		buffer_append_char(out, (char)c);
		return;
	case '\b':
		buffer_append_string(out, "\\b");
		return;
	case '\f':
		buffer_append_string(out, "\\f");
		return;
	case '\n':
		buffer_append_string(out, "\\n");
		return;
	case '\r':
		buffer_append_string(out, "\\r");
		return;
	case '\t':
		buffer_append_string(out, "\\t");
		return;
	default:
		buffer_append(out, escape, sizeof(escape));
		return;
	}
}

/* ASCII that stands in JSON as it is: all but control characters and `"`, `&`, `<`, `>`, `\`. */
static const bool is_raw[UCHAR_MAX + 1] = {
	[0x20 ... '"' - 1] = true,    ['"' + 1 ... '&' - 1] = true,  ['&' + 1 ... '<' - 1] = true,
	['<' + 1 ... '>' - 1] = true, ['>' + 1 ... '\\' - 1] = true, ['\\' + 1 ... 0x7f] = true,
};

/* Bytes at the start of text that stand in JSON as they are. */
static size_t skip_raw(const char *text, size_t n_text)
{
	size_t i = 0;

	while (i < n_text) {
		unsigned char c = (unsigned char)text[i];
		size_t n;

		if (is_raw[c]) {
			i++;
			continue;
		}
		if (c < 0x80)
			break;
		n = utf8_length(text + i, n_text - i);
		/* U+2028 and U+2029 are the only line breaks of three bytes. */
		if (!n || (n == 3 && utf8_line_break(text + i, n_text - i)))
			break;
		i += n;
	}
	return i;
}

/* Most strings stand in JSON as they are. */
static bool put_raw(const char *text, size_t n_text, struct buffer *out)
{
	char *end;

	if (skip_raw(text, n_text) < n_text)
		return false;
	end = buffer_extend(out, n_text + 2);
	if (!end)
		return true;
	end[0] = '"';
	memcpy(end + 1, text, n_text);
	end[n_text + 1] = '"';
	return true;
}

void canonical_json_string(const char *text, size_t n_text, struct buffer *out)
{
	if (put_raw(text, n_text, out))
		return;
	buffer_append_char(out, '"');
	while (n_text) {
		size_t n = skip_raw(text, n_text);

		buffer_append(out, text, n);
		text += n;
		n_text -= n;
		if (!n_text)
			break;
		n = utf8_length(text, n_text);
		if (n == 1) {
			put_escaped((unsigned char)*text, out);
		} else if (n == 3) {
			buffer_append_string(out, text[2] == '\xa8' ? "\\u2028" : "\\u2029");
		} else {
			/* Only a !!binary holds such bytes. */
			buffer_append_string(out, "\\ufffd");
			n = 1;
		}
		text += n;
		n_text -= n;
	}
	buffer_append_char(out, '"');
}
