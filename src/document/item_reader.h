#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Gives the items of one sequence away as soon as each is built (yaml_read_items()), and their
 * memory to the items that follow: what is used again and again stays in the cache.
 */

#include "tree_builder.h"

struct item_reader {
	const struct yaml_items *items; /* borrowed */
	size_t depth;                   /* frames, the sequence among them; 0: not in it */
	/* before the item */
	struct arena_mark mark;
	size_t n_children;
	size_t n_anchors;
};

/* Whether the event may belong to the sequence itself: mostly it is one within an item. */
static inline bool item_reader_is_near(const struct item_reader *reader,
                                       const struct tree_builder *builder)
{
	return builder->n_frames <= reader->items->n_keys + 1;
}

/* Around each event that is near. after: 0, -ENOMEM or TREE_BUILDER_E_STOPPED. */
void item_reader_before(struct item_reader *reader, const struct tree_builder *builder);
_must_check_ int item_reader_after(struct item_reader *reader, struct tree_builder *builder);
