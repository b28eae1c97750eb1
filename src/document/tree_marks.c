/* SPDX-License-Identifier: Apache-2.0 */

/*
 * libyaml's events begin at the anchor or tag of their node. Those of block collections end at the
 * next token, behind blanks and comments; those of missing values often stand there too; block
 * scalars end behind the blank lines that follow them. All of that is put right here.
 */

#include "tree_marks.h"

#include <string.h>

#include "block_scalar.h"

/* The key that waits for its value, or NULL. */
static const struct node *pending_key(const struct tree_builder *builder)
{
	const struct frame *frame;

	if (!builder->n_frames)
		return NULL;
	frame = &builder->frames[builder->n_frames - 1];
	if (frame->node->kind != NODE_MAPPING ||
	    (builder->n_children - frame->first_child) % 2 == 0)
		return NULL;
	return builder->children[builder->n_children - 1];
}

/* A value that is missing stands behind the `:`, or behind its key where there is none. */
static struct mark find_missing(const struct tree_builder *builder, struct mark event)
{
	const struct node *key = pending_key(builder);
	struct mark colon;

	if (!builder->n_frames)
		return builder->floor;
	if (!key)
		return event;
	colon = locator_skip_blanks(&builder->locator, key->end, event.offset);
	/* A `:` at the event is the first character of the next key. */
	if (colon.offset >= event.offset || builder->locator.text[colon.offset] != ':')
		return key->end;
	colon.offset++;
	colon.column++;
	return colon;
}

/* Behind all tags and anchors: no content begins with their characters. */
static struct mark skip_properties(const struct locator *locator, struct mark mark, size_t limit)
{
	while (mark.offset < limit &&
	       (locator->text[mark.offset] == '!' || locator->text[mark.offset] == '&'))
		mark = locator_skip_property(locator, mark, limit);
	return mark;
}

void tree_marks_scalar(struct tree_builder *builder, struct node *node, const yaml_event_t *event)
{
	const struct locator *locator = &builder->locator;
	bool is_missing = node->style == NODE_STYLE_PLAIN && !node->n;

	node->properties = locator_find(&builder->locator, &event->start_mark);
	node->end = locator_find(&builder->locator, &event->end_mark);
	node->start = skip_properties(locator, node->properties, node->end.offset);
	if (is_missing && node->properties.offset == node->end.offset) {
		node->properties = find_missing(builder, node->end);
		node->start = node->properties;
		node->end = node->properties;
	} else if (is_missing) {
		node->start = node->end;
	} else if (node->style == NODE_STYLE_LITERAL || node->style == NODE_STYLE_FOLDED) {
		size_t end = block_scalar_end(locator->text, node->start.offset, node->end.offset,
		                              node->text, node->n);

		node->end = locator_advance(locator, node->start, end);
	}
}

void tree_marks_check_anchor(struct tree_builder *builder, const struct node *node)
{
	const struct locator *locator = &builder->locator;
	struct node anchor = { .source = node->source, .start = node->properties };

	/* A tag may come first. */
	if (locator->text[anchor.start.offset] != '&')
		anchor.start = locator_skip_property(locator, anchor.start, locator->n_text);
	anchor.end = anchor.start;
	if (locator->text[anchor.start.offset + 1 + strlen(node->anchor)] == '?')
		tree_builder_error(builder, &anchor, true,
		                   "the name of an anchor can have letters, digits, `_` and `-` "
		                   "only");
}

static struct mark back(struct mark mark)
{
	mark.offset--;
	mark.column--;
	return mark;
}

/* With an anchor or tag the event ends behind the token that begins the content. */
static struct mark content_start(const struct locator *locator, const struct node *node,
                                 struct mark token_end)
{
	/* The tokens that begin block collections are empty, but a sequence that is not indented
	 * begins with its first `-`. */
	if (node->style == NODE_STYLE_BLOCK &&
	    (node->kind == NODE_MAPPING || locator->text[token_end.offset] == '-'))
		return token_end;
	return back(token_end);
}

void tree_marks_collection(struct tree_builder *builder, struct node *node,
                           const yaml_event_t *event, bool *has_bracketsp)
{
	const char *text = builder->locator.text;
	struct mark token_end;

	node->properties = locator_find(&builder->locator, &event->start_mark);
	token_end = locator_find(&builder->locator, &event->end_mark);
	node->start = node->properties;
	if (node->tag || node->anchor)
		node->start = content_start(&builder->locator, node, token_end);
	/* The event of a single pair is empty, or that of its `?`. */
	*has_bracketsp = node->style == NODE_STYLE_FLOW && token_end.offset > node->start.offset &&
	                 (text[node->start.offset] == '[' || text[node->start.offset] == '{');
}

void tree_marks_end(struct tree_builder *builder, struct node *node, const yaml_event_t *event,
                    bool has_brackets, const struct node *last_child)
{
	if (has_brackets)
		node->end = locator_find(&builder->locator, &event->end_mark);
	else
		node->end = last_child ? last_child->end : node->start;
}
