/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/lint.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "document/quote.h"
#include "lint_internal.h"
#include "profile/check.h"

void lint_list_deinit(struct lint_list *list)
{
	buffer_deinit(&list->text);
}

void lint_list_add(struct lint_list *list, const char *format, ...)
{
	va_list args;

	if (++list->n > LINT_LISTED_MAX)
		return;
	if (list->n > 1)
		buffer_append_string(&list->text, ", ");
	va_start(args, format);
	buffer_vprintf(&list->text, format, args);
	va_end(args);
}

const char *lint_list_text(struct lint_list *list)
{
	if (list->n > LINT_LISTED_MAX)
		buffer_printf(&list->text, " and %zu more", list->n - LINT_LISTED_MAX);
	return list->text.data && !buffer_error(&list->text) ? list->text.data : "";
}

void lint_list_add_name(struct lint_list *list, const char *name)
{
	if (++list->n > LINT_LISTED_MAX)
		return;
	if (list->n > 1)
		buffer_append_string(&list->text, ", ");
	quote_append_bare(&list->text, name, strlen(name));
}

/* The next step of the way; returns it. */
static const struct path *step(struct lint_place *place, size_t i, const char *key, size_t index)
{
	place->steps[i] = (struct path){ .up = place->path, .key = key, .index = index };
	place->path = &place->steps[i];
	return place->path;
}

static void step_to_key(struct lint_place *place, size_t i, const char *key)
{
	const struct node *value = key ? node_find(node_resolve(place->node), key) : NULL;

	if (!value)
		return;
	place->node = value;
	step(place, i, key, 0);
}

void lint_place_value(const struct lint *lint, const char *key, struct lint_place *place)
{
	*place = (struct lint_place){ .node = lint->source->node, .path = lint->path };
	step_to_key(place, 0, key);
}

void lint_place_rule(const struct lint *lint, const struct rule *rule, const char *key,
                     struct lint_place *place)
{
	*place = (struct lint_place){ .node = rule->node, .path = lint->path };
	if (!rule->node) {
		place->node = lint->source->node;
		return;
	}
	step(place, 0, "syscalls", 0);
	step(place, 1, NULL, rule->index);
	step_to_key(place, 2, key);
}

void lint_place_name(const struct lint *lint, const struct lint_name *name,
                     struct lint_place *place)
{
	lint_place_rule(lint, name->rule, "names", place);
	if (!name->node)
		return;
	if (place->path == &place->steps[2])
		step(place, 3, NULL, name->index);
	else
		step(place, 2, "name", 0);
	place->node = name->node;
}

void lint_add(struct lint *lint, enum lint_rule rule, enum diag_severity severity,
              const struct lint_place *place, const char *remedy, const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;
	va_list args;

	if (lint_is_full(lint, severity)) {
		if (severity == DIAG_ERROR)
			lint->found.n_errors++;
		else
			lint->found.n_warnings++;
		return;
	}
	va_start(args, format);
	buffer_vprintf(&message, format, args);
	va_end(args);
	if (buffer_error(&message)) {
		lint->fault = -ENOMEM;
		return;
	}
	node_finding(&lint->found, severity, lint_rules[rule].id, place->node, place->path,
	             remedy ? remedy : lint_rules[rule].remedy, "%s", message.data);
}

enum diag_severity lint_runtime_severity(const struct lint *lint, unsigned int runtimes)
{
	return lint->options->runtimes & runtimes ? DIAG_ERROR : DIAG_WARNING;
}

static int compare_strings(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_numbers(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* By place, so that the order does not depend on that of the groups. */
static int compare_entries(const void *one, const void *other)
{
	const struct diag_entry *a = one, *b = other;
	int r = compare_strings(a->source, b->source);

	r = r ? r : compare_numbers(a->line, b->line);
	r = r ? r : compare_numbers(a->column, b->column);
	r = r ? r : compare_strings(a->rule, b->rule);
	return r ? r : compare_strings(a->message, b->message);
}

/* Errors must find room in a diag: warnings beyond a limit are only counted. */
static void tell(const struct diag *found, struct diag *diag)
{
	if (!diag)
		return;
	for (size_t i = 0; i < found->n_entries; i++) {
		const struct diag_entry *entry = &found->entries[i];
		const struct place place = { entry->source, entry->line, entry->column };

		if (entry->severity == DIAG_WARNING && diag->n_warnings >= CHECK_WARNINGS_MAX)
			diag->n_warnings++;
		else
			diag_add_entry_at(diag, entry, &place);
	}
	/* What was too much to be kept. */
	diag->n_errors += found->n_errors;
	diag->n_warnings += found->n_warnings;
	for (size_t i = 0; i < found->n_entries; i++) {
		if (found->entries[i].severity == DIAG_ERROR)
			diag->n_errors--;
		else
			diag->n_warnings--;
	}
}

/* What is about the whole profile comes first: its findings are few, and are kept. The filter is built
 * last, when there is no error. */
static void (*const groups[])(struct lint *lint) = {
	lint_size,    lint_defaults, lint_architectures, lint_notify,     lint_runtimes,
	lint_dangers, lint_names,    lint_reach,         lint_conditions, lint_arguments,
	lint_widths,  lint_overlaps, lint_tree,          lint_siblings,   lint_filter,
};

static int run(struct lint *lint, size_t first_group, struct diag *diag)
{
	int r = lint_index(lint);

	if (r < 0)
		return r;
	for (size_t i = first_group; i < ARRAY_SIZE(groups); i++)
		groups[i](lint);
	if (lint->fault)
		return lint->fault;
	if (lint->found.n_entries)
		qsort(lint->found.entries, lint->found.n_entries, sizeof(*lint->found.entries),
		      compare_entries);
	tell(&lint->found, diag);
	return 0;
}

static int judge(const struct ruleset *source, const struct ruleset *compiled,
                 const struct path *path, const struct lint_options *options, size_t first_group,
                 struct diag *diag)
{
	struct lint lint = {
		.source = source,
		.compiled = compiled,
		.path = path,
		.options = options,
		.arena = arena_new(0),
	};
	int r = lint.arena ? run(&lint, first_group, diag) : -ENOMEM;

	diag_deinit(&lint.found);
	arena_free(lint.arena);
	return r;
}

int lint_profile(const struct ruleset *source, const struct ruleset *compiled,
                 const struct path *path, const struct lint_options *options, struct diag *diag)
{
	return judge(source, compiled, path, options, 0, diag);
}

int lint_filter_of(const struct ruleset *ruleset, const struct path *path,
                   const struct lint_options *options, struct diag *diag)
{
	return judge(ruleset, ruleset, path, options, ARRAY_SIZE(groups) - 1, diag);
}

int lint_unread(const struct node *value, const struct path *path, struct diag *diag)
{
	const struct lint_rule_info *rule = &lint_rules[LINT_NOT_JUDGED];
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(diag_deinit) struct diag reasons = DIAG_INIT;
	const struct diag_entry *reason;
	struct ruleset *ruleset;
	int r = arena ? ruleset_read(arena, value, path, &ruleset, &reasons) : -ENOMEM;

	reason = diag_first_error(&reasons);
	if (r <= 0 || !reason)
		return r;
	diag_add_finding(diag, DIAG_WARNING, rule->id,
	                 &(struct place){ reason->source, reason->line, reason->column },
	                 reason->path, rule->remedy, "nothing in the profile is judged: %s",
	                 reason->message);
	return 0;
}
