/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the state says of the config spares a start the parsing: that it keeps the rules, and where each
 * profile stands. It is believed when nothing can have changed since it was written:
 *
 *   - the config: by its SHA-256, which is that of the state;
 *   - the state: by its seal (model/state.h);
 *   - the program, its libraries, options, and the node's facts: by maker;
 *   - what is denied: a config with denials is never believed.
 *
 * And even then no wrong bytes are served: those of a span must have the digest of their version.
 */

#include <errno.h>
#include <string.h>

#include "store_internal.h"

static bool is_possible(const struct state_record *record, size_t n_text)
{
	const struct span *span = &record->span;

	return span->n && span->n <= SPAN_SIZE_MAX && span->column &&
	       span->column <= SPAN_COLUMN_MAX && span->offset <= n_text &&
	       span->n <= n_text - span->offset;
}

/* Every profile has a span: the bytes of one without are not in the state. */
static bool is_complete(const struct state *state, size_t n_text)
{
	for (size_t i = 0; i < state->n_records; i++) {
		const struct state_record *record = &state->records[i];

		if (record->present && !is_possible(record, n_text))
			return false;
	}
	return true;
}

/* A config that was refused meanwhile has left its traces in the result, which a parse puts right. */
static bool is_of_config(const struct state *state, const char *text, size_t n_text)
{
	uint8_t digest[DIGEST_SIZE];

	if (!state->has_config_digest || state->config_refused)
		return false;
	digest_compute(text, n_text, digest);
	return !memcmp(digest, state->config_digest, DIGEST_SIZE);
}

struct recorded {
	struct profile **profiles;
	struct span *spans;
	size_t n_profiles;
};

static void recorded_deinit(struct recorded *recorded)
{
	for (size_t i = 0; i < recorded->n_profiles; i++)
		profile_unref(recorded->profiles[i]);
	free(recorded->profiles);
	free(recorded->spans);
}

static int add(struct recorded *recorded, const struct state_record *record)
{
	struct profile *profile = profile_new_unmade(record->name, record->digest, record->n_bytes);

	if (!profile)
		return -ENOMEM;
	profile->version = record->version;
	profile->nodeid = record->nodeid;
	profile->created = record->created;
	profile->updated = record->updated;
	profile->lint = PROFILE_LINT_QUIETLY;
	recorded->spans[recorded->n_profiles] = record->span;
	recorded->profiles[recorded->n_profiles++] = profile;
	return 0;
}

static int collect(const struct state *state, struct recorded *recorded)
{
	int r = 0;

	recorded->profiles = calloc(state->n_records + 1, sizeof(struct profile *));
	recorded->spans = calloc(state->n_records + 1, sizeof(*recorded->spans));
	if (!recorded->profiles || !recorded->spans)
		return -ENOMEM;
	for (size_t i = 0; i < state->n_records && !r; i++)
		r = state->records[i].present ? add(recorded, &state->records[i]) : 0;
	return r;
}

int trust_state(const struct state *state, const char *maker, const struct profile_options *options,
                struct buffer *text, struct snapshot **snapshotp)
{
	_cleanup_(recorded_deinit) struct recorded recorded = { 0 };
	int r;

	if (!maker || !state->maker || strcmp(state->maker, maker) != 0 || !text->n_data ||
	    !is_complete(state, text->n_data) || !is_of_config(state, text->data, text->n_data))
		return TRUST_E_NONE;
	r = collect(state, &recorded);
	if (r)
		return r;
	*snapshotp = snapshot_new_taking(recorded.profiles, recorded.spans, recorded.n_profiles,
	                                 text->data, text->n_data);
	if (!*snapshotp)
		return -ENOMEM;
	snapshot_set_options(*snapshotp, options, NULL);
	recorded = (struct recorded){ 0 };
	*text = BUFFER_INIT;
	return 0;
}

bool trust_is_recorded(const struct state *old, const struct state *new)
{
	if (!new->maker)
		return true;
	if (!old->maker || strcmp(old->maker, new->maker) != 0 || old->n_records != new->n_records)
		return false;
	for (size_t i = 0; i < new->n_records; i++) {
		const struct span *a = &old->records[i].span, *b = &new->records[i].span;

		if (new->records[i].present &&
		    (a->offset != b->offset || a->n != b->n || a->column != b->column))
			return false;
	}
	return true;
}

/* Behind the words of a maker whose records are not enough for a start: it is no maker's name then. */
#define DENIES " denies"

int trust_give(struct state *state, const char *maker, const struct machine_config *config)
{
	char *copy = NULL;

	if (maker && asprintf(&copy, "%s%s", maker, config->deny ? DENIES : "") < 0)
		return -ENOMEM;
	free(state->maker);
	state->maker = copy;
	return 0;
}

/* "kernel=6.1 caps=0": the word that begins with the first n_key bytes of key, or NULL. *np: its bytes. */
static const char *find_word(const char *words, const char *key, size_t n_key, size_t *np)
{
	for (; *words; words += *np + (words[*np] == ' ')) {
		*np = strcspn(words, " ");
		if (*np >= n_key && !memcmp(words, key, n_key))
			return words;
	}
	return NULL;
}

void trust_tell_maker(const struct state *state, const char *maker, struct buffer *out)
{
	const char *separator = ": ", *old;
	size_t n, n_old;

	if (!state->maker || !maker)
		return;
	for (const char *word = maker; *word; word += n + (word[n] == ' ')) {
		size_t n_key = strcspn(word, "= ");

		n = strcspn(word, " ");
		if (n == n_key)
			continue;
		old = find_word(state->maker, word, n_key + 1, &n_old);
		if (old && n_old == n && !memcmp(old, word, n))
			continue;
		buffer_printf(out, "%s%.*s is %.*s", separator, (int)n_key, word,
		              (int)(n - n_key - 1), word + n_key + 1);
		if (old)
			buffer_printf(out, " and was %.*s", (int)(n_old - n_key - 1),
			              old + n_key + 1);
		separator = ", ";
	}
}
