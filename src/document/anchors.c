/* SPDX-License-Identifier: Apache-2.0 */

#include "anchors.h"

#include <search.h>
#include <string.h>

static int compare(const void *a_data, const void *b_data)
{
	const struct anchor *a = a_data, *b = b_data;

	return strcmp(a->name, b->name);
}

struct anchor *anchors_find(const struct anchors *anchors, const char *name)
{
	struct anchor key = { .name = name };
	struct anchor **found = tfind(&key, &anchors->root, compare);

	return found ? *found : NULL;
}

struct anchor *anchors_get(struct anchors *anchors, struct arena *arena, const char *name)
{
	struct anchor *anchor = anchors_find(anchors, name);

	if (anchor)
		return anchor;
	anchor = arena_alloc(arena, sizeof(*anchor));
	if (!anchor)
		return NULL;
	anchor->name = arena_copy(arena, name, strlen(name));
	if (!anchor->name || !tsearch(anchor, &anchors->root, compare))
		return NULL;
	return anchor;
}

static void keep(void *anchor) {}

void anchors_clear(struct anchors *anchors)
{
	tdestroy(anchors->root, keep);
	anchors->root = NULL;
}
