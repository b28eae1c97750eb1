/* SPDX-License-Identifier: Apache-2.0 */

#include "model/snapshot.h"

#include <string.h>

#include "base/suggest.h"

/* The counts are all that ever changes in what threads share; the last one out frees. */

struct profile *profile_new(const char *name, const void *bytes, size_t n_bytes)
{
	_cleanup_(profile_unrefp) struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return NULL;
	profile->n_refs = 1;
	profile->name = strdup(name);
	profile->bytes = malloc(n_bytes + 1);
	if (!profile->name || !profile->bytes)
		return NULL;
	if (n_bytes)
		memcpy(profile->bytes, bytes, n_bytes);
	profile->bytes[n_bytes] = '\0';
	profile->n_bytes = n_bytes;
	digest_compute(bytes, n_bytes, profile->digest);
	return steal_ptr(profile);
}

struct profile *profile_ref(struct profile *profile)
{
	__atomic_add_fetch(&profile->n_refs, 1, __ATOMIC_RELAXED);
	return profile;
}

struct profile *profile_unref(struct profile *profile)
{
	if (!profile || __atomic_sub_fetch(&profile->n_refs, 1, __ATOMIC_ACQ_REL))
		return NULL;
	free(profile->name);
	free(profile->bytes);
	free(profile);
	return NULL;
}

static int compare_profiles(const void *a, const void *b)
{
	return strcmp((*(struct profile *const *)a)->name, (*(struct profile *const *)b)->name);
}

struct snapshot *snapshot_new(struct profile **profiles, size_t n_profiles, const char *config,
                              size_t n_config)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	char *copy = malloc(n_config + 1);

	if (!snapshot || !copy) {
		free(snapshot);
		free(copy);
		return NULL;
	}
	if (n_config)
		memcpy(copy, config, n_config);
	copy[n_config] = '\0';
	if (n_profiles)
		qsort(profiles, n_profiles, sizeof(struct profile *), compare_profiles);
	*snapshot = (struct snapshot){
		.n_refs = 1,
		.profiles = profiles,
		.n_profiles = n_profiles,
		.config = copy,
		.n_config = n_config,
	};
	return snapshot;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	__atomic_add_fetch(&snapshot->n_refs, 1, __ATOMIC_RELAXED);
	return snapshot;
}

struct snapshot *snapshot_unref(struct snapshot *snapshot)
{
	if (!snapshot || __atomic_sub_fetch(&snapshot->n_refs, 1, __ATOMIC_ACQ_REL))
		return NULL;
	for (size_t i = 0; i < snapshot->n_profiles; i++)
		profile_unref(snapshot->profiles[i]);
	free(snapshot->profiles);
	free(snapshot->config);
	free(snapshot);
	return NULL;
}

static int compare_name(const void *name, const void *profile)
{
	return strcmp(name, (*(struct profile *const *)profile)->name);
}

struct profile *snapshot_find(const struct snapshot *snapshot, const char *name)
{
	struct profile **found;

	/* An empty list may be NULL, which bsearch() must not get. */
	if (!snapshot->n_profiles)
		return NULL;
	found = bsearch(name, snapshot->profiles, snapshot->n_profiles, sizeof(struct profile *),
	                compare_name);
	return found ? *found : NULL;
}

const char *snapshot_suggest(const struct snapshot *snapshot, const char *name)
{
	struct suggestion suggestion;

	suggestion_begin(&suggestion, name);
	for (size_t i = 0; i < snapshot->n_profiles; i++)
		suggestion_consider(&suggestion, snapshot->profiles[i]->name);
	return suggestion.best;
}
