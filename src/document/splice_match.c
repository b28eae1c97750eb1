/* SPDX-License-Identifier: Apache-2.0 */

#include "splice_internal.h"

#include <errno.h>
#include <string.h>

#include "text_table.h"

void match_deinit(struct match *match)
{
	free(match->new_of_old);
	free(match->old_of_new);
	*match = (struct match){ 0 };
}

void match_pair(struct match *match, size_t i_old, size_t i_new)
{
	match->new_of_old[i_old] = i_new;
	match->old_of_new[i_new] = i_old;
	match->n_pairs++;
}

static int match_init(struct match *match, size_t n_old, size_t n_new)
{
	match->n_old = n_old;
	match->n_new = n_new;
	match->new_of_old = malloc((n_old + 1) * sizeof(size_t));
	match->old_of_new = malloc((n_new + 1) * sizeof(size_t));
	if (!match->new_of_old || !match->old_of_new)
		return -ENOMEM;
	for (size_t i = 0; i < n_old; i++)
		match->new_of_old[i] = NOWHERE;
	for (size_t i = 0; i < n_new; i++)
		match->old_of_new[i] = NOWHERE;
	return 0;
}

static bool is_same_text(const struct node *a, const struct node *b)
{
	return a->kind == NODE_SCALAR && b->kind == NODE_SCALAR && a->n == b->n &&
	       memcmp(a->text, b->text, a->n) == 0;
}

static int keys_equal(const struct node *a, const struct node *b, bool *equalp)
{
	a = node_resolve(a);
	b = node_resolve(b);
	*equalp = a == b;
	if (*equalp || a->kind != b->kind || (a->kind == NODE_SCALAR && !is_same_text(a, b)))
		return 0;
	return node_equal(a, b, equalp);
}

/* Pairs the new entry with the old one when their keys are equal and neither has a partner. */
static int try_entry(struct match *match, const struct node *before, const struct node *after,
                     size_t i_old, size_t i_new)
{
	bool equal;
	int r;

	if (i_old >= match->n_old || match->new_of_old[i_old] != NOWHERE)
		return 0;
	r = keys_equal(before->entries[i_old].key, after->entries[i_new].key, &equal);
	if (!r && equal)
		match_pair(match, i_old, i_new);
	return r;
}

static int index_keys(const struct node *mapping, struct text_table *table)
{
	for (size_t i = 0; i < mapping->n; i++) {
		const struct node *key = node_resolve(mapping->entries[i].key);
		int r = 0;

		if (key->kind == NODE_SCALAR)
			r = text_table_put(table, key->text, key->n, i, false);
		if (r)
			return r;
	}
	return 0;
}

static int find_entry(struct match *match, const struct node *before, const struct node *after,
                      size_t i_new, const struct text_table *table)
{
	const struct node *key = node_resolve(after->entries[i_new].key);
	int r;

	if (key->kind == NODE_SCALAR) {
		size_t i_old = text_table_find(table, key->text, key->n);

		if (i_old == TEXT_TABLE_NONE)
			return 0;
		r = try_entry(match, before, after, i_old, i_new);
		if (r || match->old_of_new[i_new] != NOWHERE)
			return r;
	}
	/* A key that is no scalar, or one of several that differ in type only. */
	for (size_t i = 0; i < match->n_old && match->old_of_new[i_new] == NOWHERE; i++) {
		r = try_entry(match, before, after, i, i_new);
		if (r)
			return r;
	}
	return 0;
}

static int match_entries(const struct node *before, const struct node *after, struct match *match)
{
	_cleanup_(text_table_deinit) struct text_table table = { 0 };
	bool indexed = false;
	size_t next = 0;
	int r = 0;

	for (size_t i = 0; i < after->n && !r; i++) {
		/* Most often the next one. */
		r = try_entry(match, before, after, next, i);
		if (!r && match->old_of_new[i] == NOWHERE) {
			if (!indexed)
				r = index_keys(before, &table);
			indexed = true;
			if (!r)
				r = find_entry(match, before, after, i, &table);
		}
		if (match->old_of_new[i] != NOWHERE)
			next = match->old_of_new[i] + 1;
	}
	return r;
}

int match_children(const struct node *before, const struct node *after, struct match *match)
{
	int r = match_init(match, before->n, after->n);

	if (r)
		return r;
	if (before->kind == NODE_MAPPING)
		return match_entries(before, after, match);
	return match_items(before, after, match);
}
