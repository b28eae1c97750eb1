/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>

#include "excerpt.h"
#include "merge.h"
#include "text.h"
#include "tree_builder.h"

/* Below this many keys each is compared with each. */
#define FEW_KEYS 8

struct key {
	const struct node *node; /* resolved; a scalar */
	size_t index;            /* of the entry */
	size_t first;            /* entry with the same text, for a key that stands twice */
};

static bool is_same(const struct node *a, const struct node *b)
{
	return a->kind == NODE_SCALAR && b->kind == NODE_SCALAR && a->n == b->n &&
	       memcmp(a->text, b->text, a->n) == 0;
}

/* A plain text may go on in the next line, a block scalar too, unless its `:` has come. */
static bool is_closed(const struct tree_builder *builder, const struct node *key)
{
	const char *text = builder->source->text + key->end.offset;

	if (key->kind != NODE_SCALAR || key->style == NODE_STYLE_SINGLE_QUOTED ||
	    key->style == NODE_STYLE_DOUBLE_QUOTED)
		return true;
	return text[strspn(text, " \t")] == ':';
}

static void report(struct tree_builder *builder, const struct node *mapping, size_t index,
                   size_t first)
{
	const struct node *key = mapping->entries[index].key;
	struct excerpt excerpt;

	tree_builder_error(builder, key, is_closed(builder, key),
	                   "key %s stands twice in the mapping, first at line %u",
	                   excerpt_of_node(&excerpt, node_resolve(key)),
	                   mapping->entries[first].key->start.line);
}

static void check_few(struct tree_builder *builder, const struct node *mapping)
{
	const struct entry *entries = mapping->entries;

	for (size_t i = 1; i < mapping->n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (is_same(node_resolve(entries[i].key), node_resolve(entries[j].key))) {
				report(builder, mapping, i, j);
				break;
			}
		}
	}
}

static int compare_index(const void *a_data, const void *b_data)
{
	const struct key *a = a_data, *b = b_data;

	return a->index < b->index ? -1 : a->index > b->index;
}

static int compare_text(const void *a_data, const void *b_data)
{
	const struct key *a = a_data, *b = b_data;
	int r = text_compare(a->node->text, a->node->n, b->node->text, b->node->n);

	return r ? r : compare_index(a, b);
}

/* Sorted, not hashed: no choice of keys makes it slow. */
static int check_many(struct tree_builder *builder, const struct node *mapping)
{
	_cleanup_(freep) struct key *keys = calloc(mapping->n, sizeof(*keys));
	size_t n = 0, n_twice = 0;

	if (!keys)
		return -ENOMEM;
	for (size_t i = 0; i < mapping->n; i++) {
		const struct node *key = node_resolve(mapping->entries[i].key);

		if (key->kind == NODE_SCALAR)
			keys[n++] = (struct key){ .node = key, .index = i, .first = i };
	}
	qsort(keys, n, sizeof(*keys), compare_text);
	for (size_t i = 1; i < n; i++) {
		if (is_same(keys[i - 1].node, keys[i].node))
			keys[i].first = keys[i - 1].first;
	}
	for (size_t i = 0; i < n; i++) {
		if (keys[i].first != keys[i].index)
			keys[n_twice++] = keys[i];
	}
	qsort(keys, n_twice, sizeof(*keys), compare_index);
	for (size_t i = 0; i < n_twice; i++)
		report(builder, mapping, keys[i].index, keys[i].first);
	return 0;
}

/* A missing value is still to come when the text ends behind it. */
static void check_merge(struct tree_builder *builder, const struct node *value)
{
	const struct node *bad = merge_find_bad(value);

	if (bad)
		tree_builder_error(builder, bad, bad->end.offset > bad->start.offset,
		                   MERGE_BAD_MESSAGE);
}

/*
 * In a flow collection libyaml takes every `?` for an indicator, Talos' decoder only one with a
 * blank behind it: `{?a: b}` has the key `a` for one and `?a` for the other.
 */
static void check_question_marks(struct tree_builder *builder, const struct node *mapping)
{
	for (size_t i = 0; i < mapping->n; i++) {
		const struct node *key = mapping->entries[i].key;
		size_t offset = key->properties.offset;

		if (offset && builder->source->text[offset - 1] == '?')
			tree_builder_error(builder, key, true,
			                   "a `?` in a flow collection needs a blank behind it");
	}
}

int mapping_check(struct tree_builder *builder, const struct node *mapping)
{
	for (size_t i = 0; i < mapping->n; i++) {
		if (merge_is_key(mapping->entries[i].key))
			check_merge(builder, mapping->entries[i].value);
	}
	if (mapping->style == NODE_STYLE_FLOW)
		check_question_marks(builder, mapping);
	if (mapping->n > FEW_KEYS)
		return check_many(builder, mapping);
	check_few(builder, mapping);
	return 0;
}
