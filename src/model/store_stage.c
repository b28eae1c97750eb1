/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "kept.h"
#include "store_internal.h"
#include "timestamp.h"

/* Bytes that are kept of what one change brings. */
#define FRESH_MAX ((size_t)1 << 20)

struct stage {
	const struct state *old;
	const struct snapshot *before; /* may be NULL */
	const char *text;              /* of the config */
	struct timespec now;
	struct state *state;
	struct profile **profiles;
	struct span *spans; /* parallel to profiles */
	char **denied;      /* likewise; NULL: nothing is */
	size_t n_profiles;
	size_t n_fresh; /* bytes that are kept of profiles that are new */
	struct staged *staged;
	struct result *result;
};

void staged_deinit(struct staged *staged)
{
	state_free(staged->state);
	snapshot_unref(staged->snapshot);
	*staged = STAGED_INIT;
}

bool staged_moves(const struct staged *staged)
{
	return staged->n_created || staged->n_updated || staged->n_destroyed;
}

void staged_describe(const struct staged *staged, struct buffer *out)
{
	const struct {
		size_t n;
		const char *word;
	} counts[] = {
		{ staged->n_created, "created" },
		{ staged->n_updated, "updated" },
		{ staged->n_destroyed, "destroyed" },
	};
	const char *separator = "";

	if (!staged_moves(staged))
		buffer_append_string(out, "no profile changed");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (!counts[i].n)
			continue;
		buffer_printf(out, "%s%zu %s", separator, counts[i].n, counts[i].word);
		separator = ", ";
	}
}

static int copy_record(struct stage *stage, const struct state_record *old,
                       struct state_record **recordp)
{
	struct state_record *record = state_get(stage->state, old->name);
	char *name;

	if (!record)
		return -ENOMEM;
	name = record->name;
	*record = *old;
	record->name = name;
	*recordp = record;
	return 0;
}

static struct profile *find_before(const struct stage *stage, const char *name)
{
	return stage->before ? snapshot_find(stage->before, name) : NULL;
}

/* The profile that stands before and is just the same, or NULL. */
static struct profile *find_same(const struct stage *stage, const char *name,
                                 const uint8_t digest[DIGEST_SIZE], size_t n_bytes)
{
	struct profile *before = find_before(stage, name);

	if (!before || before->n_bytes != n_bytes ||
	    memcmp(before->digest, digest, DIGEST_SIZE) != 0)
		return NULL;
	return profile_ref(before);
}

/* A version that was never seen: of a new name, of other bytes, or of a name that comes back. */
static int advance(struct stage *stage, struct state_record *record, const struct profile *profile)
{
	enum result_event event = record->present ? RESULT_UPDATED : RESULT_CREATED;

	record->updated = timestamp_after(&stage->now, &record->updated);
	if (!record->present)
		record->created = record->updated;
	record->version = (record->version ? record->version : stage->state->version_floor) + 1;
	record->nodeid = stage->state->next_nodeid++;
	record->present = true;
	memcpy(record->digest, profile->digest, DIGEST_SIZE);
	if (event == RESULT_CREATED)
		stage->staged->n_created++;
	else
		stage->staged->n_updated++;
	return result_add_resource(stage->result, record->name, record->version, event);
}

/*
 * Most profiles get their bytes when they are read. These do at once: one that can get them in no other
 * way, also if it has lived without them so far; and as far as they are few, those that change
 * while the others are served, since what somebody has just written is read next.
 */
static int set_bytes(struct stage *stage, struct profile *profile,
                     const struct config_profile *wanted, bool is_shared)
{
	bool is_fresh = stage->before && !is_shared &&
	                wanted->n_bytes <= FRESH_MAX - stage->n_fresh;

	if (wanted->span.n && !is_fresh)
		return 0;
	if (is_fresh)
		stage->n_fresh += wanted->n_bytes;
	return profile_set_bytes(profile, wanted->bytes);
}

/* The linter judges what stands in the config, which denials leave alone: what it finds there is not told
 * again where they change bytes. */
static void take_findings(const struct stage *stage, struct profile *profile,
                          const struct span *span)
{
	const struct kept kept = { .before = stage->before };
	_cleanup_(profile_unrefp) struct profile *before = NULL;

	if (stage->before)
		before = kept_find(&kept, profile->name, span, stage->text);
	if (!before)
		return;
	profile->lint = before->lint;
	if (before->lint & PROFILE_LINTED &&
	    (before->lint & PROFILE_LINT_DENIED ||
	     memcmp(before->digest, profile->digest, DIGEST_SIZE) != 0))
		profile->lint = PROFILE_LINT_KNOWN;
	profile->n_lint_errors = before->n_lint_errors;
	profile->n_lint_warnings = before->n_lint_warnings;
}

/* What has become of the value: what is taken over was told when it was rendered. */
static int take_outcome(struct stage *stage, struct state_record *record,
                        const struct config_profile *wanted)
{
	const char *denied = wanted->outcome.denied;

	if (!wanted->kept)
		record->is_compiled = wanted->outcome.is_compiled;
	else if (stage->before->denied)
		denied = snapshot_denied(stage->before,
		                         snapshot_index(stage->before, wanted->name));
	if (!denied)
		return 0;
	stage->denied[stage->n_profiles] = strdup(denied);
	return stage->denied[stage->n_profiles] ? 0 : -ENOMEM;
}

