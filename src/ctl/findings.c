/* SPDX-License-Identifier: Apache-2.0 */

#include "findings.h"

#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"
#include "document/canonical_json.h"
#include "json_output.h"
#include "verb.h"

#define REPLACEMENT 0xfffd /* in Unicode, for what is no character */

static bool is_behind(const struct diag_entry *a, const struct diag_entry *b)
{
	return a->line > b->line || (a->line == b->line && a->column > b->column);
}

/* Parsers and linter each keep the order: there is little to move. */
void findings_sort(struct diag *diag)
{
	for (size_t i = 1; i < diag->n_entries; i++) {
		struct diag_entry entry = diag->entries[i];
		size_t j = i;

		for (; j && is_behind(&diag->entries[j - 1], &entry); j--)
			diag->entries[j] = diag->entries[j - 1];
		diag->entries[j] = entry;
	}
}

/* The name of a file may hold bytes that are no text. */
static void append_string(const char *text, struct buffer *out)
{
	_cleanup_(buffer_deinit) struct buffer valid = BUFFER_INIT;
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		size_t n_valid = utf8_valid_prefix(text + i, n - i);

		buffer_append(&valid, text + i, n_valid);
		i += n_valid;
		if (i < n)
			utf8_append(&valid, REPLACEMENT);
	}
	canonical_json_string(valid.data ? valid.data : "", valid.n_data, out);
	if (buffer_error(&valid))
		out->error = buffer_error(&valid);
}

static void append_member(const char *key, const char *text, struct buffer *out)
{
	if (!text)
		return;
	buffer_printf(out, ",\"%s\":", key);
	append_string(text, out);
}

static void append_number(const char *key, uint32_t number, struct buffer *out)
{
	if (number)
		buffer_printf(out, ",\"%s\":%" PRIu32, key, number);
}

static void append_entry(const struct diag_entry *entry, struct buffer *out)
{
	buffer_printf(out, "%s{\"level\":\"%s\"", out->n_data ? ",\n " : "[",
	              entry->severity == DIAG_ERROR ? "error" : "warning");
	append_member("rule", entry->rule, out);
	append_member("file", entry->source, out);
	append_number("line", entry->line, out);
	append_number("column", entry->column, out);
	append_member("path", entry->path, out);
	append_member("message", entry->message, out);
	append_member("remedy", entry->remedy, out);
	buffer_append_char(out, '}');
}

/* Who counts the entries, or looks for errors, must not miss those that were not kept. */
static void append_more(const struct diag *diag, const char *name, struct buffer *out)
{
	size_t n_more = diag->n_errors + diag->n_warnings - diag->n_entries, n_errors = 0;
	char message[64];
	struct diag_entry entry = { .source = (char *)name, .message = message };

	if (!n_more)
		return;
	for (size_t i = 0; i < diag->n_entries; i++)
		n_errors += diag->entries[i].severity == DIAG_ERROR;
	entry.severity = diag->n_errors > n_errors ? DIAG_ERROR : DIAG_WARNING;
	snprintf(message, sizeof(message), "%zu more findings are not shown", n_more);
	append_entry(&entry, out);
}

int findings_print(const struct diag *diag, const char *name, enum output_format format)
{
	_cleanup_(buffer_deinit) struct buffer json = BUFFER_INIT;

	if (format == OUTPUT_TEXT) {
		diag_print(diag, stdout, "");
		return finish_output();
	}
	for (size_t i = 0; i < diag->n_entries; i++)
		append_entry(&diag->entries[i], &json);
	append_more(diag, name, &json);
	buffer_append_string(&json, json.n_data ? "]\n" : "[]\n");
	return json_output_print(&json, format, name);
}
