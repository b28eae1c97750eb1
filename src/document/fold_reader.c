/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The bytes of a piece are known: they were read before. What is made of them depends on what stands
 * around, and that shows in three ways only: where a mapping begins and in which column, and where
 * it ends. So only these are looked at, and the kinds of the events between two mappings; what the
 * scalars say and how they are nested is what it was.
 *
 * The limits on nodes and on the work of libyaml hold as if there were nodes. Single pairs in a flow
 * sequence count as brackets for that, which is a little too much.
 */

#include "fold_reader.h"

#include <errno.h>
#include <stdio.h>

#include "tree_nodes.h"

/* From the end of a span to the next one: its entry ends, another one begins, with two keys and a
 * scalar. */
static const yaml_event_type_t between[] = {
	YAML_MAPPING_END_EVENT, YAML_MAPPING_START_EVENT, YAML_SCALAR_EVENT,
	YAML_SCALAR_EVENT,      YAML_SCALAR_EVENT,
};

void fold_reader_init(struct fold_reader *reader, struct folds *folds)
{
	*reader = (struct fold_reader){ .folds = folds };
}

bool fold_reader_is_done(const struct fold_reader *reader)
{
	return reader->i_fold == reader->folds->n_folds;
}

static int fail(struct tree_builder *builder)
{
	builder->n_errors++;
	return TREE_BUILDER_E_LIMIT;
}

static const struct span *current_span(const struct fold_reader *reader)
{
	return &reader->folds->spans[reader->i_span];
}

static bool is_flow(const struct fold_reader *reader, size_t depth)
{
	return reader->flow[depth / 64] >> depth % 64 & 1;
}

static int begin_collection(struct fold_reader *reader, struct tree_builder *builder, bool flow)
{
	uint64_t bit = UINT64_C(1) << reader->depth % 64;
	uint64_t *word = &reader->flow[reader->depth / 64];

	builder->flow_depth += flow;
	if (reader->depth >= NODE_DEPTH_MAX || builder->flow_depth > YAML_FLOW_DEPTH_MAX)
		return fail(builder);
	*word = flow ? *word | bit : *word & ~bit;
	reader->depth++;
	reader->extent.n_nodes++;
	if (reader->extent.n_depth < reader->depth)
		reader->extent.n_depth = (unsigned int)reader->depth;
	return 0;
}

/* Whether mark is where the current span begins. */
static bool begins_span(const struct fold_reader *reader, const struct mark *mark, bool flow)
{
	const struct span *span = current_span(reader);

	return mark->offset == span->offset && (flow || mark->column == span->column);
}

static int begin_span(struct fold_reader *reader, struct tree_builder *builder,
                      const yaml_event_t *event, const struct mark *mark)
{
	bool flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;

	if (!begins_span(reader, mark, flow))
		return fail(builder);
	reader->last = *mark;
	return begin_collection(reader, builder, flow);
}

static int put_placeholder(struct fold_reader *reader, struct tree_builder *builder)
{
	size_t end = span_end(current_span(reader));
	struct fold *fold = &reader->folds->folds[reader->i_fold];
	char text[FOLD_PREFIX_MAX + 32];
	int n_text = snprintf(text, sizeof(text), "%s%zu", reader->folds->prefix, reader->i_fold);
	const struct node place = {
		.start = reader->start,
		.end = locator_advance(&builder->locator, reader->last, end),
	};
	int r = tree_nodes_add_placeholder(builder, text, (size_t)n_text, &place, &reader->extent,
	                                   &fold->node);

	reader->extent = (struct extent){ 0 };
	reader->i_fold++;
	reader->n_between = 0;
	return r;
}

/* The collection around the current span has ended. */
static int end_span(struct fold_reader *reader, struct tree_builder *builder, bool flow,
                    const struct mark *mark)
{
	const struct fold *fold = &reader->folds->folds[reader->i_fold];
	size_t end = span_end(current_span(reader));

	/* Block style ends with the next token, wherever that is. */
	if (flow ? mark->offset != end : mark->offset < end || reader->last.offset > end)
		return fail(builder);
	if (reader->i_span + 1 == fold->first + fold->n) {
		int r = put_placeholder(reader, builder);

		reader->i_span++;
		return r;
	}
	reader->i_span++;
	reader->n_between = 1;
	return 0;
}

static int end_collection(struct fold_reader *reader, struct tree_builder *builder,
                          const yaml_event_t *event)
{
	bool flow = is_flow(reader, --reader->depth);
	struct mark mark = locator_find(&builder->locator,
	                                flow ? &event->end_mark : &event->start_mark);

	builder->flow_depth -= flow;
	if (flow)
		reader->last = mark;
	return reader->depth ? 0 : end_span(reader, builder, flow, &mark);
}

static void add_scalar(struct fold_reader *reader, struct tree_builder *builder,
                       const yaml_event_t *event)
{
	reader->extent.n_nodes++;
	reader->extent.n_bytes += event->data.scalar.length;
	/* What is missing stands where the next token is. */
	if (event->end_mark.index > event->start_mark.index)
		reader->last = locator_find(&builder->locator, &event->end_mark);
}

/* An event within a span. */
static int take_inside(struct fold_reader *reader, struct tree_builder *builder,
                       const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		add_scalar(reader, builder, event);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		return begin_collection(reader, builder,
		                        event->data.sequence_start.style ==
		                                YAML_FLOW_SEQUENCE_STYLE);
	case YAML_MAPPING_START_EVENT:
		return begin_collection(reader, builder,
		                        event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end_collection(reader, builder, event);
	default:
		return fail(builder);
	}
}

/* An event between two spans of a piece; with the last one the next span begins. */
static int take_between(struct fold_reader *reader, struct tree_builder *builder,
                        const yaml_event_t *event)
{
	struct mark mark;

	if (reader->n_between <= ARRAY_SIZE(between)) {
		if (event->type != between[reader->n_between - 1])
			return fail(builder);
		reader->extent.n_nodes += event->type != YAML_MAPPING_END_EVENT;
		if (event->type == YAML_SCALAR_EVENT)
			reader->extent.n_bytes += event->data.scalar.length;
		reader->n_between++;
		return 0;
	}
	if (event->type != YAML_MAPPING_START_EVENT)
		return fail(builder);
	reader->n_between = 0;
	mark = locator_find(&builder->locator, &event->start_mark);
	return begin_span(reader, builder, event, &mark);
}

/* Whether a piece begins with the event. */
static bool begins_piece(struct fold_reader *reader, struct tree_builder *builder,
                         const yaml_event_t *event)
{
	if (event->type != YAML_MAPPING_START_EVENT || fold_reader_is_done(reader))
		return false;
	reader->start = locator_find(&builder->locator, &event->start_mark);
	return reader->start.offset == current_span(reader)->offset;
}

int fold_reader_take(struct fold_reader *reader, struct tree_builder *builder,
                     const yaml_event_t *event, bool *takenp)
{
	*takenp = true;
	if (reader->depth)
		return take_inside(reader, builder, event);
	if (reader->n_between)
		return take_between(reader, builder, event);
	if (begins_piece(reader, builder, event))
		return begin_span(reader, builder, event, &reader->start);
	*takenp = false;
	return 0;
}
