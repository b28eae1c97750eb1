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

static void escape_component(const char *c, size_t n, struct buffer *out)
{
	for (size_t i = 0; i < n; i++) {
		/* Only the first character of the whole name must not be a dot. */
		if (is_plain(c[i], !out->n_data))
			buffer_append_char(out, c[i]);
		else
			buffer_printf(out, "\\x%02x", (unsigned int)(unsigned char)c[i]);
	}
}

/* systemd.unit(5), "String escaping for inclusion in unit names"; empty components and `.` go. */
char *instance_escape(const char *path)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	size_t n;

	for (const char *c = path; *c; c += n) {
		n = strcspn(c, "/");
		if (!n) {
			n = 1;
			continue;
		}
		if (n == 1 && *c == '.')
			continue;
		if (out.n_data)
			buffer_append_char(&out, '-');
		escape_component(c, n, &out);
	}
	if (!out.n_data)
		buffer_append_char(&out, '-');
	return buffer_steal(&out, NULL);
}
