/* SPDX-License-Identifier: Apache-2.0 */

#include "base/diag.h"

#include <stdarg.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"

static void diag_entry_deinit(struct diag_entry *entry)
{
	free(entry->source);
	free(entry->path);
	free(entry->message);
	free(entry->remedy);
}

void diag_deinit(struct diag *diag)
{
	diag_clear(diag);
	free(diag->entries);
	*diag = DIAG_INIT;
}

void diag_clear(struct diag *diag)
{
	for (size_t i = 0; i < diag->n_entries; i++)
		diag_entry_deinit(&diag->entries[i]);
	diag->n_entries = 0;
	diag->n_errors = 0;
	diag->n_warnings = 0;
}

static void count(struct diag *diag, enum diag_severity severity)
{
	if (severity == DIAG_ERROR)
		diag->n_errors++;
	else
		diag->n_warnings++;
}

/* like gives severity, rule and remedy; all of it is copied. */
static void add(struct diag *diag, const struct diag_entry *like, const struct place *place,
                const char *path, const char *format, va_list args) _printf_(5, 0);

static void add(struct diag *diag, const struct diag_entry *like, const struct place *place,
                const char *path, const char *format, va_list args)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;
	struct diag_entry entry = { .severity = like->severity, .rule = like->rule };
	struct diag_entry *entries = NULL;

	count(diag, like->severity);
	if (diag->n_entries >= DIAG_ENTRIES_MAX)
		return;
	buffer_vprintf(&message, format, args);
	entry.message = buffer_steal(&message, NULL);
	if (like->remedy)
		entry.remedy = strdup(like->remedy);
	if (place && place->source)
		entry.source = strdup(place->source);
	if (place) {
		entry.line = place->line;
		entry.column = place->column;
	}
	if (path && path[0])
		entry.path = strdup(path);
	if (entry.message)
		entries = array_make_room(diag->entries, diag->n_entries, sizeof(*entries));
	if (!entries) {
		diag_entry_deinit(&entry);
		return;
	}
	diag->entries = entries;
	entries[diag->n_entries++] = entry;
}

void diag_add(struct diag *diag, enum diag_severity severity, const struct place *place,
              const char *path, const char *format, ...)
{
	const struct diag_entry like = { .severity = severity };
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	add(diag, &like, place, path, format, args);
	va_end(args);
}

void diag_add_finding(struct diag *diag, enum diag_severity severity, const char *rule,
                      const struct place *place, const char *path, const char *remedy,
                      const char *format, ...)
{
	const struct diag_entry like = {
		.severity = severity,
		.rule = rule,
		.remedy = (char *)remedy,
	};
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	add(diag, &like, place, path, format, args);
	va_end(args);
}

void diag_add_entry_at(struct diag *diag, const struct diag_entry *entry, const struct place *place)
{
	diag_add_finding(diag, entry->severity, entry->rule, place, entry->path, entry->remedy,
	                 "%s", entry->message);
}

void diag_append(struct diag *diag, const struct diag *from)
{
	if (!diag)
		return;
	for (size_t i = 0; i < from->n_entries; i++) {
		const struct diag_entry *entry = &from->entries[i];
		const struct place place = { entry->source, entry->line, entry->column };

		diag_add_entry_at(diag, entry, &place);
	}
	/* What was too much to be kept there is counted here. */
	diag->n_errors += from->n_errors;
	diag->n_warnings += from->n_warnings;
	for (size_t i = 0; i < from->n_entries; i++) {
		if (from->entries[i].severity == DIAG_ERROR)
			diag->n_errors--;
		else
			diag->n_warnings--;
	}
}

void diag_entry_format(const struct diag_entry *entry, struct buffer *out)
{
	if (entry->source)
		buffer_append_string(out, entry->source);
	if (entry->line)
		buffer_printf(out, "%s%u:%u", entry->source ? ":" : "", entry->line, entry->column);
	if (entry->source || entry->line)
		buffer_append_string(out, ": ");
	if (entry->path)
		buffer_printf(out, "%s: ", entry->path);
	buffer_append_string(out, entry->message);
}

void diag_entry_format_rule(const struct diag_entry *entry, struct buffer *out)
{
	diag_entry_format(entry, out);
	if (entry->rule)
		buffer_printf(out, " [%s]", entry->rule);
}

void diag_print(const struct diag *diag, FILE *file, const char *prefix)
{
	size_t n_lost = diag->n_errors + diag->n_warnings - diag->n_entries;

	for (size_t i = 0; i < diag->n_entries; i++) {
		const struct diag_entry *entry = &diag->entries[i];
		_cleanup_(buffer_deinit) struct buffer line = BUFFER_INIT;

		diag_entry_format_rule(entry, &line);
		if (!buffer_error(&line))
			fprintf(file, "%s%s%s\n", prefix,
			        entry->severity == DIAG_WARNING ? "warning: " : "", line.data);
		if (entry->remedy)
			fprintf(file, "%s    %s\n", prefix, entry->remedy);
	}
	if (n_lost)
		fprintf(file, "%s%zu more\n", prefix, n_lost);
}

/* Those of one severity, as long as *n_leftp allows. */
static void log_entries(const struct diag *diag, enum diag_severity severity, size_t *n_leftp)
{
	enum log_level level = severity == DIAG_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING;
	size_t n_all = severity == DIAG_ERROR ? diag->n_errors : diag->n_warnings;
	size_t n = 0;

	for (size_t i = 0; i < diag->n_entries && *n_leftp; i++) {
		_cleanup_(buffer_deinit) struct buffer line = BUFFER_INIT;

		if (diag->entries[i].severity != severity)
			continue;
		diag_entry_format_rule(&diag->entries[i], &line);
		if (!buffer_error(&line))
			log_message(level, "%s", line.data);
		n++;
		--*n_leftp;
	}
	if (n_all > n)
		log_message(level, "%zu more %s%s", n_all - n,
		            severity == DIAG_ERROR ? "error" : "warning",
		            n_all - n == 1 ? "" : "s");
}

void diag_log(const struct diag *diag, enum diag_severity least)
{
	size_t n_left = DIAG_LOGGED_MAX;

	log_entries(diag, DIAG_ERROR, &n_left);
	if (least == DIAG_WARNING)
		log_entries(diag, DIAG_WARNING, &n_left);
}

const struct diag_entry *diag_first_error(const struct diag *diag)
{
	for (size_t i = 0; i < diag->n_entries; i++) {
		if (diag->entries[i].severity == DIAG_ERROR)
			return &diag->entries[i];
	}
	return NULL;
}
