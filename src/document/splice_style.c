/* SPDX-License-Identifier: Apache-2.0 */

#include "document/splice.h"
#include "splice_internal.h"

#define INDENT_MIN   2
#define INDENT_MAX   8
#define NODES_MAX    10000 /* looked at in a document */
#define CHILDREN_MAX 64    /* looked at beside a change */

/* How often each kind of indentation was met. */
struct votes {
	unsigned int indent[INDENT_MAX + 1];
	unsigned int item_indent[INDENT_MAX + 1]; /* below the keys of `- key:` */
	unsigned int indented_sequences;
	unsigned int flush_sequences;
	unsigned int n_nodes; /* that may still be looked at */
};

static unsigned int node_column(const struct node *node)
{
	return node->start.column - 1;
}

static void vote_on_value(struct votes *votes, const struct node *mapping, const struct node *value,
                          bool in_item)
{
	unsigned int column = node_column(mapping), indent;

	if (!node_is_block_collection(value) || value->start.line == mapping->start.line ||
	    node_column(value) < column)
		return;
	if (value->kind == NODE_SEQUENCE && node_column(value) == column) {
		votes->flush_sequences++;
		return;
	}
	if (value->kind == NODE_SEQUENCE)
		votes->indented_sequences++;
	indent = node_column(value) - column;
	if (indent < INDENT_MIN || indent > INDENT_MAX)
		return;
	if (in_item)
		votes->item_indent[indent]++;
	else
		votes->indent[indent]++;
}

static bool is_in_item(const struct node *sequence, const struct node *item)
{
	return sequence->kind == NODE_SEQUENCE && node_column(item) == node_column(sequence) + 2;
}

/* How many children of a collection are looked at. */
static size_t count_voters(const struct node *collection)
{
	if (collection->kind == NODE_SEQUENCE && collection->n > SPLICE_STYLE_ITEMS)
		return SPLICE_STYLE_ITEMS;
	return collection->n;
}

static void vote(struct votes *votes, const struct node *node, bool in_item, unsigned int depth)
{
	if (!node_is_block_collection(node) || !node->source || depth > NODE_DEPTH_MAX)
		return;
	for (size_t i = 0; i < count_voters(node) && votes->n_nodes; i++) {
		const struct node *value = child_value(node, i);

		votes->n_nodes--;
		if (node->kind == NODE_MAPPING)
			vote_on_value(votes, node, value, in_item);
		vote(votes, value, is_in_item(node, value), depth + 1);
	}
}

/* The indentation met most often; 0 when none was. */
static unsigned int best_indent(const unsigned int *indent)
{
	unsigned int best = 0;

	for (unsigned int i = INDENT_MIN; i <= INDENT_MAX; i++) {
		if (indent[i] && (!best || indent[i] > indent[best]))
			best = i;
	}
	return best;
}

static void count_votes(const struct votes *votes, struct yaml_layout *layout)
{
	unsigned int indent = best_indent(votes->indent);
	unsigned int item_indent = best_indent(votes->item_indent);

	if (indent)
		layout->indent = indent;
	if (item_indent)
		layout->item_indent = item_indent;
	if (votes->indented_sequences != votes->flush_sequences)
		layout->indent_sequences = votes->indented_sequences > votes->flush_sequences;
}

void style_of_document(const struct node *root, struct yaml_layout *layout)
{
	struct votes votes = { .n_nodes = NODES_MAX };

	vote(&votes, root, false, 0);
	count_votes(&votes, layout);
	/* Where items are all there is to see. */
	if (layout->item_indent && !best_indent(votes.indent))
		layout->indent = layout->item_indent;
}

void style_near(const struct node *collection, bool in_item, struct yaml_layout *layout)
{
	struct votes votes = { .n_nodes = CHILDREN_MAX };

	/* Deep down the style may be another one, so only the values of entries count, and in a
	 * sequence those of its items. */
	for (size_t i = 0; i < count_voters(collection) && votes.n_nodes; i++, votes.n_nodes--) {
		const struct node *child = child_value(collection, i);

		if (collection->kind == NODE_MAPPING) {
			vote_on_value(&votes, collection, child, in_item);
			continue;
		}
		for (size_t j = 0; j < child->n && node_is_block_collection(child) &&
		                   child->kind == NODE_MAPPING && j < CHILDREN_MAX;
		     j++)
			vote_on_value(&votes, child, child->entries[j].value,
			              is_in_item(collection, child));
	}
	count_votes(&votes, layout);
}
