/* SPDX-License-Identifier: Apache-2.0 */

#include "expansion.h"

static bool take(struct expansion *left, const struct node *node, unsigned int depth);

static bool take_children(struct expansion *left, const struct node *node, unsigned int depth)
{
	for (size_t i = 0; i < node->n; i++) {
		if (node->kind == NODE_SEQUENCE) {
			if (!take(left, node->items[i], depth))
				return false;
		} else if (!take(left, node->entries[i].key, depth) ||
		           !take(left, node->entries[i].value, depth)) {
			return false;
		}
	}
	return true;
}

static bool take(struct expansion *left, const struct node *node, unsigned int depth)
{
	const struct node *resolved = node_resolve(node);

	if (left->n_nodes == 0)
		return false;
	left->n_nodes--;
	if (resolved->kind == NODE_SCALAR) {
		if (resolved->n > left->n_text)
			return false;
		left->n_text -= resolved->n;
		return true;
	}
	/* Deeper trees are refused by the renderer, which names the place. */
	return depth == NODE_DEPTH_MAX || take_children(left, resolved, depth + 1);
}

bool expansion_take(struct expansion *left, const struct node *node)
{
	return take(left, node, 0);
}