/* One profile of the config; old is its record, or NULL for a name never seen. */
static int stage_present(struct stage *stage, const struct state_record *old,
                         const struct config_profile *wanted)
{
	_cleanup_(profile_unrefp) struct profile *profile = NULL;
	struct state_record *record = NULL;
	bool is_shared;
	int r;

	if (old)
		r = copy_record(stage, old, &record);
	else
		r = (record = state_get(stage->state, wanted->name)) ? 0 : -ENOMEM;
	if (r)
		return r;
	if (wanted->kept)
		profile = profile_ref(wanted->kept);
	else if (record->present)
		profile = find_same(stage, wanted->name, wanted->digest, wanted->n_bytes);
	is_shared = profile;
	if (!profile)
		profile = profile_new_unmade(wanted->name, wanted->digest, wanted->n_bytes);
	if (!profile)
		return -ENOMEM;
	r = set_bytes(stage, profile, wanted, is_shared);
	if (r)
		return r;
	if (!record->present || memcmp(record->digest, profile->digest, DIGEST_SIZE) != 0) {
		r = advance(stage, record, profile);
		if (r)
			return r;
	}
	if (!is_shared) {
		if (!wanted->outcome.is_large)
			take_findings(stage, profile, &wanted->span);
		profile->version = record->version;
		profile->nodeid = record->nodeid;
		profile->created = record->created;
		profile->updated = record->updated;
	}
	record->n_bytes = wanted->n_bytes;
	record->span = wanted->span;
	r = take_outcome(stage, record, wanted);
	if (r)
		return r;
	stage->spans[stage->n_profiles] = wanted->span;
	stage->profiles[stage->n_profiles++] = steal_ptr(profile);
	return 0;
}

/* A name that the config does not have: its version is remembered. */
static int stage_absent(struct stage *stage, const struct state_record *old)
{
	struct state_record *record;
	int r = copy_record(stage, old, &record);

	if (r || !old->present)
		return r;
	record->present = false;
	stage->staged->n_destroyed++;
	return result_add_resource(stage->result, record->name, record->version, RESULT_DESTROYED);
}

/* Below 0: only old, above 0: only wanted, 0: both have the name that comes next. */
static int compare_next(const struct state_record *old, const struct config_profile *wanted)
{
	if (!wanted)
		return -1;
	return old ? strcmp(old->name, wanted->name) : 1;
}

/* Both lists are sorted by name: one pass over the two. */
static int stage_names(struct stage *stage, const struct machine_config *config)
{
	size_t i = 0, n_old = stage->old->n_records;
	size_t j = 0, n_wanted = config->n_profiles;
	int r = 0;

	while (!r && (i < n_old || j < n_wanted)) {
		const struct state_record *old = i < n_old ? &stage->old->records[i] : NULL;
		const struct config_profile *wanted = j < n_wanted ? &config->profiles[j] : NULL;
		int order = compare_next(old, wanted);

		if (wanted && order >= 0)
			r = stage_present(stage, order ? NULL : old, wanted);
		else if (old)
			r = stage_absent(stage, old);
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

static int stage_state(struct stage *stage, const char *text, size_t n_text)
{
	stage->state = state_new();
	if (!stage->state)
		return -ENOMEM;
	stage->state->next_nodeid = stage->old->next_nodeid;
	stage->state->version_floor = stage->old->version_floor;
	stage->state->has_config_digest = true;
	digest_compute(text, n_text, stage->state->config_digest);
	if (!stage->old->last_result)
		return 0;
	stage->state->last_result = strdup(stage->old->last_result);
	return stage->state->last_result ? 0 : -ENOMEM;
}

static void stage_deinit(struct stage *stage)
{
	for (size_t i = 0; i < stage->n_profiles; i++)
		profile_unref(stage->profiles[i]);
	/* One more may have been told of, and have found no memory. */
	for (size_t i = 0; i <= stage->n_profiles && stage->denied; i++)
		free(stage->denied[i]);
	free(stage->denied);
	free(stage->profiles);
	free(stage->spans);
	state_free(stage->state);
}

int store_stage(const struct state *state, const struct snapshot *before,
                const struct machine_config *config, const char *text, size_t n_text,
                struct staged *staged, struct result *result)
{
	_cleanup_(stage_deinit) struct stage stage = {
		.old = state, .before = before, .text = text, .staged = staged, .result = result
	};
	int r;

	*staged = STAGED_INIT;
	clock_gettime(CLOCK_REALTIME, &stage.now);
	stage.profiles = calloc(config->n_profiles + 1, sizeof(struct profile *));
	stage.spans = calloc(config->n_profiles + 1, sizeof(*stage.spans));
	if (config->deny)
		stage.denied = calloc(config->n_profiles + 1, sizeof(char *));
	if (!stage.profiles || !stage.spans || (config->deny && !stage.denied))
		return -ENOMEM;
	r = stage_state(&stage, text, n_text);
	if (!r)
		r = stage_names(&stage, config);
	if (r)
		return r;
	staged->snapshot = snapshot_new(stage.profiles, stage.spans, stage.n_profiles, text,
	                                n_text);
	if (!staged->snapshot)
		return -ENOMEM;
	snapshot_set_options(staged->snapshot, &config->options, config->deny);
	snapshot_set_denied(staged->snapshot, stage.denied);
	/* The snapshot took them. */
	stage.profiles = NULL;
	stage.spans = NULL;
	stage.denied = NULL;
	stage.n_profiles = 0;
	staged->state = steal_ptr(stage.state);
	return 0;
}
