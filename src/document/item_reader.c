/* SPDX-License-Identifier: Apache-2.0 */

#include "item_reader.h"

#include <errno.h>

void item_reader_before(struct item_reader *reader, const struct tree_builder *builder)
{
	if (!reader->depth || builder->n_frames != reader->depth)
		return;
	reader->mark = arena_mark(builder->arena);
	reader->n_children = builder->n_children;
	reader->n_anchors = builder->n_anchors;
}

/* Whether the frame above frames[i] is the value of that key. */
static bool is_at_key(const struct tree_builder *builder, size_t i, const char *key)
{
	const struct frame *frame = &builder->frames[i];
	size_t n_before = builder->frames[i + 1].first_child - frame->first_child;

	return frame->node->kind == NODE_MAPPING && n_before % 2 == 1 &&
	       node_is_text(builder->children[frame->first_child + n_before - 1], key);
}

static bool begins_sequence(const struct item_reader *reader, const struct tree_builder *builder)
{
	const struct yaml_items *items = reader->items;

	if (builder->n_frames != items->n_keys + 1 ||
	    builder->frames[items->n_keys].node->kind != NODE_SEQUENCE)
		return false;
	for (size_t i = 0; i < items->n_keys; i++) {
		if (!is_at_key(builder, i, items->keys[i]))
			return false;
	}
	return true;
}

/* What has an anchor may be wanted again. */
static void release(struct item_reader *reader, struct tree_builder *builder)
{
	if (builder->n_anchors != reader->n_anchors)
		return;
	arena_release(builder->arena, &reader->mark);
	builder->last_tag = NULL;
}

static int take(struct item_reader *reader, struct tree_builder *builder)
{
	const struct yaml_items *items = reader->items;
	const struct node **child = &builder->children[builder->n_children - 1];
	struct node place = {
		.kind = NODE_SCALAR,
		.style = NODE_STYLE_PLAIN,
		.start = (*child)->start,
		.end = (*child)->end,
		.properties = (*child)->properties,
		.source = builder->source,
		.text = "",
	};
	struct node *node;
	int r = items->take(items->userdata, builder->frames[reader->depth - 1].node, *child);

	if (r)
		return r < 0 ? r : TREE_BUILDER_E_STOPPED;
	release(reader, builder);
	node = arena_alloc(builder->arena, sizeof(*node));
	if (!node)
		return -ENOMEM;
	*node = place;
	*child = node;
	return 0;
}

int item_reader_after(struct item_reader *reader, struct tree_builder *builder)
{
	if (!reader->depth && begins_sequence(reader, builder))
		reader->depth = builder->n_frames;
	else if (builder->n_frames < reader->depth)
		reader->depth = 0;
	else if (builder->n_frames == reader->depth && reader->depth &&
	         builder->n_children > reader->n_children && !builder->n_errors)
		return take(reader, builder);
	return 0;
}
