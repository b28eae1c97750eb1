#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Merge keys (https://yaml.org/type/merge.html), as the reader and the tree need them. */

#include <stdbool.h>

#include "document/node.h"

/* A plain `<<` (or one tagged !!merge); a quoted one is an ordinary key. */
bool merge_is_key(const struct node *key);

/* Whether a mapping (no alias) has a merge key. */
bool merge_has(const struct node *mapping);

#define MERGE_BAD_MESSAGE "a merge (<<) takes a mapping or a sequence of mappings"

/* What a merge may name: a mapping, an alias to one, or a sequence of those. Returns NULL when
 * value is such, else the node that is not. Borrowed. */
const struct node *merge_find_bad(const struct node *value);
