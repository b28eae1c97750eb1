/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"
#include "document/canonical_json.h"
#include "document/node.h"

/* Bytes of a key that a path shows: a message is for reading. */
#define PATH_KEY_MAX 100

static bool is_plain_word(const char *key)
{
	for (const char *p = key; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("_-$", *p))
			return false;
	}
	return key[0] != '\0';
}

static void append_key(const char *key, bool is_first, struct buffer *out)
{
	size_t n_key = strlen(key);
	bool is_cut = n_key > PATH_KEY_MAX;

	if (!is_cut && is_plain_word(key)) {
		if (!is_first)
			buffer_append_char(out, '.');
		buffer_append(out, key, n_key);
		return;
	}
	buffer_append_char(out, '[');
	canonical_json_string(key, is_cut ? utf8_valid_prefix(key, PATH_KEY_MAX) : n_key, out);
	buffer_append_string(out, is_cut ? "...]" : "]");
}

/* The chain lies on the stack of a recursion: it is as deep as that is allowed to be. */
void path_format(const struct path *path, struct buffer *out)
{
	if (!path)
		return;
	path_format(path->up, out);
	if (path->key)
		append_key(path->key, !path->up, out);
	else
		buffer_printf(out, "[%zu]", path->index);
}

/* like gives severity, rule and remedy. */
static void add(struct diag *diag, const struct diag_entry *like, const struct node *node,
                const struct path *path, const char *format, va_list args) _printf_(5, 0);

static void add(struct diag *diag, const struct diag_entry *like, const struct node *node,
                const struct path *path, const char *format, va_list args)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer where = BUFFER_INIT;
	struct place place = node_place(node);

	if (!diag)
		return;
	/* Of a hundred thousand errors most are only counted. */
	if (diag->n_entries >= DIAG_ENTRIES_MAX) {
		diag_add(diag, like->severity, &place, NULL, "%s", "");
		return;
	}
	path_format(path, &where);
	buffer_vprintf(&message, format, args);
	diag_add_finding(diag, like->severity, like->rule, &place, where.data, like->remedy, "%s",
	                 message.data ? message.data : "");
}

void node_finding(struct diag *diag, enum diag_severity severity, const char *rule,
                  const struct node *node, const struct path *path, const char *remedy,
                  const char *format, ...)
{
	const struct diag_entry like = {
		.severity = severity,
		.rule = rule,
		.remedy = (char *)remedy,
	};
	va_list args;

	va_start(args, format);
	add(diag, &like, node, path, format, args);
	va_end(args);
}

void node_error(struct diag *diag, const struct node *node, const struct path *path,
                const char *format, ...)
{
	const struct diag_entry like = { .severity = DIAG_ERROR };
	va_list args;

	va_start(args, format);
	add(diag, &like, node, path, format, args);
	va_end(args);
}

void node_warning(struct diag *diag, const struct node *node, const struct path *path,
                  const char *format, ...)
{
	const struct diag_entry like = { .severity = DIAG_WARNING };
	va_list args;

	va_start(args, format);
	add(diag, &like, node, path, format, args);
	va_end(args);
}
