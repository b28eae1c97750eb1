/* SPDX-License-Identifier: Apache-2.0 */

#include "splice_internal.h"

#include <string.h>

#include "yaml_format.h"

/* One node being replaced whole. */
struct change {
	struct splicer *splicer;
	const struct site *site;
	const struct node *before;
	size_t start; /* of the old text with its anchor and tag */
	size_t end;
	bool on_lead_line;     /* begins on the line of its key or `-` */
	size_t properties_end; /* where the content stands below its anchor and tag; else NOWHERE */
	struct buffer text;    /* the new one */
	const char *head;      /* in text: what goes behind the key or `-`, without blanks before */
	size_t n_head;
	const char *tail; /* in text: lines that go below; NULL: none */
	size_t n_tail;
};

/* Behind the anchor and tag, when nothing but perhaps a comment follows them on their line. */
static size_t find_properties_end(const struct splicer *splicer, const struct node *node)
{
	size_t offset = node_text_start(node);
	size_t end = offset;

	while (offset < node->start.offset && strchr("&!", splicer->text[offset])) {
		end = offset + strcspn(splicer->text + offset, " \t\r\n");
		offset = text_skip_blanks(splicer, end);
	}
	if (end == node_text_start(node) || !text_is_last_on_line(splicer, end) ||
	    text_skip_separation(splicer, end) != node->start.offset)
		return NOWHERE;
	return end;
}

static void change_init(struct change *change, struct splicer *splicer, const struct site *site,
                        const struct node *before)
{
	*change = (struct change){
		.splicer = splicer,
		.site = site,
		.before = before,
		.start = node_text_start(before),
		.end = before->end.offset,
		.properties_end = find_properties_end(splicer, before),
	};
	if (node_is_missing(before) && site->lead != NOWHERE)
		change->start = change->end = site->lead;
	change->on_lead_line = site->lead != NOWHERE &&
	                       !text_has_break(splicer, site->lead, change->start);
}

/* Splits the new text into the part that goes on the line and the lines below. */
static void split_text(struct change *change)
{
	const char *line_break = change->splicer->line_break;
	const char *text = change->text.data;
	const char *found = strstr(text, line_break);

	change->head = text + (text[0] == ' ');
	change->n_head = (found ? found : text + change->text.n_data) - change->head;
	if (!found)
		return;
	change->tail = found + strlen(line_break);
	change->n_tail = (size_t)(text + change->text.n_data - change->tail);
}

/* The columns that block collections get below the key of the old value. */
static void value_columns(const struct change *change, unsigned int *mapping_columnp,
                          unsigned int *sequence_columnp)
{
	const struct site *site = change->site;
	unsigned int nested = yaml_nested_column(&site->layout, site->column, site->in_item);
	unsigned int old;

	*mapping_columnp = nested;
	*sequence_columnp = site->layout.indent_sequences ? nested : site->column;
	if (!node_is_block_collection(change->before) || change->on_lead_line)
		return;
	old = text_column(change->splicer, change->start);
	if (old > site->column)
		*mapping_columnp = old;
	if (change->before->kind == NODE_SEQUENCE ||
	    (old > site->column && site->layout.indent_sequences))
		*sequence_columnp = old;
}

/* Where a block collection goes that begins behind `- `, or at the top without `---`. */
static unsigned int item_column(const struct change *change)
{
	if (change->start == change->site->lead)
		return text_column(change->splicer, change->start) + 1;
	return text_column(change->splicer, change->start);
}

/* A document of JSON stays one, and any other has its outermost collection in block style. */
static int format_root(struct change *change, const struct node *after, struct yaml_format *format)
{
	struct node root = *node_resolve(after);
	bool below_marker = change->on_lead_line;

	if (change->before->style == NODE_STYLE_FLOW && change->before->n) {
		format->json = node_is_json(change->before, false);
		if (below_marker)
			buffer_append_char(&change->text, ' ');
		return yaml_format_flow(&root, format, &change->text);
	}
	if (root.style == NODE_STYLE_FLOW)
		root.style = NODE_STYLE_BLOCK;
	if (below_marker)
		return yaml_format_value(&root, format, 0, 0, &change->text);
	return yaml_format_block(&root, format, item_column(change), &change->text);
}

