/* SPDX-License-Identifier: Apache-2.0 */

#include "printable.h"

/* Returns the length of the character at text when it needs an escape, else 0. */
static size_t unprintable(const char *text, size_t n_text, unsigned int *characterp)
{
	const unsigned char *c = (const unsigned char *)text;

	if (c[0] == 0x7f) {
		*characterp = c[0];
		return 1;
	}
	if (n_text >= 2 && c[0] == 0xc2 && c[1] < 0xa0) {
		*characterp = c[1];
		return 2;
	}
	if (n_text >= 3 && c[0] == 0xef &&
	    ((c[1] == 0xbb && c[2] == 0xbf) || (c[1] == 0xbf && c[2] >= 0xbe))) {
		*characterp = (c[0] & 0xfU) << 12 | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU);
		return 3;
	}
	return 0;
}

void printable_json(const char *json, size_t n_json, struct buffer *out)
{
	size_t n_raw = 0;

	for (size_t i = 0; i < n_json;) {
		unsigned int character;
		size_t n = unprintable(json + i, n_json - i, &character);

		if (!n) {
			n_raw++;
			i++;
			continue;
		}
		buffer_append(out, json + i - n_raw, n_raw);
		buffer_printf(out, "\\u%04x", character);
		n_raw = 0;
		i += n;
	}
	buffer_append(out, json + n_json - n_raw, n_raw);
}
