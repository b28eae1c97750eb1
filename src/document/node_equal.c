/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <math.h>

#include "classify.h"
#include "document/node.h"
#include "merge.h"
#include "text.h"

struct comparison {
	size_t n_nodes; /* compared so far */
	unsigned int depth;
	bool is_equal; /* so far; false also ends the comparison */
};

static int compare(struct comparison *comparison, const struct node *a, const struct node *b);

/* As files show them: 0 is not -0, .nan is .nan. */
static bool is_same_number(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) && isnan(b);
	return !(a < b) && !(a > b) && signbit(a) == signbit(b);
}

static bool is_same_scalar(const struct scalar *a, const struct scalar *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case SCALAR_NULL:
	case SCALAR_MERGE:
		return true;
	case SCALAR_BOOL:
		return a->boolean == b->boolean;
	case SCALAR_INT:
		return a->integer == b->integer;
	case SCALAR_UINT:
		return a->uinteger == b->uinteger;
	case SCALAR_FLOAT:
		return is_same_number(a->number, b->number);
	case SCALAR_STRING:
	case SCALAR_TIMESTAMP:
	case SCALAR_BINARY:
	default:
		return text_compare(a->text, a->n_text, b->text, b->n_text) == 0;
	}
}

/* A text that does not fit its tag is compared as it is written. */
static bool is_same_writing(const struct node *a, const struct node *b)
{
	return a->style == b->style && text_compare(a->text, a->n, b->text, b->n) == 0 &&
	       strcmp(a->tag ? a->tag : "", b->tag ? b->tag : "") == 0;
}

/* Timestamps and binaries are compared by what they say, not how. */
static int compare_decoded(struct comparison *comparison, const struct node *a,
                           const struct node *b)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct scalar scalar_a, scalar_b;
	int r;

	if (!arena)
		return -ENOMEM;
	r = scalar_resolve(arena, a, NULL, &scalar_a, NULL);
	if (!r)
		r = scalar_resolve(arena, b, NULL, &scalar_b, NULL);
	if (r < 0)
		return r;
	comparison->is_equal = r ? is_same_writing(a, b) : is_same_scalar(&scalar_a, &scalar_b);
	return 0;
}

static int compare_scalars(struct comparison *comparison, const struct node *a,
                           const struct node *b)
{
	struct scalar scalar_a, scalar_b;
	enum scalar_type wanted;
	int r_a, r_b;

	/* Also if it does not fit its tag. */
	if (is_same_writing(a, b))
		return 0;
	r_a = scalar_classify(a, &scalar_a, &wanted);
	r_b = scalar_classify(b, &scalar_b, &wanted);
	if (r_a < 0 || r_b < 0)
		return r_a < 0 ? r_a : r_b;
	if (r_a || r_b)
		comparison->is_equal = is_same_writing(a, b);
	else if (scalar_a.type == scalar_b.type &&
	         (scalar_a.type == SCALAR_TIMESTAMP || scalar_a.type == SCALAR_BINARY))
		return compare_decoded(comparison, a, b);
	else
		comparison->is_equal = is_same_scalar(&scalar_a, &scalar_b);
	return 0;
}

static int compare_sequences(struct comparison *comparison, const struct node *a,
                             const struct node *b)
{
	int r = 0;

	comparison->is_equal = a->n == b->n;
	for (size_t i = 0; comparison->is_equal && i < a->n && !r; i++)
		r = compare(comparison, a->items[i], b->items[i]);
	return r;
}

/* Keys that are no scalars come last, in the order of the text. */
static int compare_keys(const void *a_data, const void *b_data)
{
	const struct entry *a = a_data, *b = b_data;
	const struct node *key_a = node_resolve(a->key), *key_b = node_resolve(b->key);
	bool a_is_scalar = key_a->kind == NODE_SCALAR, b_is_scalar = key_b->kind == NODE_SCALAR;

	if (a_is_scalar && b_is_scalar)
		return text_compare(key_a->text, key_a->n, key_b->text, key_b->n);
	if (a_is_scalar != b_is_scalar)
		return a_is_scalar ? -1 : 1;
	return key_a->start.offset < key_b->start.offset
	               ? -1
	               : key_a->start.offset > key_b->start.offset;
}

