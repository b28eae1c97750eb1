/* SPDX-License-Identifier: Apache-2.0 */

#include "tree_nodes.h"

#include <errno.h>
#include <string.h>

#include "tree_marks.h"

static struct frame *top_frame(struct tree_builder *builder)
{
	return builder->n_frames ? &builder->frames[builder->n_frames - 1] : NULL;
}

/* The array doubles. */
static int make_room(void *arrayp, size_t n, size_t *n_allocatedp, size_t n_bytes)
{
	size_t n_allocated = *n_allocatedp ? *n_allocatedp * 2 : 16;
	void *array;

	if (n < *n_allocatedp)
		return 0;
	array = reallocarray(*(void **)arrayp, n_allocated, n_bytes);
	if (!array)
		return -ENOMEM;
	*(void **)arrayp = array;
	*n_allocatedp = n_allocated;
	return 0;
}

static int check_extent(struct tree_builder *builder, const struct node *node,
                        const struct extent *extent)
{
	if (extent->n_nodes > NODE_EXPANDED_MAX)
		return tree_builder_fail_limit(
			builder, node,
			"the document has more than %zu nodes when its aliases are expanded",
			NODE_EXPANDED_MAX);
	if (extent->n_aliased > NODE_ALIASED_MAX)
		return tree_builder_fail_limit(
			builder, node, "the aliases of the document stand for more than %zu nodes",
			NODE_ALIASED_MAX);
	if (extent->n_aliased_bytes > NODE_ALIASED_BYTES_MAX)
		return tree_builder_fail_limit(
			builder, node, "the aliases of the document stand for more than %zu bytes",
			NODE_ALIASED_BYTES_MAX);
	return 0;
}

/* Puts a node whose end was seen into the collection around it, or makes it the root. */
static int add_child(struct tree_builder *builder, const struct node *node,
                     const struct extent *extent)
{
	struct frame *frame = top_frame(builder);
	int r;

	if (!frame) {
		builder->documents[builder->n_documents - 1].root = node;
		return check_extent(builder, node, extent);
	}
	r = make_room(&builder->children, builder->n_children, &builder->n_children_allocated,
	              sizeof(const struct node *));
	if (r)
		return r;
	builder->children[builder->n_children++] = node;
	frame->extent.n_nodes += extent->n_nodes;
	frame->extent.n_bytes += extent->n_bytes;
	frame->extent.n_aliased += extent->n_aliased;
	frame->extent.n_aliased_bytes += extent->n_aliased_bytes;
	if (extent->n_depth + 1 > frame->extent.n_depth)
		frame->extent.n_depth = extent->n_depth + 1;
	return check_extent(builder, node, &frame->extent);
}

/* n_more bytes stand behind the node. */
static int new_node(struct tree_builder *builder, enum node_kind kind, size_t n_more,
                    struct node **nodep)
{
	struct node *node = arena_alloc(builder->arena, sizeof(*node) + n_more);

	if (!node)
		return -ENOMEM;
	builder->n_nodes++;
	node->kind = kind;
	node->source = builder->source;
	*nodep = node;
	return 0;
}

/* More text may have more nodes: that it has too many is no definite error. */
static int check_count(struct tree_builder *builder, const struct node *node)
{
	size_t max = YAML_NODES_FREE + builder->source->n_text / YAML_NODE_BYTES;

	if (builder->n_nodes <= max)
		return 0;
	tree_builder_error(builder, node, false,
	                   "the text has more than %zu nodes, which is too many for its size", max);
	return TREE_BUILDER_E_LIMIT;
}

/* The same tag mostly comes again and again. */
static int copy_tag(struct tree_builder *builder, const char *tag, const char **copyp)
{
	if (!builder->last_tag || strcmp(builder->last_tag, tag) != 0)
		builder->last_tag = arena_copy(builder->arena, tag, strlen(tag));
	*copyp = builder->last_tag;
	return *copyp ? 0 : -ENOMEM;
}

/* A name may be given again: then it means the later node from there on. */
static int set_anchor(struct tree_builder *builder, struct node *node, const char *name,
                      const struct extent *extent, struct anchor **anchorp)
{
	struct anchor *anchor = anchors_get(&builder->anchors, builder->arena, name);

	if (!anchor)
		return -ENOMEM;
	builder->n_anchors++;
	node->anchor = anchor->name;
	anchor->node = node;
	anchor->is_open = !extent;
	if (extent)
		anchor->extent = *extent;
	if (anchorp)
		*anchorp = anchor;
	return 0;
}

