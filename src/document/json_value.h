#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Values of the tree as JSON sees them. */

#include <stdbool.h>

#include "base/arena.h"
#include "document/node.h"

/*
 * Whether two trees are equal as JSON, by the rules for `test` (RFC 6902, section 4.6): numbers by
 * their value (`1` equals `1.0`), strings by their characters, objects without regard to order.
 * Unlike node_equal(), which compares what YAML types the values have. *equalp is false for trees
 * beyond the limits of node.h. 0 or -ENOMEM.
 */
_must_check_ int json_value_equal(struct arena *arena, const struct node *a, const struct node *b,
                                  bool *equalp);