/* Returns a sorted copy in arena, or NULL without memory. */
static struct entry *sort_entries(struct arena *arena, const struct entry *entries, size_t n)
{
	struct entry *sorted = arena_alloc_array(arena, n, sizeof(*sorted));

	if (!sorted || !n)
		return sorted;
	memcpy(sorted, entries, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_keys);
	return sorted;
}

static int compare_entries(struct comparison *comparison, const struct entry *a,
                           const struct entry *b, size_t n)
{
	int r = 0;

	for (size_t i = 0; comparison->is_equal && i < n && !r; i++) {
		r = compare(comparison, a[i].key, b[i].key);
		if (!r && comparison->is_equal)
			r = compare(comparison, a[i].value, b[i].value);
	}
	return r;
}

/* Whether two mappings have the keys that they are written with, and the same in the same order. */
static bool are_in_order(const struct node *a, const struct node *b)
{
	if (a->n != b->n || merge_has(a) || merge_has(b))
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct node *key_a = node_resolve(a->entries[i].key);
		const struct node *key_b = node_resolve(b->entries[i].key);

		if (key_a->kind != NODE_SCALAR || key_b->kind != NODE_SCALAR ||
		    text_compare(key_a->text, key_a->n, key_b->text, key_b->n) != 0)
			return false;
	}
	return true;
}

/* Mappings that cannot be flattened are not equal to anything. */
static int compare_sorted(struct comparison *comparison, const struct node *a, const struct node *b)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct entry *entries_a, *entries_b;
	struct entry *sorted_a, *sorted_b;
	size_t n_a, n_b;
	int r;

	if (!arena)
		return -ENOMEM;
	r = node_flatten(arena, a, NULL, &entries_a, &n_a, NULL);
	if (!r)
		r = node_flatten(arena, b, NULL, &entries_b, &n_b, NULL);
	if (r < 0)
		return r;
	comparison->is_equal = !r && n_a == n_b;
	if (!comparison->is_equal)
		return 0;
	sorted_a = sort_entries(arena, entries_a, n_a);
	sorted_b = sort_entries(arena, entries_b, n_b);
	if (!sorted_a || !sorted_b)
		return -ENOMEM;
	return compare_entries(comparison, sorted_a, sorted_b, n_a);
}

/* Most have the same order: to sort them takes longer than all else. */
static int compare_mappings(struct comparison *comparison, const struct node *a,
                            const struct node *b)
{
	return are_in_order(a, b) ? compare_entries(comparison, a->entries, b->entries, a->n)
	                          : compare_sorted(comparison, a, b);
}

static int compare(struct comparison *comparison, const struct node *a, const struct node *b)
{
	int r = 0;

	a = node_resolve(a);
	b = node_resolve(b);
	if (a == b)
		return 0;
	comparison->is_equal = a && b && a->kind == b->kind &&
	                       ++comparison->n_nodes <= NODE_EXPANDED_MAX;
	if (!comparison->is_equal)
		return 0;
	if (a->kind == NODE_SCALAR)
		return compare_scalars(comparison, a, b);
	if (comparison->depth >= NODE_DEPTH_MAX) {
		comparison->is_equal = false;
		return 0;
	}
	comparison->depth++;
	r = a->kind == NODE_SEQUENCE ? compare_sequences(comparison, a, b)
	                             : compare_mappings(comparison, a, b);
	comparison->depth--;
	return r;
}

int node_equal(const struct node *a, const struct node *b, bool *equalp)
{
	struct comparison comparison = { .is_equal = true };
	int r = compare(&comparison, a, b);

	*equalp = !r && comparison.is_equal;
	return r;
}
