/* SPDX-License-Identifier: Apache-2.0 */

#include "directory.h"

#include <string.h>

#define COOKIE_BITS 62 /* off_t is signed, and a listing must be able to end above the last */

/* FNV-1a, with the high bits folded down where they would be cut off. */
static uint64_t hash_name(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	hash = (hash ^ hash >> COOKIE_BITS) & (((uint64_t)1 << COOKIE_BITS) - 1);
	return hash + DIRECTORY_COOKIE_FIRST;
}

static int compare_entries(const void *a, const void *b)
{
	const struct directory_entry *x = a, *y = b;

	if (x->cookie != y->cookie)
		return x->cookie < y->cookie ? -1 : 1;
	return strcmp(x->profile->name, y->profile->name);
}

struct directory *directory_new(struct snapshot *snapshot)
{
	size_t n = snapshot->n_profiles;
	struct directory *directory = malloc(sizeof(*directory) +
	                                     n * sizeof(directory->entries[0]));

	if (!directory)
		return NULL;
	directory->snapshot = snapshot_ref(snapshot);
	directory->n_entries = n;
	for (size_t i = 0; i < n; i++) {
		directory->entries[i] = (struct directory_entry){
			.cookie = hash_name(snapshot->profiles[i]->name),
			.profile = snapshot->profiles[i],
		};
	}
	qsort(directory->entries, n, sizeof(directory->entries[0]), compare_entries);
	for (size_t i = 1; i < n; i++) {
		if (directory->entries[i].cookie <= directory->entries[i - 1].cookie)
			directory->entries[i].cookie = directory->entries[i - 1].cookie + 1;
	}
	return directory;
}

void directory_free(struct directory *directory)
{
	if (!directory)
		return;
	snapshot_unref(directory->snapshot);
	free(directory);
}

size_t directory_seek(const struct directory *directory, uint64_t cookie)
{
	size_t low = 0, high = directory->n_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (directory->entries[middle].cookie <= cookie)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
