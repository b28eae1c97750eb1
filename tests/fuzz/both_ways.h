#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A patch applied folded and the full way: the results must be the same. Aborts where they are
 * not. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "model/patch.h"
#include "model/snapshot.h"
#include "profile_modes.h"

#define BOTH_WAYS_NAME "machine.yaml"

static inline void both_ways_require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "both ways: %s\n", what);
	abort();
}

/* What is served of the text; NULL when that is no config. */
static inline struct snapshot *both_ways_snapshot(const void *text, size_t n_text,
                                                  const struct profile_options *options)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	struct snapshot *snapshot;
	struct profile **profiles;
	struct span *spans;

	if (machine_config_parse(BOTH_WAYS_NAME, text, n_text, options, &config, NULL))
		return NULL;
	profiles = calloc(config->n_profiles + 1, sizeof(struct profile *));
	spans = calloc(config->n_profiles + 1, sizeof(*spans));
	for (size_t i = 0; i < config->n_profiles; i++) {
		const struct config_profile *profile = &config->profiles[i];

		profiles[i] = profile_new(profile->name, profile->bytes, profile->n_bytes);
		spans[i] = profile->span;
	}
	snapshot = snapshot_new(profiles, spans, config->n_profiles, text, n_text);
	both_ways_require(snapshot != NULL, "there is memory");
	snapshot_set_options(snapshot, options, config->deny);
	return snapshot;
}

static inline void both_ways_compare_profile(const struct config_profile *folded,
                                             const struct config_profile *full)
{
	const char *bytes = folded->kept ? folded->kept->bytes : folded->bytes;
	size_t n_bytes = folded->kept ? folded->kept->n_bytes : folded->n_bytes;

	both_ways_require(strcmp(folded->name, full->name) == 0, "names differ");
	both_ways_require(folded->index == full->index, "places in the list differ");
	both_ways_require(n_bytes == full->n_bytes && !memcmp(bytes, full->bytes, n_bytes),
	                  "bytes differ");
	both_ways_require(!memcmp(&folded->span, &full->span, sizeof(full->span)), "spans differ");
}

/* Of a folded patch are only those warnings missing that are about what it does not touch. */
static inline void both_ways_compare_warnings(const struct diag *folded, const struct diag *full)
{
	size_t n = 0;

	for (size_t i = 0; i < full->n_entries && n < folded->n_entries; i++) {
		const struct diag_entry *a = &folded->entries[n], *b = &full->entries[i];

		n += a->severity == b->severity && a->line == b->line && a->column == b->column &&
		     strcmp(a->message, b->message) == 0 &&
		     strcmp(a->path ? a->path : "", b->path ? b->path : "") == 0 &&
		     strcmp(a->source ? a->source : "", b->source ? b->source : "") == 0;
	}
	both_ways_require(n == folded->n_entries, "warnings differ");
}

static inline void both_ways_compare_configs(const struct machine_config *folded,
                                             const struct machine_config *full)
{
	const struct source *a = folded->stream->source, *b = full->stream->source;

	both_ways_require(a->n_text == b->n_text && !memcmp(a->text, b->text, b->n_text),
	                  "texts differ");
	both_ways_require(deny_list_equal(folded->deny, full->deny), "denials differ");
	both_ways_require(folded->n_profiles == full->n_profiles, "numbers of profiles differ");
	for (size_t i = 0; i < full->n_profiles; i++)
		both_ways_compare_profile(&folded->profiles[i], &full->profiles[i]);
}

/* One way, and what it gave. */
struct way {
	int r;
	struct machine_config *config;
	struct diag diag;
};

static inline void way_deinit(struct way *way)
{
	machine_config_free(way->config);
	diag_deinit(&way->diag);
}

/* way is compared with one that takes nothing over. */
static inline void both_ways_compare(const struct way *way, const struct way *full)
{
	both_ways_require(way->r == full->r, "outcomes differ");
	both_ways_require(way->diag.n_errors == full->diag.n_errors, "numbers of errors differ");
	both_ways_compare_warnings(&way->diag, &full->diag);
	if (way->r == 0)
		both_ways_compare_configs(way->config, full->config);
}

/* What patch_fold() returned, or PATCH_E_FULL where it was not asked. before is a snapshot of a
 * config; the full way is gone with and without it. */
static inline int both_ways_apply(const struct snapshot *before, const void *bytes, size_t n_bytes,
                                  const struct profile_options *options)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	_cleanup_(patch_freep) struct patch *patch = NULL;
	_cleanup_(way_deinit) struct way folded = { 0 }, kept = { 0 }, full = { 0 };
	int r = patch_read(bytes, n_bytes, NULL, options, &patch, NULL);

	if (r)
		return r == PATCH_E_UNCHANGED ? r : PATCH_E_FULL;
	folded.r = patch_fold(patch, before, BOTH_WAYS_NAME, &folded.config, &folded.diag);
	both_ways_require(!machine_config_parse(BOTH_WAYS_NAME, before->config, before->n_config,
	                                        options, &config, NULL),
	                  "what is served is no config");
	full.r = patch_apply(patch, config, NULL, &full.config, &full.diag);
	kept.r = patch_apply(patch, config, before, &kept.config, &kept.diag);
	both_ways_compare(&kept, &full);
	if (folded.r == PATCH_E_FULL)
		both_ways_require(!folded.config && !folded.diag.n_errors &&
		                          !folded.diag.n_warnings,
		                  "something of a patch that is left to the full way");
	else
		both_ways_compare(&folded, &full);
	return folded.r;
}
