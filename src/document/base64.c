/* SPDX-License-Identifier: Apache-2.0 */

#include "base64.h"

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

bool base64_decode(const char *text, size_t n_text, char *bytes, size_t *n_bytesp)
{
	unsigned int bits = 0, n_digits = 0, n_padding = 0;
	size_t n = 0;

	for (size_t i = 0; i < n_text; i++) {
		char c = text[i];
		int value = value_of(c);

		if (c == '\n' || c == '\r')
			continue;
		if (c == '=') {
			/* One or two, and only where they fill up a group of four. */
			if (n_digits % 4 < 2 || ++n_padding > 4 - n_digits % 4)
				return false;
			continue;
		}
		if (value < 0 || n_padding)
			return false;
		bits = bits << 6 | (unsigned int)value;
		if (++n_digits % 4 == 0) {
			bytes[n++] = (char)(bits >> 16);
			bytes[n++] = (char)(bits >> 8);
			bytes[n++] = (char)bits;
		}
	}
	if (n_digits % 4 ? n_padding != 4 - n_digits % 4 : n_padding)
		return false;
	if (n_digits % 4 == 3) {
		bytes[n++] = (char)(bits >> 10);
		bytes[n++] = (char)(bits >> 2);
	} else if (n_digits % 4 == 2) {
		bytes[n++] = (char)(bits >> 4);
	}
	*n_bytesp = n;
	return true;
}
