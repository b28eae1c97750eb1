#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Random edits of trees, each with the stretch of the old text that it may change. */

#include <stdio.h>

#include "random.h"
#include "tree_edit.h"

/* An edit of one place, and the stretch of text that it may change. */
struct place_edit {
	struct random *random;
	struct arena *arena;
	const struct stream *values; /* documents that new nodes come from */
	const struct source *source;
	const char *text;            /* of source */
	size_t start, end;           /* may change */
	size_t gone_start, gone_end; /* comments in here may go */
};

static inline size_t line_start(const char *text, size_t offset)
{
	while (offset && text[offset - 1] != '\n')
		offset--;
	return offset;
}

static inline size_t line_after(const char *text, size_t offset)
{
	offset += strcspn(text + offset, "\n");
	return offset + (text[offset] == '\n');
}

/* Comment lines directly above. */
static inline size_t comments_above(const char *text, size_t start)
{
	size_t line = line_start(text, start);

	while (line) {
		size_t above = line_start(text, line - 1);

		if (text[above + strspn(text + above, " \t")] != '#')
			break;
		line = above;
	}
	return line;
}

/* The line that offset is on, or when only blanks stand before it, the line with text above: there
 * the key or `-` of a value stands. */
static inline size_t lead_line(const char *text, size_t offset)
{
	size_t line = line_start(text, offset);

	if (line + strspn(text + line, " \t") < offset)
		return line;
	while (line) {
		line = line_start(text, line - 1);
		if (!strchr("#\r\n", text[line + strspn(text + line, " \t")]))
			break;
	}
	return line;
}

static inline void allow(struct place_edit *edit, size_t start, size_t end)
{
	edit->start = start;
	edit->end = end;
}

static inline void allow_gone(struct place_edit *edit, size_t start, size_t end)
{
	edit->gone_start = start;
	edit->gone_end = end;
}

static inline const struct node *take_value(struct place_edit *edit)
{
	const struct node *node =
		edit->values->documents[random_below(edit->random, edit->values->n_documents)].root;

	while ((node->kind == NODE_MAPPING || node->kind == NODE_SEQUENCE) && node->n &&
	       random_chance(edit->random, 70)) {
		size_t i = random_below(edit->random, node->n);

		node = node->kind == NODE_MAPPING ? node->entries[i].value : node->items[i];
	}
	return node_resolve(node);
}

static inline const struct node *child_of(const struct node *node, size_t i)
{
	return node->kind == NODE_MAPPING ? node->entries[i].value : node->items[i];
}

/* Where the `-`, `?` or key of a child stands. */
static inline size_t child_start(const char *text, const struct node *node, size_t i)
{
	size_t offset = node->start.offset;

	if (i == 0 && (node->style != NODE_STYLE_FLOW || !strchr("[{", text[offset])))
		return offset;
	offset = i ? child_of(node, i - 1)->end.offset : offset + 1;
	for (;;) {
		offset += strspn(text + offset, " \t\r\n,");
		if (text[offset] != '#')
			return offset;
		offset += strcspn(text + offset, "\n");
	}
}

/* node with child i replaced, or with what: removed (value NULL), or inserted there. */
static inline const struct node *with_child(struct place_edit *edit, const struct node *node,
                                            size_t i, bool insert, const struct node *value)
{
	struct entry entries[TREE_CHILDREN_MAX];
	const struct node *items[TREE_CHILDREN_MAX];
	char key[20];
	size_t n = 0;

	for (size_t j = 0; j <= node->n; j++) {
		if (j == i && value) {
			items[n] = value;
			entries[n].value = value;
			if (insert && node->kind == NODE_MAPPING) {
				snprintf(key, sizeof(key), "n%llu",
				         (unsigned long long)random_next(edit->random));
				entries[n].key = node_new_scalar(edit->arena, key, strlen(key),
				                                 NODE_STYLE_ANY);
			} else if (node->kind == NODE_MAPPING) {
				entries[n].key = node->entries[j].key;
			}
			n++;
		}
		if (j == node->n || (j == i && !insert))
			continue;
		if (node->kind == NODE_MAPPING)
			entries[n++] = node->entries[j];
		else
			items[n++] = node->items[j];
	}
	return node->kind == NODE_MAPPING ? node_new_mapping(edit->arena, node, entries, n)
	                                  : node_new_sequence(edit->arena, node, items, n);
}

/* What is merged must stay a mapping: that entry can only be removed. */
static inline bool is_merge(const struct node *node, size_t i)
{
	return node->kind == NODE_MAPPING && node_is_text(node->entries[i].key, "<<");
}

/* Changes a child of a node that stands in no text, or in another. */
static inline const struct node *edit_anywhere(struct place_edit *edit, const struct node *node)
{
	size_t i = random_below(edit->random, node->n + 1);
	bool insert = i == node->n || random_chance(edit->random, 40);
	bool removes = !insert && (random_chance(edit->random, 50) || is_merge(node, i));

	return with_child(edit, node, i, insert, removes ? NULL : take_value(edit));
}

/* Changes a child of node, and notes which stretch of text that may change. */
static inline const struct node *edit_here(struct place_edit *edit, const struct node *node)
{
	size_t i = node->n ? random_below(edit->random, node->n) : 0;
	size_t start, next, begin, end;

	if (node->source != edit->source)
		return edit_anywhere(edit, node);
	start = node->properties.offset;
	next = line_after(edit->text, node->end.offset);
	/* An empty collection may turn from flow to block, and one that becomes empty back again:
	 * the line of its key changes too. */
	if (!node->n || random_chance(edit->random, 40)) {
		i = node->kind == NODE_MAPPING ? node->n : random_below(edit->random, node->n + 1);
		allow(edit,
		      node->n ? comments_above(edit->text, start) : lead_line(edit->text, start),
		      next);
		return with_child(edit, node, i, true, take_value(edit));
	}
	begin = comments_above(edit->text, child_start(edit->text, node, i));
	if (i)
		begin = line_start(edit->text, child_of(node, i - 1)->end.offset);
	end = line_after(edit->text, child_of(node, i)->end.offset);
	if (i + 1 < node->n && child_start(edit->text, node, i + 1) > end)
		end = child_start(edit->text, node, i + 1);
	/* Blank lines go too when they would become part of a block scalar above. */
	end += strspn(edit->text + end, "\r\n");
	allow(edit, begin, end);
	allow_gone(edit, comments_above(edit->text, child_start(edit->text, node, i)),
	           line_after(edit->text, child_of(node, i)->end.offset));
	if (random_chance(edit->random, 50) && !is_merge(node, i))
		return with_child(edit, node, i, false, take_value(edit));
	if (node->n == 1)
		allow(edit, lead_line(edit->text, start), next);
	return with_child(edit, node, i, false, NULL);
}

/* Goes down to a random collection and changes it. */
static inline const struct node *edit_below(struct place_edit *edit, const struct node *node)
{
	for (size_t tries = 0; node->n && tries < 4 && random_chance(edit->random, 80); tries++) {
		size_t i = random_below(edit->random, node->n);
		const struct node *child = child_of(node, i);

		if ((child->kind == NODE_MAPPING || child->kind == NODE_SEQUENCE) &&
		    !is_merge(node, i))
			return with_child(edit, node, i, false, edit_below(edit, child));
	}
	return edit_here(edit, node);
}
