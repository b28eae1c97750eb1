/* SPDX-License-Identifier: Apache-2.0 */

#include "model/snapshot.h"

#include <errno.h>
#include <string.h>

#include "base/suggest.h"

/* The counts are all that ever changes in what threads share; the last one out frees. */

/* Returns owned with a NUL behind it, or NULL. */
static char *copy_bytes(const void *bytes, size_t n_bytes)
{
	char *copy = malloc(n_bytes + 1);

	if (!copy)
		return NULL;
	if (n_bytes)
		memcpy(copy, bytes, n_bytes);
	copy[n_bytes] = '\0';
	return copy;
}

struct profile *profile_new_unmade(const char *name, const uint8_t digest[DIGEST_SIZE],
                                   size_t n_bytes)
{
	_cleanup_(profile_unrefp) struct profile *profile = calloc(1, sizeof(*profile));

	if (!profile)
		return NULL;
	profile->n_refs = 1;
	profile->name = strdup(name);
	if (!profile->name)
		return NULL;
	memcpy(profile->digest, digest, DIGEST_SIZE);
	profile->n_bytes = n_bytes;
	return steal_ptr(profile);
}

struct profile *profile_new(const char *name, const void *bytes, size_t n_bytes)
{
	_cleanup_(profile_unrefp) struct profile *profile = NULL;
	uint8_t digest[DIGEST_SIZE];

	digest_compute(bytes, n_bytes, digest);
	profile = profile_new_unmade(name, digest, n_bytes);
	if (!profile || profile_set_bytes(profile, bytes))
		return NULL;
	return steal_ptr(profile);
}

const char *profile_bytes(const struct profile *profile)
{
	return __atomic_load_n(&profile->bytes, __ATOMIC_ACQUIRE);
}

bool profile_check(struct profile *profile)
{
	uint8_t digest[DIGEST_SIZE];

	if (!profile->is_unchecked)
		return true;
	digest_compute(profile->bytes, profile->n_bytes, digest);
	profile->is_unchecked = memcmp(digest, profile->digest, DIGEST_SIZE) != 0;
	return !profile->is_unchecked;
}

int profile_set_bytes(struct profile *profile, const void *bytes)
{
	char *none = NULL, *copy;

	if (profile_bytes(profile))
		return 0;
	copy = copy_bytes(bytes, profile->n_bytes);
	if (!copy)
		return -ENOMEM;
	if (!__atomic_compare_exchange_n(&profile->bytes, &none, copy, false, __ATOMIC_ACQ_REL,
	                                 __ATOMIC_ACQUIRE))
		free(copy);
	return 0;
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

struct placed {
	struct profile *profile;
	struct span span;
};

static int compare_placed(const void *a, const void *b)
{
	return strcmp(((const struct placed *)a)->profile->name,
	              ((const struct placed *)b)->profile->name);
}

static bool is_sorted(struct profile *const *profiles, size_t n_profiles)
{
	for (size_t i = 1; i < n_profiles; i++) {
		if (strcmp(profiles[i - 1]->name, profiles[i]->name) > 0)
			return false;
	}
	return true;
}

/* Both arrays by the names of the profiles. 0 or -ENOMEM. */
static int sort(struct profile **profiles, struct span *spans, size_t n_profiles)
{
	_cleanup_(freep) struct placed *placed = NULL;

	if (is_sorted(profiles, n_profiles))
		return 0;
	placed = reallocarray(NULL, n_profiles, sizeof(*placed));
	if (!placed)
		return -ENOMEM;
	for (size_t i = 0; i < n_profiles; i++)
		placed[i] = (struct placed){ profiles[i], spans[i] };
	qsort(placed, n_profiles, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < n_profiles; i++) {
		profiles[i] = placed[i].profile;
		spans[i] = placed[i].span;
	}
	return 0;
}

struct snapshot *snapshot_new(struct profile **profiles, struct span *spans, size_t n_profiles,
                              const char *config, size_t n_config)
{
	char *copy = copy_bytes(config, n_config);
	struct snapshot *snapshot = NULL;

	if (copy)
		snapshot = snapshot_new_taking(profiles, spans, n_profiles, copy, n_config);
	if (!snapshot)
		free(copy);
	return snapshot;
}

struct snapshot *snapshot_new_taking(struct profile **profiles, struct span *spans,
                                     size_t n_profiles, char *config, size_t n_config)
{
	_cleanup_(freep) struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	_cleanup_(freep) struct span *none = spans ? NULL : calloc(n_profiles + 1, sizeof(*none));

	if (!snapshot || (!spans && !none) || sort(profiles, spans ? spans : none, n_profiles))
		return NULL;
	*snapshot = (struct snapshot){
		.n_refs = 1,
		.profiles = profiles,
		.spans = spans ? spans : steal_ptr(none),
		.n_profiles = n_profiles,
		.config = config,
		.n_config = n_config,
		.options = { VALIDATE_OFF, COMPILE_OFF, NULL },
	};
	return steal_ptr(snapshot);
}

void snapshot_set_options(struct snapshot *snapshot, const struct profile_options *options,
                          struct deny_list *deny)
{
	snapshot->options = *options;
	snapshot->deny = deny_list_ref(deny);
}

void snapshot_set_denied(struct snapshot *snapshot, char **denied)
{
	snapshot->denied = denied;
}

const char *snapshot_denied(const struct snapshot *snapshot, size_t i)
{
	return snapshot->denied ? snapshot->denied[i] : NULL;
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
	for (size_t i = 0; i < snapshot->n_profiles && snapshot->denied; i++)
		free(snapshot->denied[i]);
	free(snapshot->denied);
	free(snapshot->profiles);
	free(snapshot->spans);
	deny_list_unref(snapshot->deny);
	free(snapshot->config);
	free(snapshot);
	return NULL;
}

static int compare_name(const void *name, const void *profile)
{
	return strcmp(name, (*(struct profile *const *)profile)->name);
}

/* The place of name in the list, or NULL. */
static struct profile **find(const struct snapshot *snapshot, const char *name)
{
	/* An empty list may be NULL, which bsearch() must not get. */
	if (!snapshot->n_profiles)
		return NULL;
	return bsearch(name, snapshot->profiles, snapshot->n_profiles, sizeof(struct profile *),
	               compare_name);
}

size_t snapshot_index(const struct snapshot *snapshot, const char *name)
{
	struct profile **found = find(snapshot, name);

	return found ? (size_t)(found - snapshot->profiles) : snapshot->n_profiles;
}

struct profile *snapshot_find(const struct snapshot *snapshot, const char *name)
{
	struct profile **found = find(snapshot, name);

	return found ? *found : NULL;
}

const struct span *snapshot_find_span(const struct snapshot *snapshot,
                                      const struct profile *profile)
{
	struct profile **found = find(snapshot, profile->name);
	const struct span *span;

	if (!found || *found != profile)
		return NULL;
	span = &snapshot->spans[found - snapshot->profiles];
	return span->n ? span : NULL;
}

const char *snapshot_suggest(const struct snapshot *snapshot, const char *name)
{
	struct suggestion suggestion;

	suggestion_begin(&suggestion, name);
	for (size_t i = 0; i < snapshot->n_profiles; i++)
		suggestion_consider(&suggestion, snapshot->profiles[i]->name);
	return suggestion.best;
}
