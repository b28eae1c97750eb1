/* SPDX-License-Identifier: Apache-2.0 */

#include "excerpt.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define CUT "...\""

/* One character as it can stand in a message; returns the bytes read. */
static size_t append_char(char *out, size_t *n_out, const char *text, size_t n_text)
{
	unsigned char c = (unsigned char)text[0];
	size_t n = utf8_length(text, n_text);

	if (!n || c < 0x20 || c == 0x7f) {
		*n_out += (size_t)sprintf(out + *n_out, c == '\n' ? "\\n" : "\\x%02x", c);
		return 1;
	}
	memcpy(out + *n_out, text, n);
	*n_out += n;
	return n;
}

const char *excerpt_of(struct excerpt *excerpt, const char *text, size_t n_text)
{
	/* A character takes at most 4 bytes. */
	const size_t limit = sizeof(excerpt->text) - sizeof(CUT) - 4;
	char *out = excerpt->text;
	size_t i = 0, n = 0;

	out[n++] = '"';
	while (i < n_text && n <= limit)
		i += append_char(out, &n, text + i, n_text - i);
	if (i < n_text)
		memcpy(out + n, CUT, sizeof(CUT));
	else
		memcpy(out + n, "\"", sizeof("\""));
	return out;
}

const char *excerpt_of_node(struct excerpt *excerpt, const struct node *scalar)
{
	return excerpt_of(excerpt, scalar->text, scalar->n);
}