static int format_change(struct change *change, const struct node *after)
{
	const struct site *site = change->site;
	struct yaml_format format = {
		.layout = &site->layout,
		.keep_flow = true,
		.no_literals = change->splicer->no_literals,
		.json = site->json,
	};
	unsigned int mapping_column, sequence_column;
	int r;

	if (site->in_flow) {
		r = yaml_format_flow(after, &format, &change->text);
	} else if (site->kind == SITE_ROOT) {
		r = format_root(change, after, &format);
	} else if (site->kind == SITE_ITEM) {
		format.first_column = item_column(change);
		format.in_item = true;
		r = yaml_format_block(after, &format, format.first_column, &change->text);
	} else {
		format.first_column = text_column(change->splicer, site->key_end) + 1;
		value_columns(change, &mapping_column, &sequence_column);
		r = yaml_format_value(after, &format, mapping_column, sequence_column,
		                      &change->text);
	}
	if (r)
		return r;
	split_text(change);
	return 0;
}

/* Nothing stays behind the key but perhaps a comment, and libyaml wants no tab before that when a
 * block collection follows. */
static void put_empty_head(struct change *change, size_t end)
{
	const struct splicer *splicer = change->splicer;
	size_t start = change->on_lead_line ? change->site->lead : change->start;
	size_t rest = text_skip_blanks(splicer, end);

	if (memchr(splicer->text + end, '\t', rest - end) && splicer->text[rest] == '#')
		cuts_add(&change->splicer->cuts, start, rest, " ", 1);
	else
		cuts_remove(&change->splicer->cuts, start, end);
}

/* Puts the head where the old text was, or behind the key when that stood without a value. */
static void put_head(struct change *change, size_t end)
{
	struct cuts *cuts = &change->splicer->cuts;
	size_t lead = change->site->lead;

	if (change->n_head == 0) {
		put_empty_head(change, end);
		return;
	}
	if (change->start == lead && (!change->site->in_flow || node_is_missing(change->before)))
		cuts_add(cuts, lead, lead, " ", 1);
	cuts_add(cuts, change->start, end, change->head, change->n_head);
}

static void put_tail(struct change *change, size_t offset)
{
	struct cuts *cuts = &change->splicer->cuts;

	if (!change->tail)
		return;
	cuts_add(cuts, offset, offset, change->tail, change->n_tail);
	cuts_add(cuts, offset, offset, change->splicer->line_break,
	         strlen(change->splicer->line_break));
}

/* The old text goes, the new one begins where it began. */
static void replace_in_place(struct change *change)
{
	struct splicer *splicer = change->splicer;
	size_t end = change->end;

	if (node_is_block_scalar(change->before)) {
		/* A comment behind the indicator stays. */
		size_t header = text_line_end(splicer, change->before->start.offset);
		size_t n = strcspn(splicer->text + change->before->start.offset, " \t\r\n");

		if (end > header)
			cuts_remove(&splicer->cuts, header, end);
		end = change->before->start.offset + n;
	} else if (node_is_block_collection(change->before)) {
		end = text_line_end(splicer, end);
	}
	put_head(change, end);
	if (change->tail)
		put_tail(change, text_next_line(splicer, change->end));
}

/* The old value stood on lines of its own below the key: those go. The comment behind a flow
 * collection or scalar stays on a line of its own, where no block scalar would swallow it. */
static void remove_below(struct change *change, size_t floor)
{
	struct splicer *splicer = change->splicer;
	size_t start = change->before->start.offset;
	size_t line = text_line_start(splicer, start);
	size_t behind = text_skip_blanks(splicer, change->end);

	if (node_is_block_collection(change->before)) {
		line = text_comments_above(splicer, line, floor, text_column(splicer, start));
	} else if (!node_is_block_scalar(change->before) && !(change->n_head && change->tail) &&
	           splicer->text[behind] == '#') {
		cuts_remove(&splicer->cuts, start, behind);
		return;
	}
	cuts_remove(&splicer->cuts, line, text_next_line(splicer, change->end));
}

