/* SPDX-License-Identifier: Apache-2.0 */

#include "json_value.h"

#include <errno.h>
#include <string.h>

#include "document/scalar.h"

#include "text_table.h"

struct comparison {
	struct arena *arena;
	size_t n_left; /* nodes that may still be compared */
};

static bool is_number(enum scalar_type type)
{
	return type == SCALAR_INT || type == SCALAR_UINT || type == SCALAR_FLOAT;
}

static bool is_string(enum scalar_type type)
{
	return type == SCALAR_STRING || type == SCALAR_TIMESTAMP || type == SCALAR_BINARY;
}

static bool same_number(double a, double b)
{
	return a <= b && a >= b;
}

/* Exactly: a 64-bit integer does not fit a double, so the double is taken as an integer. */
static bool float_equals_int(double number, const struct scalar *other)
{
	const double limit = 18446744073709551616.0; /* 2^64 */

	if (other->type == SCALAR_UINT)
		return number >= 0 && number < limit &&
		       same_number(number, (double)(uint64_t)number) &&
		       (uint64_t)number == other->uinteger;
	return number >= -limit / 2 && number < limit / 2 &&
	       same_number(number, (double)(int64_t)number) && (int64_t)number == other->integer;
}

static bool numbers_equal(const struct scalar *a, const struct scalar *b)
{
	if (a->type == SCALAR_FLOAT && b->type == SCALAR_FLOAT)
		return same_number(a->number, b->number);
	if (a->type == SCALAR_FLOAT)
		return float_equals_int(a->number, b);
	if (b->type == SCALAR_FLOAT)
		return float_equals_int(b->number, a);
	if (a->type != b->type)
		return false; /* SCALAR_UINT is above all SCALAR_INT */
	return a->type == SCALAR_UINT ? a->uinteger == b->uinteger : a->integer == b->integer;
}

static int scalars_equal(struct comparison *comparison, const struct node *a, const struct node *b,
                         bool *equalp)
{
	struct scalar sa;
	struct scalar sb;
	int r;

	r = scalar_resolve(comparison->arena, a, NULL, &sa, NULL);
	if (r == 0)
		r = scalar_resolve(comparison->arena, b, NULL, &sb, NULL);
	if (r)
		return r < 0 ? r : 0;
	if (is_number(sa.type) && is_number(sb.type))
		*equalp = numbers_equal(&sa, &sb);
	else if (is_string(sa.type) && is_string(sb.type))
		*equalp = sa.n_text == sb.n_text && memcmp(sa.text, sb.text, sa.n_text) == 0;
	else if (sa.type == SCALAR_BOOL && sb.type == SCALAR_BOOL)
		*equalp = sa.boolean == sb.boolean;
	else
		*equalp = scalar_is_null(a) && scalar_is_null(b);
	return 0;
}

static int compare(struct comparison *comparison, const struct node *a, const struct node *b,
                   size_t depth, bool *equalp);

/* *tablep: the numbers of the entries by key. */
static int index_entries(struct text_table *table, const struct entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct node *key = node_resolve(entries[i].key);
		int r = 0;

		if (key->kind == NODE_SCALAR)
			r = text_table_put(table, key->text, key->n, i, true);
		if (r < 0)
			return r;
	}
	return 0;
}

static int mappings_equal(struct comparison *comparison, const struct node *a, const struct node *b,
                          size_t depth, bool *equalp)
{
	_cleanup_(text_table_deinit) struct text_table table = { 0 };
	const struct entry *entries[2];
	size_t n[2];
	int r;

	r = node_flatten(comparison->arena, a, NULL, &entries[0], &n[0], NULL);
	if (r == 0)
		r = node_flatten(comparison->arena, b, NULL, &entries[1], &n[1], NULL);
	if (r || n[0] != n[1])
		return r < 0 ? r : 0;
	r = index_entries(&table, entries[1], n[1]);
	for (size_t i = 0; r == 0 && i < n[0]; i++) {
		const struct node *key = node_resolve(entries[0][i].key);
		size_t at = TEXT_TABLE_NONE;

		if (key->kind == NODE_SCALAR)
			at = text_table_find(&table, key->text, key->n);
		if (at == TEXT_TABLE_NONE)
			return 0;
		r = compare(comparison, entries[0][i].value, entries[1][at].value, depth, equalp);
		if (!*equalp)
			return r;
		*equalp = false;
	}
	*equalp = r == 0;
	return r;
}

static int sequences_equal(struct comparison *comparison, const struct node *a,
                           const struct node *b, size_t depth, bool *equalp)
{
	if (a->n != b->n)
		return 0;
	for (size_t i = 0; i < a->n; i++) {
		int r = compare(comparison, a->items[i], b->items[i], depth, equalp);

		if (r < 0 || !*equalp)
			return r;
		*equalp = false;
	}
	*equalp = true;
	return 0;
}

/* *equalp is false on entry. */
static int compare(struct comparison *comparison, const struct node *a, const struct node *b,
                   size_t depth, bool *equalp)
{
	a = node_resolve(a);
	b = node_resolve(b);
	if (a->kind != b->kind || depth == 0 || comparison->n_left == 0)
		return 0;
	comparison->n_left--;
	switch (a->kind) {
	case NODE_MAPPING:
		return mappings_equal(comparison, a, b, depth - 1, equalp);
	case NODE_SEQUENCE:
		return sequences_equal(comparison, a, b, depth - 1, equalp);
	default:
		return scalars_equal(comparison, a, b, equalp);
	}
}

int json_value_equal(struct arena *arena, const struct node *a, const struct node *b, bool *equalp)
{
	struct comparison comparison = { .arena = arena, .n_left = NODE_EXPANDED_MAX };

	*equalp = false;
	return compare(&comparison, a, b, NODE_DEPTH_MAX, equalp);
}
