#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The anchors of one document. An own file because search.h and document/node.h both have a
 * struct entry.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct node;

/* What a node becomes when its aliases are expanded. */
struct extent {
	size_t n_nodes;
	size_t n_bytes;         /* of scalars */
	size_t n_aliased;       /* of those nodes, what aliases stand for */
	size_t n_aliased_bytes; /* likewise */
	unsigned int n_depth;   /* of nested collections */
};

struct anchor {
	const char *name;
	const struct node *node;
	struct extent extent; /* when not is_open */
	bool is_open;         /* the node's end was not seen: an alias would contain itself */
};

/* A tree of anchors that lie in an arena: sorted, so that no choice of names makes it slow. */
struct anchors {
	void *root;
};

/* Returns borrowed from the arena; NULL when there is none. */
struct anchor *anchors_find(const struct anchors *anchors, const char *name);

/* The anchor of that name, made in arena if there was none. NULL without memory. */
struct anchor *anchors_get(struct anchors *anchors, struct arena *arena, const char *name);

/* Forgets all. */
void anchors_clear(struct anchors *anchors);
