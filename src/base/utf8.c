/* SPDX-License-Identifier: Apache-2.0 */

#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

static bool is_tail(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The second byte decides what is overlong, a surrogate, or beyond U+10FFFF. */
static bool is_second(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return is_tail(second);
	}
}

size_t utf8_length(const char *text, size_t n_text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n;

	if (!n_text)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n_text < n || !is_second(p[0], p[1]))
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (!is_tail(p[i]))
			return 0;
	}
	return n;
}

size_t utf8_ascii_prefix(const char *text, size_t n_text)
{
	uint64_t words[4];
	size_t i = 0;

	while (n_text - i >= sizeof(words)) {
		memcpy(words, text + i, sizeof(words));
		if ((words[0] | words[1] | words[2] | words[3]) & HIGH_BITS)
			break;
		i += sizeof(words);
	}
	while (i < n_text && (unsigned char)text[i] < 0x80)
		i++;
	return i;
}

size_t utf8_valid_prefix(const char *text, size_t n_text)
{
	size_t i = utf8_ascii_prefix(text, n_text);

	while (i < n_text) {
		size_t n = utf8_length(text + i, n_text - i);

		if (!n)
			break;
		i += n;
		i += utf8_ascii_prefix(text + i, n_text - i);
	}
	return i;
}

size_t utf8_line_break(const char *text, size_t n_text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (!n_text)
		return 0;
	if (p[0] == '\n')
		return 1;
	if (p[0] == '\r')
		return n_text > 1 && p[1] == '\n' ? 2 : 1;
	if (p[0] == 0xc2 && n_text > 1 && p[1] == 0x85)
		return 2;
	if (p[0] == 0xe2 && n_text > 2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
		return 3;
	return 0;
}

void utf8_append(struct buffer *out, unsigned int code)
{
	char bytes[4];
	size_t n = 0;

	if (code < 0x80) {
		bytes[n++] = (char)code;
	} else if (code < 0x800) {
		bytes[n++] = (char)(0xc0 | code >> 6);
		bytes[n++] = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		bytes[n++] = (char)(0xe0 | code >> 12);
		bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (code & 0x3f));
	} else {
		bytes[n++] = (char)(0xf0 | code >> 18);
		bytes[n++] = (char)(0x80 | (code >> 12 & 0x3f));
		bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (code & 0x3f));
	}
	buffer_append(out, bytes, n);
}
