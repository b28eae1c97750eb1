#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How large a tree is when its aliases are written out. Counting costs no memory and ends at the
 * limit, so it goes before everything that walks a tree with its aliases.
 */

#include <stdbool.h>
#include <stddef.h>

#include "document/node.h"

struct expansion {
	size_t n_nodes; /* left */
	size_t n_text;  /* bytes of scalars, left */
};

/* Takes what node needs off what is left; false when it is not enough. */
bool expansion_take(struct expansion *left, const struct node *node);