static void replace_below(struct change *change)
{
	struct splicer *splicer = change->splicer;
	size_t lead = change->site->lead;
	size_t floor = text_next_line(splicer, lead);

	if (change->n_head) {
		cuts_add(&splicer->cuts, lead, lead, " ", 1);
		cuts_add(&splicer->cuts, lead, lead, change->head, change->n_head);
		put_tail(change, floor);
	}
	remove_below(change, floor);
	if (!change->n_head)
		put_tail(change, text_next_line(splicer, change->end));
}

/* The new value takes the place of the anchor and tag of the old one, which stood below them. */
static void replace_properties(struct change *change)
{
	size_t floor = text_next_line(change->splicer, change->properties_end);

	put_head(change, change->properties_end);
	put_tail(change, floor);
	remove_below(change, floor);
}

/* A value for a key that has no colon yet. */
static int put_behind_key(struct change *change)
{
	struct splicer *splicer = change->splicer;
	const struct site *site = change->site;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	size_t offset = site->key_end;
	int r;

	if (site->in_flow) {
		buffer_append_string(&text, ": ");
		buffer_append(&text, change->head, change->n_head);
	} else {
		/* `? key` */
		offset = text_next_line(splicer, offset);
		buffer_append_repeated(&text, ' ', site->column);
		buffer_append_char(&text, ':');
		buffer_append(&text, change->text.data, change->text.n_data);
		buffer_append_string(&text, splicer->line_break);
	}
	r = buffer_error(&text);
	if (!r)
		cuts_add(&splicer->cuts, offset, offset, text.data, text.n_data);
	return r;
}

static int put_change(struct change *change)
{
	const struct site *site = change->site;
	bool has_lines = change->tail || node_is_block_collection(change->before) ||
	                 node_is_block_scalar(change->before);

	if (node_is_missing(change->before) && site->lead == NOWHERE)
		return site->kind == SITE_VALUE ? put_behind_key(change) : SPLICE_E_UNABLE;
	if (change->properties_end != NOWHERE && !site->in_flow)
		replace_properties(change);
	else if (site->kind == SITE_VALUE && !site->in_flow && !change->on_lead_line && has_lines)
		replace_below(change);
	else
		replace_in_place(change);
	return 0;
}

int splice_replace(struct splicer *splicer, const struct site *site, const struct node *before,
                   const struct node *after)
{
	struct change change;
	int r;

	change_init(&change, splicer, site, before);
	r = format_change(&change, after);
	if (!r)
		r = put_change(&change);
	buffer_deinit(&change.text);
	return r;
}

static bool has_merge_key(const struct node *mapping)
{
	for (size_t i = 0; mapping->kind == NODE_MAPPING && i < mapping->n; i++) {
		if (node_is_text(mapping->entries[i].key, "<<"))
			return true;
	}
	return false;
}

/* Whether the children of before can be spliced one by one. From empty and to empty it is easier to
 * begin anew, unless a comment would be lost. */
static bool is_open(const struct splicer *splicer, const struct node *before,
                    const struct node *after)
{
	return before->source == splicer->source && before->kind == after->kind &&
	       (before->kind == NODE_MAPPING || before->kind == NODE_SEQUENCE) &&
	       ((before->n && after->n) ||
	        (node_may_hold_comment(splicer, before) && !node_is_bare_pair(splicer, before)));
}

static int splice_children(struct splicer *splicer, const struct site *site,
                           const struct node *before, const struct node *after)
{
	_cleanup_(match_deinit) struct match match = { 0 };
	int r;

	if (!before->n)
		return splice_empty_flow(splicer, site, before, after);
	r = match_children(before, after, &match);
	if (r)
		return r;
	if (!match.n_pairs && after->n)
		return splice_replace(splicer, site, before, after);
	if (before->style == NODE_STYLE_FLOW)
		return splice_flow(splicer, site, before, after, &match);
	return splice_block(splicer, site, before, after, &match);
}

int splice_node(struct splicer *splicer, const struct site *site, const struct node *before,
                const struct node *after)
{
	bool open = is_open(splicer, before, node_resolve(after));
	bool equal = before == after;
	int r = 0;

	/* Merge keys can mean the same in other words; else the children tell what is equal. */
	if (!equal && (!open || has_merge_key(before)))
		r = node_equal(before, after, &equal);
	if (r < 0 || equal)
		return r;
	if (open)
		return splice_children(splicer, site, before, node_resolve(after));
	return splice_replace(splicer, site, before, after);
}
