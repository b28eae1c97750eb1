/* SPDX-License-Identifier: Apache-2.0 */

#include "tree_builder.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "fold_reader.h"
#include "item_reader.h"
#include "tree_nodes.h"

void tree_builder_init(struct tree_builder *builder, const struct source *source,
                       struct arena *arena, struct diag *diag)
{
	*builder = (struct tree_builder){
		.arena = arena,
		.diag = diag,
		.source = source,
	};
	locator_init(&builder->locator, source);
}

void tree_builder_deinit(struct tree_builder *builder)
{
	anchors_clear(&builder->anchors);
	free(builder->frames);
	free(builder->children);
	free(builder->documents);
}

void tree_builder_error(struct tree_builder *builder, const struct node *node, bool is_definite,
                        const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;
	struct place place = node_place(node);
	va_list args;

	if (is_definite && locator_line_ends(&builder->locator, node->end.offset))
		builder->is_definite = true;
	/* Those that diag does not keep are only counted. */
	if (++builder->n_errors <= DIAG_ENTRIES_MAX) {
		va_start(args, format);
		buffer_vprintf(&message, format, args);
		va_end(args);
	}
	diag_error(builder->diag, &place, NULL, "%s", message.data ? message.data : "");
}

/* No further bytes make a text smaller. */
int tree_builder_fail_limit(struct tree_builder *builder, const struct node *node,
                            const char *format, size_t limit)
{
	tree_builder_error(builder, node, true, format, limit);
	builder->is_definite = true;
	return TREE_BUILDER_E_LIMIT;
}

static int begin_document(struct tree_builder *builder, const yaml_event_t *event)
{
	struct document *documents = builder->documents;
	size_t n = builder->n_documents;

	/* Grows when its length is a power of two (or zero). */
	if (!(n & (n - 1))) {
		documents = reallocarray(documents, n ? n * 2 : 1, sizeof(*documents));
		if (!documents)
			return -ENOMEM;
		builder->documents = documents;
	}
	documents[n] = (struct document){
		.start = locator_find(&builder->locator, &event->start_mark),
		.explicit_start = !event->data.document_start.implicit,
	};
	builder->floor = locator_find(&builder->locator, &event->end_mark);
	builder->n_documents++;
	return 0;
}

static void end_document(struct tree_builder *builder, const yaml_event_t *event)
{
	struct document *document = &builder->documents[builder->n_documents - 1];

	document->explicit_end = !event->data.document_end.implicit;
	document->end = document->explicit_end ? locator_find(&builder->locator, &event->end_mark)
	                                       : document->root->end;
	if (!document->explicit_start)
		document->start = document->root->properties;
	anchors_clear(&builder->anchors);
}

static int add_event(struct tree_builder *builder, const yaml_event_t *event)
{
	enum node_style style = NODE_STYLE_BLOCK;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return begin_document(builder, event);
	case YAML_DOCUMENT_END_EVENT:
		end_document(builder, event);
		return 0;
	case YAML_SCALAR_EVENT:
		return tree_nodes_add_scalar(builder, event);
	case YAML_ALIAS_EVENT:
		return tree_nodes_add_alias(builder, event);
	case YAML_SEQUENCE_START_EVENT:
		if (event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE)
			style = NODE_STYLE_FLOW;
		return tree_nodes_begin_collection(builder, NODE_SEQUENCE, style, event,
		                                   event->data.sequence_start.tag,
		                                   event->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		if (event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE)
			style = NODE_STYLE_FLOW;
		return tree_nodes_begin_collection(builder, NODE_MAPPING, style, event,
		                                   event->data.mapping_start.tag,
		                                   event->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return tree_nodes_end_collection(builder, event);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	default:
		return 0;
	}
}

static int fail_work(struct tree_builder *builder, const yaml_event_t *event)
{
	struct node node = { .source = builder->source };

	node.start = locator_find(&builder->locator, &event->start_mark);
	node.end = node.start;
	return tree_builder_fail_limit(
		builder, &node,
		"the text has too many nested flow collections: their depth summed up over "
		"all they hold is more than %zu",
		YAML_FLOW_WORK_MAX);
}

int tree_builder_add(struct tree_builder *builder, const yaml_event_t *event)
{
	struct item_reader *reader = builder->item_reader;
	bool taken = false;
	int r = 0;

	builder->flow_work += builder->flow_depth;
	if (builder->flow_work > YAML_FLOW_WORK_MAX)
		return fail_work(builder, event);
	if (builder->fold_reader)
		r = fold_reader_take(builder->fold_reader, builder, event, &taken);
	if (r || taken)
		return r;
	if (reader && item_reader_is_near(reader, builder))
		item_reader_before(reader, builder);
	r = add_event(builder, event);
	if (!r && reader && item_reader_is_near(reader, builder))
		r = item_reader_after(reader, builder);
	return r;
}