static int set_properties(struct tree_builder *builder, struct node *node, const yaml_char_t *tag,
                          const yaml_char_t *anchor, const struct extent *extent,
                          struct anchor **anchorp)
{
	int r = 0;

	if (tag)
		r = copy_tag(builder, (const char *)tag, &node->tag);
	if (!r && anchor)
		r = set_anchor(builder, node, (const char *)anchor, extent, anchorp);
	return r;
}

static enum node_style scalar_style(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return NODE_STYLE_SINGLE_QUOTED;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return NODE_STYLE_DOUBLE_QUOTED;
	case YAML_LITERAL_SCALAR_STYLE:
		return NODE_STYLE_LITERAL;
	case YAML_FOLDED_SCALAR_STYLE:
		return NODE_STYLE_FOLDED;
	case YAML_PLAIN_SCALAR_STYLE:
	case YAML_ANY_SCALAR_STYLE:
	default:
		return NODE_STYLE_PLAIN;
	}
}

int tree_nodes_add_scalar(struct tree_builder *builder, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t n_text = event->data.scalar.length;
	struct extent extent = { .n_nodes = 1, .n_bytes = n_text };
	struct node *node;
	int r;

	r = new_node(builder, NODE_SCALAR, n_text + 1, &node);
	if (r)
		return r;
	node->style = scalar_style(event->data.scalar.style);
	node->text = memcpy(node + 1, text, n_text); /* the arena has put a NUL behind it */
	node->n = n_text;
	tree_marks_scalar(builder, node, event);
	if (event->data.scalar.tag || event->data.scalar.anchor)
		r = set_properties(builder, node, event->data.scalar.tag, event->data.scalar.anchor,
		                   &extent, NULL);
	if (r)
		return r;
	if (node->anchor)
		tree_marks_check_anchor(builder, node);
	r = check_count(builder, node);
	return r ? r : add_child(builder, node, &extent);
}

int tree_nodes_add_placeholder(struct tree_builder *builder, const char *text, size_t n_text,
                               const struct node *place, const struct extent *extent,
                               const struct node **nodep)
{
	struct node *node;
	int r = new_node(builder, NODE_SCALAR, 0, &node);

	if (r)
		return r;
	builder->n_nodes += extent->n_nodes - 1;
	node->style = NODE_STYLE_DOUBLE_QUOTED;
	node->text = arena_copy(builder->arena, text, n_text);
	node->n = n_text;
	if (!node->text)
		return -ENOMEM;
	node->properties = place->start;
	node->start = place->start;
	node->end = place->end;
	*nodep = node;
	r = check_count(builder, node);
	return r ? r : add_child(builder, node, extent);
}

int tree_nodes_add_alias(struct tree_builder *builder, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct anchor *anchor = anchors_find(&builder->anchors, name);
	struct extent extent = { .n_nodes = 1 };
	struct node *node;
	int r;

	r = new_node(builder, NODE_ALIAS, 0, &node);
	if (r)
		return r;
	node->properties = locator_find(&builder->locator, &event->start_mark);
	node->start = node->properties;
	node->end = locator_find(&builder->locator, &event->end_mark);
	r = check_count(builder, node);
	if (r)
		return r;
	if (!anchor || anchor->is_open) {
		tree_builder_error(builder, node, true,
		                   anchor ? "the node with anchor &%s contains itself"
		                          : "there is no anchor &%s before this alias",
		                   name);
		/* The text is refused, but a tree never has an alias of nothing. */
		node->kind = NODE_SCALAR;
		node->style = NODE_STYLE_PLAIN;
		node->text = "";
		return add_child(builder, node, &extent);
	}
	node->target = anchor->node;
	extent = anchor->extent;
	extent.n_aliased = extent.n_nodes;
	extent.n_aliased_bytes = extent.n_bytes;
	if (builder->n_frames + anchor->extent.n_depth > NODE_DEPTH_MAX)
		return tree_builder_fail_limit(
			builder, node,
			"the document is nested deeper than %zu collections when its "
			"aliases are expanded",
			NODE_DEPTH_MAX);
	return add_child(builder, node, &extent);
}

