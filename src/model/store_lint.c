/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The linter behind a start and behind commits. It builds the filters that runtimes would build, which
 * takes milliseconds of each profile: nobody waits for that, and a node comes up with what it has been
 * told to serve. What a patch brings is judged before it is taken as well, but for filters of many
 * names; here it is once more, for the counts and the log.
 */

#include <errno.h>
#include <string.h>

#include "document/yaml_reader.h"
#include "model/machine_config.h"
#include "profile/lint_value.h"
#include "store_internal.h"

/* Where the text of a span begins. */
static struct place place_of_span(const char *text, const struct span *span)
{
	struct place place = { .line = 1 };
	const char *line = text, *next;

	while ((next = memchr(line, '\n', span->offset - (size_t)(line - text)))) {
		line = next + 1;
		place.line++;
	}
	/* In block style blanks stand for the columns before it. */
	place.column = span->column > 1 ? 1 : span->offset - (uint32_t)(line - text) + 1;
	return place;
}

/* Findings in a span as findings in the config. diag may be NULL, which spares the look for the line. */
static void tell(const struct snapshot *snapshot, size_t i_profile, const struct diag *found,
                 size_t from, struct diag *diag)
{
	const struct span *span = &snapshot->spans[i_profile];
	struct place begin = { 0 };

	if (span->n)
		begin = place_of_span(snapshot->config, span);
	for (size_t i = from; i < found->n_entries; i++) {
		const struct diag_entry *entry = &found->entries[i];
		struct place place = { entry->source, entry->line, entry->column };

		if (place.line && begin.line) {
			place.column += place.line == 1 ? begin.column - 1 : 0;
			place.line += begin.line - 1;
		}
		diag_add_entry_at(diag, entry, &place);
	}
}

/* Anchors, aliases and `<<` make a value that its own text does not tell: the whole config is read for
 * the first such value, and for all behind it. */
static const struct node *read_whole(struct store *store, const char *name)
{
	const struct snapshot *snapshot = store->snapshot;
	size_t index;

	if (!store->lint_stream &&
	    yaml_read_bytes(store->config_path, snapshot->config, snapshot->n_config,
	                    &store->lint_stream, NULL, NULL))
		return NULL;
	return machine_config_find_value(store->lint_stream, name, &index);
}

/* What stands in the config. *streamp holds it, where the store does not. NULL: there is no memory. */
static const struct node *read_value(struct store *store, size_t i, struct stream **streamp)
{
	const struct snapshot *snapshot = store->snapshot;

	if (!snapshot->spans[i].n)
		return read_whole(store, snapshot->profiles[i]->name);
	if (yaml_read_span(store->config_path, snapshot->config, &snapshot->spans[i], streamp,
	                   NULL))
		return NULL;
	return (*streamp)->documents[0].root;
}

static uint16_t bounded(size_t n)
{
	return n < UINT16_MAX ? (uint16_t)n : UINT16_MAX;
}

/* What carrying out the denials tells of. */
static int add_denials(const struct store *store, const struct node *value, struct diag *found)
{
	_cleanup_(diag_deinit) struct diag all = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	int r = profile_render(NULL, value, &store->profile, store->snapshot->deny, NULL, &bytes,
	                       &all);

	for (size_t i = 0; i < all.n_entries && r >= 0; i++) {
		const struct diag_entry *entry = &all.entries[i];
		const struct place place = { entry->source, entry->line, entry->column };

		if (entry->rule && strncmp(entry->rule, "deny-", strlen("deny-")) == 0)
			diag_add_entry_at(found, entry, &place);
	}
	return r < 0 ? r : 0;
}

/* *n_ownp: how many findings are those of the value, and not of what is denied. Where there is no memory
 * nothing is found. */
static void judge(const struct store *store, const struct node *value, struct diag *found,
                  size_t *n_ownp)
{
	const struct deny_list *deny = store->snapshot->deny;
	int r = value ? lint_value(value, &store->profile, NULL, NULL, found) : -ENOMEM;

	*n_ownp = found->n_entries;
	if (!r && deny)
		r = add_denials(store, value, found);
	if (!r && deny && !found->n_errors)
		r = lint_denied(value, &store->profile, deny, NULL, NULL, found);
	if (r)
		diag_clear(found);
}

/* Whether something was found that is news. */
static bool lint(struct store *store, size_t i, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	struct profile *profile = store->snapshot->profiles[i];
	const bool is_known = profile->lint & PROFILE_LINT_KNOWN;
	size_t n_own;
	bool is_news;

	judge(store, read_value(store, i, &stream), &found, &n_own);
	is_news = !(profile->lint & PROFILE_LINT_QUIETLY) &&
	          found.n_entries > (is_known ? n_own : 0);
	profile->n_lint_errors = bounded(found.n_errors);
	profile->n_lint_warnings = bounded(found.n_warnings);
	profile->lint = PROFILE_LINTED | (found.n_entries > n_own ? PROFILE_LINT_DENIED : 0);
	if (is_news && diag)
		tell(store->snapshot, i, &found, is_known ? n_own : 0, diag);
	return is_news;
}

bool store_lint_next(struct store *store, const char **namep, struct diag *diag)
{
	const struct snapshot *snapshot = store->snapshot;

	if (!profile_is_linted(&store->profile))
		return false;
	for (; store->lint_at < snapshot->n_profiles; store->lint_at++) {
		size_t i = store->lint_at;

		if (snapshot->profiles[i]->lint & PROFILE_LINTED)
			continue;
		store->lint_at++;
		*namep = lint(store, i, diag) ? snapshot->profiles[i]->name : NULL;
		return true;
	}
	stream_free(steal_ptr(store->lint_stream));
	return false;
}

void store_lint_again(struct store *store)
{
	store->lint_at = 0;
	stream_free(steal_ptr(store->lint_stream));
}

void store_count(const struct store *store, struct store_counts *counts)
{
	const struct snapshot *snapshot = store->snapshot;

	*counts = (struct store_counts){
		.n_profiles = snapshot->n_profiles,
		.n_denials = deny_list_count(snapshot->deny),
	};
	for (size_t i = 0; i < store->state->n_records; i++) {
		const struct state_record *record = &store->state->records[i];

		counts->n_compiled += record->present && record->is_compiled;
	}
	for (size_t i = 0; i < snapshot->n_profiles; i++) {
		const struct profile *profile = snapshot->profiles[i];

		counts->n_denied += snapshot_denied(snapshot, i) != NULL;
		counts->n_linted += (profile->lint & PROFILE_LINTED) != 0;
		counts->n_lint_errors += profile->n_lint_errors;
		counts->n_lint_warnings += profile->n_lint_warnings;
	}
}
