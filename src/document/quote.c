/* SPDX-License-Identifier: Apache-2.0 */

#include "document/quote.h"

#include <stdbool.h>

/* Bytes of text that fit, cut between characters of UTF-8. */
static size_t cut(const char *text, size_t n_text)
{
	size_t n = QUOTE_MAX;

	if (n_text <= QUOTE_MAX)
		return n_text;
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* A C1 control: U+0080 to U+009F, in UTF-8 c2 80 to c2 9f. */
static bool is_c1(const char *text, size_t n_text)
{
	return n_text > 1 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;
}

void quote_append_bare(struct buffer *out, const char *text, size_t n_text)
{
	size_t n = cut(text, n_text);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < 0x20 || c == 0x7f) {
			buffer_printf(out, "\\x%02x", c);
		} else if (is_c1(text + i, n - i)) {
			buffer_printf(out, "\\x%02x", (unsigned char)text[i + 1]);
			i++;
		} else {
			buffer_append_char(out, text[i]);
		}
	}
	if (n < n_text)
		buffer_append_string(out, "...");
}

void quote_append(struct buffer *out, const char *text, size_t n_text)
{
	buffer_append_char(out, '"');
	quote_append_bare(out, text, n_text);
	buffer_append_char(out, '"');
}