/*
 * libyaml looks at every open flow collection again for each token, and would take minutes for a
 * mebibyte of `[`. It reads at most 1024 characters ahead of the event it gives out (the length
 * of a key), so counting events stops it in time, and brackets in texts and comments never count.
 */
static int check_depth(struct tree_builder *builder, const struct node *node)
{
	if (builder->n_frames > NODE_DEPTH_MAX)
		return tree_builder_fail_limit(builder, node,
		                               "the text is nested deeper than %zu collections",
		                               NODE_DEPTH_MAX);
	if (builder->flow_depth > YAML_FLOW_DEPTH_MAX)
		return tree_builder_fail_limit(
			builder, node, "the text is nested deeper than %zu flow collections",
			YAML_FLOW_DEPTH_MAX);
	return check_count(builder, node);
}

int tree_nodes_begin_collection(struct tree_builder *builder, enum node_kind kind,
                                enum node_style style, const yaml_event_t *event,
                                const yaml_char_t *tag, const yaml_char_t *anchor)
{
	struct frame frame = {
		.first_child = builder->n_children,
		.extent = { .n_nodes = 1, .n_depth = 1 },
	};
	int r;

	r = make_room(&builder->frames, builder->n_frames, &builder->n_frames_allocated,
	              sizeof(*builder->frames));
	if (!r)
		r = new_node(builder, kind, 0, &frame.node);
	if (r)
		return r;
	frame.node->style = style;
	r = set_properties(builder, frame.node, tag, anchor, NULL, &frame.anchor);
	if (r)
		return r;
	tree_marks_collection(builder, frame.node, event, &frame.has_brackets);
	frame.node->end = frame.node->start;
	if (frame.node->anchor)
		tree_marks_check_anchor(builder, frame.node);
	builder->frames[builder->n_frames++] = frame;
	builder->flow_depth += frame.has_brackets ? 1 : 0;
	return check_depth(builder, frame.node);
}

static int take_items(struct tree_builder *builder, struct node *node, const struct node **children,
                      size_t n_children)
{
	const struct node **items;

	items = arena_alloc_array(builder->arena, n_children, sizeof(const struct node *));
	if (!items)
		return -ENOMEM;
	memcpy(items, children, n_children * sizeof(const struct node *));
	node->items = items;
	node->n = n_children;
	return 0;
}

static int take_entries(struct tree_builder *builder, struct node *node,
                        const struct node **children, size_t n_children)
{
	struct entry *entries;

	entries = arena_alloc_array(builder->arena, n_children / 2, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < n_children / 2; i++)
		entries[i] = (struct entry){ .key = children[2 * i], .value = children[2 * i + 1] };
	node->entries = entries;
	node->n = n_children / 2;
	return 0;
}

/* Moves the children of the frame from the common stack to the arena. */
static int take_children(struct tree_builder *builder, const struct frame *frame)
{
	size_t n = builder->n_children - frame->first_child;
	const struct node **children;

	if (!n)
		return 0;
	children = builder->children + frame->first_child;
	builder->n_children = frame->first_child;
	if (frame->node->kind == NODE_SEQUENCE)
		return take_items(builder, frame->node, children, n);
	return take_entries(builder, frame->node, children, n);
}

int tree_nodes_end_collection(struct tree_builder *builder, const yaml_event_t *event)
{
	struct frame frame = *top_frame(builder);
	const struct node *last = NULL;
	int r;

	if (builder->n_children > frame.first_child)
		last = builder->children[builder->n_children - 1];
	tree_marks_end(builder, frame.node, event, frame.has_brackets, last);
	r = take_children(builder, &frame);
	if (r)
		return r;
	builder->n_frames--;
	builder->flow_depth -= frame.has_brackets ? 1 : 0;
	if (frame.anchor && frame.anchor->node == frame.node) {
		frame.anchor->extent = frame.extent;
		frame.anchor->is_open = false;
	}
	if (frame.node->kind == NODE_MAPPING)
		r = mapping_check(builder, frame.node);
	return r ? r : add_child(builder, frame.node, &frame.extent);
}
