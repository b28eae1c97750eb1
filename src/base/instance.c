/* SPDX-License-Identifier: Apache-2.0 */

#include "base/instance.h"

#include <string.h>

#include "base/buffer.h"

static bool is_plain(char c, bool first)
{
	if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return c == '_' || c == ':' || (c == '.' && !first);
}

/* systemd.unit(5), "String escaping for inclusion in unit names". */
char *instance_escape(const char *path)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	for (const char *c = path; *c; c++) {
		if (*c == '/') {
			if (c[1] && c[1] != '/' && out.n_data)
				buffer_append_char(&out, '-');
		} else if (is_plain(*c, !out.n_data)) {
			buffer_append_char(&out, *c);
		} else {
			buffer_printf(&out, "\\x%02x", (unsigned int)(unsigned char)*c);
		}
	}
	if (!out.n_data)
		buffer_append_char(&out, '-');
	return buffer_steal(&out, NULL);
}
