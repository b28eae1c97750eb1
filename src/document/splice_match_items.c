/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Which old item of a sequence a new one replaces. It is first looked for by identity (it is the
 * old node, or names it as its origin); what lies between such pairs is matched by equality, and
 * then by likeness, so that a list that came whole out of a patch still keeps the text of the items
 * it shares with the old one.
 */

#include "splice_internal.h"

#include <errno.h>

#define GAP_WORK_MAX   4096 /* comparisons of items between two pairs; beyond, they are all new */
#define ALIKE_KEYS_MAX 16   /* entries looked at to tell whether two mappings are alike */

/* Whether after is before, or replaces it, perhaps through several edits. */
static bool is_same_node(const struct node *before, const struct node *after)
{
	while (after && after != before)
		after = after->origin;
	return after;
}

struct known {
	const struct node *node;
	size_t i;
};

static int compare_known(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	if (x->node == y->node)
		return 0;
	return x->node < y->node ? -1 : 1;
}

static size_t find_known(const struct known *known, size_t n_known, const struct node *after)
{
	for (; after; after = after->origin) {
		const struct known wanted = { .node = after };
		const struct known *found = bsearch(&wanted, known, n_known, sizeof(*known),
		                                    compare_known);

		if (found)
			return found->i;
	}
	return NOWHERE;
}

/*
 * Of the candidates (new item i is old item candidates[i]) the longest run that keeps the order
 * is paired: items that were moved count as removed and inserted. Patience sorting: ends[k] is the
 * new item that ends the best run of k + 1 so far.
 */
static int pair_in_order(struct match *match, const size_t *candidates)
{
	_cleanup_(freep) size_t *ends = malloc((match->n_new + 1) * sizeof(size_t));
	_cleanup_(freep) size_t *before = malloc((match->n_new + 1) * sizeof(size_t));
	size_t n_ends = 0;

	if (!ends || !before)
		return -ENOMEM;
	for (size_t i = 0; i < match->n_new; i++) {
		size_t low = 0, high = n_ends;

		if (candidates[i] == NOWHERE)
			continue;
		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (candidates[ends[middle]] < candidates[i])
				low = middle + 1;
			else
				high = middle;
		}
		before[i] = low ? ends[low - 1] : NOWHERE;
		ends[low] = i;
		if (low == n_ends)
			n_ends++;
	}
	for (size_t i = n_ends ? ends[n_ends - 1] : NOWHERE; i != NOWHERE; i = before[i])
		match_pair(match, candidates[i], i);
	return 0;
}

static int match_identical(const struct node *before, const struct node *after, struct match *match)
{
	_cleanup_(freep) struct known *known = calloc(match->n_old + 1, sizeof(*known));
	_cleanup_(freep) size_t *candidates = malloc((match->n_new + 1) * sizeof(size_t));

	if (!known || !candidates)
		return -ENOMEM;
	for (size_t i = 0; i < match->n_old; i++)
		known[i] = (struct known){ before->items[i], i };
	qsort(known, match->n_old, sizeof(*known), compare_known);
	for (size_t i = 0; i < match->n_new; i++) {
		/* Most often nothing moved; this also finds the right one of a node that is there
		 * twice. */
		if (i < match->n_old && is_same_node(before->items[i], after->items[i]))
			candidates[i] = i;
		else
			candidates[i] = find_known(known, match->n_old, after->items[i]);
	}
	return pair_in_order(match, candidates);
}

/* The unpaired items between two pairs. */
struct gap {
	const struct node *before;
	const struct node *after;
	size_t old_start, old_end;
	size_t new_start, new_end;
};

/* The equal items at the start and end of the gap, whatever its size. */
static int pair_equal_ends(struct match *match, struct gap *gap)
{
	bool equal = true;
	int r;

	while (gap->old_start < gap->old_end && gap->new_start < gap->new_end) {
		r = node_equal(gap->before->items[gap->old_start],
		               gap->after->items[gap->new_start], &equal);
		if (r < 0)
			return r;
		if (!equal)
			break;
		match_pair(match, gap->old_start++, gap->new_start++);
	}
	while (gap->old_start < gap->old_end && gap->new_start < gap->new_end) {
		r = node_equal(gap->before->items[gap->old_end - 1],
		               gap->after->items[gap->new_end - 1], &equal);
		if (r < 0)
			return r;
		if (!equal)
			break;
		match_pair(match, --gap->old_end, --gap->new_end);
	}
	return 0;
}

