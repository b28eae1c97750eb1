/* SPDX-License-Identifier: Apache-2.0 */

#include "model/result.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "document/canonical_json.h"
#include "patch_place.h"
#include "printable.h"

static const char *const kinds[] = {
	[RESULT_APPLIED] = "applied",
	[RESULT_SKIPPED] = "skipped",
	[RESULT_FAILED] = "failed",
};

static const char *const events[] = {
	[RESULT_CREATED] = "created",
	[RESULT_UPDATED] = "updated",
	[RESULT_DESTROYED] = "destroyed",
};

void result_deinit(struct result *result)
{
	for (size_t i = 0; i < result->n_resources; i++)
		free(result->resources[i].id);
	free(result->resources);
	free(result->message);
	diag_deinit(&result->diag);
	*result = RESULT_INIT;
}

int result_add_resource(struct result *result, const char *id, uint64_t version,
                        enum result_event event)
{
	struct result_resource resource = { strdup(id), version, event }, *resources = NULL;
	size_t i = result->n_resources;

	if (resource.id)
		resources = array_make_room(result->resources, i, sizeof(*resources));
	if (!resources) {
		free(resource.id);
		return -ENOMEM;
	}
	result->resources = resources;
	for (; i && strcmp(resources[i - 1].id, id) > 0; i--)
		resources[i] = resources[i - 1];
	resources[i] = resource;
	result->n_resources++;
	return 0;
}

void result_fail(struct result *result, int error, const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;
	va_list args;

	va_start(args, format);
	buffer_vprintf(&message, format, args);
	va_end(args);
	free(result->message);
	result->message = buffer_steal(&message, NULL);
	result->kind = RESULT_FAILED;
	result->error = error;
}

/* What YAML 1.1 or 1.2 reads as something else than a string. */
static bool is_reserved(const char *text)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no",
		                             "on",   "off",   "y",    "n" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcasecmp(text, words[i]))
			return true;
	}
	return false;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Printable ASCII that begins with a letter needs no quotes in block style but for a few places. */
static bool is_plain(const char *text, size_t n_text)
{
	if (!n_text || !is_letter(text[0]) || strchr(": ", text[n_text - 1]))
		return false;
	for (size_t i = 0; i < n_text; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	}
	return !strstr(text, ": ") && !strstr(text, " #") && !is_reserved(text);
}

/* As much of text as may be written: whole characters only. */
static size_t cut(const char *text)
{
	size_t n = strnlen(text, RESULT_STRING_MAX + 1);

	if (n <= RESULT_STRING_MAX)
		return n;
	for (n = RESULT_STRING_MAX; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

/* YAML reads it as a double-quoted scalar. */
static void write_quoted(const char *text, size_t n_text, struct buffer *out)
{
	_cleanup_(buffer_deinit) struct buffer json = BUFFER_INIT;

	canonical_json_string(text, n_text, &json);
	if (buffer_error(&json))
		out->error = out->error ? out->error : buffer_error(&json);
	else
		printable_json(json.data, json.n_data, out);
}

/* NULL (no memory for it) is written as an empty string. */
static void write_string(const char *text, struct buffer *out)
{
	_cleanup_(freep) char *shorter = NULL;
	size_t n;

	if (!text)
		text = "";
	n = cut(text);
	if (text[n] && asprintf(&shorter, "%.*s...", (int)n, text) >= 0) {
		text = shorter;
		n += 3;
	}
	if (is_plain(text, n))
		buffer_append(out, text, n);
	else
		write_quoted(text, n, out);
}

static void write_resource(const struct result_resource *resource, struct buffer *out)
{
	buffer_append_string(out, "    - id: ");
	write_string(resource->id, out);
	buffer_printf(out, "\n      version: %" PRIu64 "\n      event: %s\n", resource->version,
	              events[resource->event]);
}

/* A key of an item that is left out where there is no value. */
static void write_member(const char *key, const char *value, struct buffer *out)
{
	if (!value)
		return;
	buffer_printf(out, "      %s: ", key);
	write_string(value, out);
	buffer_append_char(out, '\n');
}

static void write_entry(const struct diag_entry *entry, struct buffer *out)
{
	buffer_printf(out, "    - line: %" PRIu32 "\n      column: %" PRIu32 "\n      path: ",
	              entry->line, entry->column);
	write_string(entry->path, out);
	buffer_append_string(out, "\n      message: ");
	write_string(entry->message, out);
	buffer_append_char(out, '\n');
	write_member("rule", entry->rule, out);
	write_member("remedy", entry->remedy, out);
	/* Without it the line is taken for one of the patch. */
	if (entry->source && entry->line && strcmp(entry->source, PATCH_SOURCE_NAME) != 0)
		write_member("file", entry->source, out);
}

static size_t write_resources(const struct result *result, struct buffer *out)
{
	size_t n_before = out->n_data, i;

	if (!result->n_resources) {
		buffer_append_string(out, "resources: []\n");
		return 0;
	}
	buffer_append_string(out, "resources:\n");
	for (i = 0; i < result->n_resources && out->n_data - n_before < RESULT_LIST_MAX; i++)
		write_resource(&result->resources[i], out);
	return result->n_resources - i;
}

/* Returns how many were left out, here or when they were added. */
static size_t write_entries(const struct diag *diag, enum diag_severity severity, const char *key,
                            struct buffer *out)
{
	size_t n_before = out->n_data, n_written = 0;

	buffer_printf(out, "%s:", key);
	for (size_t i = 0; i < diag->n_entries && out->n_data - n_before < RESULT_LIST_MAX; i++) {
		if (diag->entries[i].severity != severity)
			continue;
		if (!n_written++)
			buffer_append_char(out, '\n');
		write_entry(&diag->entries[i], out);
	}
	if (!n_written)
		buffer_append_string(out, " []\n");
	return (severity == DIAG_ERROR ? diag->n_errors : diag->n_warnings) - n_written;
}

void result_write(const struct result *result, struct buffer *out)
{
	size_t n_resources, n_errors, n_warnings;

	buffer_printf(out, "result: %s\nmessage: ", kinds[result->kind]);
	write_string(result->message, out);
	buffer_append_char(out, '\n');
	n_resources = write_resources(result, out);
	n_errors = write_entries(&result->diag, DIAG_ERROR, "errors", out);
	n_warnings = write_entries(&result->diag, DIAG_WARNING, "warnings", out);
	if (n_resources || n_errors || n_warnings)
		buffer_printf(out,
		              "omitted:\n    resources: %zu\n    errors: %zu\n    warnings: %zu\n",
		              n_resources, n_errors, n_warnings);
}
