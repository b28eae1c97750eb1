/* SPDX-License-Identifier: Apache-2.0 */

#include "deny_list.h"

#include <string.h>

struct deny_list *deny_list_new(size_t n_denials)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct deny_list *list = arena ? arena_alloc(arena, sizeof(*list)) : NULL;

	if (!list)
		return NULL;
	list->denials = arena_alloc_array(arena, n_denials, sizeof(*list->denials));
	if (!list->denials)
		return NULL;
	list->n_refs = 1;
	list->arena = steal_ptr(arena);
	return list;
}

struct deny_list *deny_list_ref(struct deny_list *list)
{
	if (list)
		__atomic_add_fetch(&list->n_refs, 1, __ATOMIC_RELAXED);
	return list;
}

struct deny_list *deny_list_unref(struct deny_list *list)
{
	if (list && __atomic_sub_fetch(&list->n_refs, 1, __ATOMIC_ACQ_REL) == 0)
		arena_free(list->arena);
	return NULL;
}

/* Where the denials of a call would end. */
static size_t find_end(const struct deny_list *list, const char *name)
{
	size_t low = 0, high = list->n_denials;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(list->denials[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct denial *deny_list_find(const struct deny_list *list, const char *name,
                                    size_t *n_denialsp)
{
	size_t end = find_end(list, name);
	size_t start = end;

	while (start > 0 && strcmp(list->denials[start - 1].name, name) == 0)
		start--;
	*n_denialsp = end - start;
	return start < end ? &list->denials[start] : NULL;
}

static bool is_covered(const struct deny_list *list, const struct denial *denial)
{
	size_t n;
	const struct denial *earlier = deny_list_find(list, denial->name, &n);

	for (size_t i = 0; i < n; i++) {
		if (earlier[i].box.limited == 0 ||
		    argument_box_equal(&earlier[i].box, &denial->box))
			return true;
	}
	return false;
}

bool deny_list_add(struct deny_list *list, const struct denial *denial)
{
	size_t at = find_end(list, denial->name);
	char *name, *reason;

	if (is_covered(list, denial))
		return true;
	name = arena_copy(list->arena, denial->name, strlen(denial->name));
	reason = arena_copy(list->arena, denial->reason, strlen(denial->reason));
	if (!name || !reason)
		return false;
	memmove(&list->denials[at + 1], &list->denials[at],
	        (list->n_denials - at) * sizeof(*list->denials));
	list->denials[at] = *denial;
	list->denials[at].name = name;
	list->denials[at].reason = reason;
	list->n_denials++;
	return true;
}

size_t deny_list_count(const struct deny_list *list)
{
	size_t n = 0;

	for (size_t i = 0; list && i < list->n_denials; i++)
		n += !list->denials[i].is_more;
	return n;
}

bool deny_list_equal(const struct deny_list *a, const struct deny_list *b)
{
	if (!a || !b || a->n_denials != b->n_denials)
		return a == b;
	for (size_t i = 0; i < a->n_denials; i++) {
		const struct denial *mine = &a->denials[i], *theirs = &b->denials[i];

		if (strcmp(mine->name, theirs->name) != 0 || mine->errno_ret != theirs->errno_ret ||
		    !argument_box_equal(&mine->box, &theirs->box))
			return false;
	}
	return true;
}