/* Longest common subsequence; lengths[i][j] is that of the items from old i and new j on. */
static int pair_equal(struct match *match, struct gap *gap)
{
	_cleanup_(freep) unsigned short *lengths = NULL;
	size_t n_old, n_new, width;
	int r = pair_equal_ends(match, gap);

	n_old = gap->old_end - gap->old_start;
	n_new = gap->new_end - gap->new_start;
	if (r || !n_old || !n_new || n_old > GAP_WORK_MAX / n_new)
		return r;
	width = n_new + 1;
	lengths = calloc((n_old + 1) * width, sizeof(*lengths));
	if (!lengths)
		return -ENOMEM;
	for (size_t i = n_old; i-- > 0;) {
		for (size_t j = n_new; j-- > 0;) {
			unsigned short *at = &lengths[i * width + j];
			bool equal;

			r = node_equal(gap->before->items[gap->old_start + i],
			               gap->after->items[gap->new_start + j], &equal);
			if (r < 0)
				return r;
			*at = at[width] > at[1] ? at[width] : at[1];
			if (equal && at[width + 1] + 1 > *at)
				*at = at[width + 1] + 1;
		}
	}
	for (size_t i = 0, j = 0; i < n_old && j < n_new;) {
		const unsigned short *at = &lengths[i * width + j];

		if (*at == at[width]) {
			i++;
		} else if (*at == at[1]) {
			j++;
		} else {
			match_pair(match, gap->old_start + i++, gap->new_start + j++);
		}
	}
	return 0;
}

/* Mappings with one `name`, or without names but with an entry in common. */
static int are_alike(const struct node *before, const struct node *after, bool *alikep)
{
	const struct node *name;

	*alikep = false;
	before = node_resolve(before);
	after = node_resolve(after);
	if (before->kind != NODE_MAPPING || after->kind != NODE_MAPPING)
		return 0;
	name = node_find(before, "name");
	if (name || node_find(after, "name"))
		return node_equal(name, node_find(after, "name"), alikep);
	for (size_t i = 0; i < before->n && i < ALIKE_KEYS_MAX && !*alikep; i++) {
		const struct node *key = node_resolve(before->entries[i].key);
		const struct node *value;
		int r;

		if (key->kind != NODE_SCALAR)
			continue;
		value = node_find(after, key->text);
		r = value ? node_equal(before->entries[i].value, value, alikep) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* What stands on one line keeps the comments around it when something else takes its place. */
static bool is_one_line(const struct node *before)
{
	return before->kind == NODE_SCALAR || before->kind == NODE_ALIAS;
}

static int pair_alike(struct match *match, struct gap *gap)
{
	size_t n_old = gap->old_end - gap->old_start;
	size_t n_new = gap->new_end - gap->new_start;
	size_t i_old = gap->old_start;

	if (n_old > GAP_WORK_MAX / n_new)
		return 0;
	for (size_t i_new = gap->new_start; i_new < gap->new_end; i_new++) {
		for (size_t i = i_old; i < gap->old_end; i++) {
			const struct node *before = gap->before->items[i];
			const struct node *after = gap->after->items[i_new];
			bool in_place = i - gap->old_start == i_new - gap->new_start;
			bool alike;
			int r = are_alike(before, after, &alike);

			if (r < 0)
				return r;
			if (!alike && !(n_old == n_new && in_place && is_one_line(before)))
				continue;
			match_pair(match, i, i_new);
			i_old = i + 1;
			break;
		}
	}
	return 0;
}

static int for_each_gap(const struct node *before, const struct node *after, struct match *match,
                        int (*function)(struct match *match, struct gap *gap))
{
	struct gap gap = { .before = before, .after = after };

	for (;;) {
		struct gap work;
		int r;

		gap.old_end = gap.old_start;
		while (gap.old_end < match->n_old && match->new_of_old[gap.old_end] == NOWHERE)
			gap.old_end++;
		gap.new_end = gap.new_start;
		while (gap.new_end < match->n_new && match->old_of_new[gap.new_end] == NOWHERE)
			gap.new_end++;
		work = gap;
		if (gap.old_start < gap.old_end && gap.new_start < gap.new_end) {
			r = function(match, &work);
			if (r)
				return r;
		}
		if (gap.old_end >= match->n_old)
			return 0;
		gap.old_start = gap.old_end + 1;
		gap.new_start = gap.new_end + 1;
	}
}

int match_items(const struct node *before, const struct node *after, struct match *match)
{
	int r = match_identical(before, after, match);

	if (!r)
		r = for_each_gap(before, after, match, pair_equal);
	if (!r)
		r = for_each_gap(before, after, match, pair_alike);
	/* A list that was edited stays the list that it is, whatever its only item has become. */
	if (!r && !match->n_pairs && is_same_node(before, after) && before->n && after->n)
		match_pair(match, 0, 0);
	return r;
}
