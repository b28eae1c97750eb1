/* SPDX-License-Identifier: Apache-2.0 */

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "document/quote.h"
#include "profile/check.h"
#include "profile/profile.h"

/* C0, DEL or C1. */
static bool is_control(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;

	return bytes[0] < 0x20 || bytes[0] == 0x7f ||
	       (length == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

/* What is wrong with the characters of a name, or NULL. */
static const char *find_bad_character(const char *name, size_t n_name)
{
	for (size_t i = 0, length; i < n_name; i += length) {
		length = utf8_length(name + i, n_name - i);
		if (length == 0)
			return "is not UTF-8";
		if (is_control(name + i, length))
			return "holds a control character";
		if (name[i] == '/')
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
	node_finding(
		diag, DIAG_ERROR, lint_rules[LINT_INVALID_NAME].id, node, path,
		lint_rules[LINT_INVALID_NAME].remedy,
		"name %s %s: allowed is a plain file name of 1 to %d bytes of UTF-8, without / "
		"and control characters, not beginning with a dot",
		buffer_error(&quoted) ? "" : quoted.data, trouble, PROFILE_NAME_MAX);
	return PROFILE_E_INVALID;
}
