/* SPDX-License-Identifier: Apache-2.0 */

#include "document/node.h"

#include <string.h>

#include "classify.h"
#include "merge.h"

const char *node_describe(const struct node *node)
{
	enum scalar_type wanted;
	struct scalar scalar;

	node = node_resolve(node);
	if (!node)
		return "nothing";
	switch (node->kind) {
	case NODE_MAPPING:
		return "mapping";
	case NODE_SEQUENCE:
		return "sequence";
	case NODE_SCALAR:
	case NODE_ALIAS:
	default:
		break;
	}
	if (scalar_classify(node, &scalar, &wanted))
		return "string";
	return scalar_type_name(scalar.type);
}

struct place node_place(const struct node *node)
{
	if (!node || !node->source)
		return (struct place){ 0 };
	return (struct place){
		.source = node->source->name,
		.line = node->start.line,
		.column = node->start.column,
	};
}

static bool is_text_n(const struct node *node, const char *text, size_t n_text)
{
	return node && node->kind == NODE_SCALAR && node->n == n_text &&
	       memcmp(node->text, text, n_text) == 0;
}

bool node_is_text(const struct node *node, const char *string)
{
	/* Most comparisons end with the first byte; behind an empty text is a NUL. */
	return node && node->kind == NODE_SCALAR && node->text[0] == string[0] &&
	       is_text_n(node, string, strlen(string));
}

static const struct entry *find_entry(const struct node *mapping, const char *key, size_t n_key)
{
	for (size_t i = 0; i < mapping->n; i++) {
		const struct entry *entry = &mapping->entries[i];

		if (is_text_n(node_resolve(entry->key), key, n_key) && !merge_is_key(entry->key))
			return entry;
	}
	return NULL;
}

const struct entry *node_find_entry(const struct node *mapping, const char *key)
{
	mapping = node_resolve(mapping);
	if (!mapping || mapping->kind != NODE_MAPPING)
		return NULL;
	return find_entry(mapping, key, strlen(key));
}

struct lookup {
	const char *key;
	size_t n_key;
	size_t budget;      /* mappings that may still be looked at */
	unsigned int depth; /* of merges in merges */
};

static const struct node *find_merged(const struct node *mapping, struct lookup *lookup);

static const struct node *find_in(const struct node *mapping, struct lookup *lookup)
{
	const struct entry *entry;
	const struct node *found;

	mapping = node_resolve(mapping);
	if (!mapping || mapping->kind != NODE_MAPPING || !lookup->budget)
		return NULL;
	lookup->budget--;
	entry = find_entry(mapping, lookup->key, lookup->n_key);
	if (entry)
		return entry->value;
	if (lookup->depth >= NODE_DEPTH_MAX)
		return NULL;
	lookup->depth++;
	found = find_merged(mapping, lookup);
	lookup->depth--;
	return found;
}

static const struct node *find_merged(const struct node *mapping, struct lookup *lookup)
{
	for (size_t i = 0; i < mapping->n; i++) {
		const struct node *value = mapping->entries[i].value;
		const struct node *found = NULL;

		if (!merge_is_key(mapping->entries[i].key))
			continue;
		if (value->kind != NODE_SEQUENCE)
			found = find_in(value, lookup);
		for (size_t j = 0; value->kind == NODE_SEQUENCE && j < value->n && !found; j++)
			found = find_in(value->items[j], lookup);
		if (found)
			return found;
	}
	return NULL;
}

const struct node *node_find(const struct node *mapping, const char *key)
{
	struct lookup lookup = {
		.key = key,
		.n_key = strlen(key),
		.budget = NODE_EXPANDED_MAX,
	};

	return find_in(mapping, &lookup);
}

struct node *node_new_scalar(struct arena *arena, const char *text, size_t n_text,
                             enum node_style style)
{
	struct node *node = n_text <= NODE_N_MAX ? arena_alloc(arena, sizeof(*node)) : NULL;

	if (!node)
		return NULL;
	node->kind = NODE_SCALAR;
	node->style = style;
	node->text = arena_copy(arena, text, n_text);
	node->n = (uint32_t)n_text;
	return node->text ? node : NULL;
}

/* A replacement stands where the old node stood, as far as messages go, and is written like it. */
static struct node *new_collection(struct arena *arena, enum node_kind kind,
                                   const struct node *origin, size_t n)
{
	struct node *node = n <= NODE_N_MAX ? arena_alloc(arena, sizeof(*node)) : NULL;

	if (!node)
		return NULL;
	node->kind = kind;
	node->origin = origin;
	node->n = (uint32_t)n;
	return node;
}

struct node *node_new_sequence(struct arena *arena, const struct node *origin,
                               const struct node *const *items, size_t n_items)
{
	struct node *node = new_collection(arena, NODE_SEQUENCE, origin, n_items);
	const struct node **copy;

	if (!node || !n_items)
		return node;
	copy = arena_alloc_array(arena, n_items, sizeof(const struct node *));
	if (!copy)
		return NULL;
	memcpy(copy, items, n_items * sizeof(const struct node *));
	node->items = copy;
	return node;
}

struct node *node_new_mapping(struct arena *arena, const struct node *origin,
                              const struct entry *entries, size_t n_entries)
{
	struct node *node = new_collection(arena, NODE_MAPPING, origin, n_entries);
	struct entry *copy;

	if (!node || !n_entries)
		return node;
	copy = arena_alloc_array(arena, n_entries, sizeof(*copy));
	if (!copy)
		return NULL;
	memcpy(copy, entries, n_entries * sizeof(*copy));
	node->entries = copy;
	return node;
}
