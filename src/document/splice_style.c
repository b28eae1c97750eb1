/* SPDX-License-Identifier: Apache-2.0 */

#include "splice_internal.h"

#define INDENT_MIN   2
#define INDENT_MAX   8
#define NODES_MAX    10000 /* looked at in a document */
#define CHILDREN_MAX 64    /* looked at beside a change */

/* How often each kind of indentation was met. */
struct votes {
	unsigned int indent[INDENT_MAX + 1];
	unsigned int indented_sequences;
	unsigned int flush_sequences;
	unsigned int n_nodes; /* that may still be looked at */
};

static unsigned int node_column(const struct node *node)
{
	return node->start.column - 1;
}

static void vote_indent(struct votes *votes, unsigned int indent)
{
	if (indent >= INDENT_MIN && indent <= INDENT_MAX)
		votes->indent[indent]++;
}

static void vote_on_value(struct votes *votes, const struct node *mapping, const struct node *value)
{
	unsigned int column = node_column(mapping);

	if (!node_is_block_collection(value) || value->start.line == mapping->start.line ||
	    node_column(value) < column)
		return;
	if (value->kind == NODE_SEQUENCE && node_column(value) == column) {
		votes->flush_sequences++;
		return;
	}
	if (value->kind == NODE_SEQUENCE)
		votes->indented_sequences++;
	vote_indent(votes, node_column(value) - column);
}

static void vote(struct votes *votes, const struct node *node, unsigned int depth)
{
	if (!node_is_block_collection(node) || !node->source || depth > NODE_DEPTH_MAX)
		return;
	for (size_t i = 0; i < node->n && votes->n_nodes; i++) {
		const struct node *value = child_value(node, i);

		votes->n_nodes--;
		if (node->kind == NODE_MAPPING)
			vote_on_value(votes, node, value);
		vote(votes, value, depth + 1);
	}
}

static void count_votes(const struct votes *votes, struct yaml_layout *layout)
{
	unsigned int best = 0;

	for (unsigned int i = INDENT_MIN; i <= INDENT_MAX; i++) {
		if (votes->indent[i] <= best)
			continue;
		best = votes->indent[i];
		layout->indent = i;
	}
	if (votes->indented_sequences != votes->flush_sequences)
		layout->indent_sequences = votes->indented_sequences > votes->flush_sequences;
}

void style_of_document(const struct node *root, struct yaml_layout *layout)
{
	struct votes votes = { .n_nodes = NODES_MAX };

	vote(&votes, root, 0);
	count_votes(&votes, layout);
}

void style_near(const struct node *collection, struct yaml_layout *layout)
{
	struct votes votes = { .n_nodes = CHILDREN_MAX };

	/* Deep down the style may be another one, so only the values of entries count, and in a
	 * sequence those of its items. */
	for (size_t i = 0; i < collection->n && votes.n_nodes; i++, votes.n_nodes--) {
		const struct node *child = child_value(collection, i);

		if (collection->kind == NODE_MAPPING) {
			vote_on_value(&votes, collection, child);
			continue;
		}
		for (size_t j = 0; j < child->n && node_is_block_collection(child) &&
		                   child->kind == NODE_MAPPING && j < CHILDREN_MAX;
		     j++)
			vote_on_value(&votes, child, child->entries[j].value);
	}
	count_votes(&votes, layout);
}
