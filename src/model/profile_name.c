/* SPDX-License-Identifier: Apache-2.0 */

#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "model/profile.h"
#include "quote.h"

/* The length of the UTF-8 character at text (RFC 3629: no overlong forms, no surrogates), or 0. */
static size_t utf8_length(const unsigned char *text, size_t n)
{
	unsigned char low = 0x80, high = 0xbf; /* of the second byte */
	size_t length;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	length = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	if (length > n || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

/* C0, DEL or C1. */
static bool is_control(const unsigned char *character, size_t length)
{
	return character[0] < 0x20 || character[0] == 0x7f ||
	       (length == 2 && character[0] == 0xc2 && character[1] < 0xa0);
}

/* What is wrong with the characters of a name, or NULL. */
static const char *find_bad_character(const char *name, size_t n_name)
{
	const unsigned char *text = (const unsigned char *)name;

	for (size_t i = 0, length; i < n_name; i += length) {
		length = utf8_length(text + i, n_name - i);
		if (length == 0)
			return "is not UTF-8";
		if (is_control(text + i, length))
			return "holds a control character";
		if (text[i] == '/')
			return "holds a slash";
	}
	return NULL;
}

int profile_check_name(const struct node *node, const char *name, size_t n_name,
                       const struct path *path, struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer quoted = BUFFER_INIT;
	const char *trouble = NULL;

	if (n_name == 0)
		trouble = "is empty";
	else if (n_name > PROFILE_NAME_MAX)
		trouble = "is too long";
	else if (name[0] == '.')
		trouble = "begins with a dot";
	else
		trouble = find_bad_character(name, n_name);
	if (!trouble)
		return 0;
	quote_append(&quoted, name, n_name);
	node_error(diag, node, path,
	           "name %s %s: allowed is a plain file name of 1 to %d bytes of UTF-8, without / "
	           "and control characters, not beginning with a dot",
	           buffer_error(&quoted) ? "" : quoted.data, trouble, PROFILE_NAME_MAX);
	return PROFILE_E_INVALID;
}
