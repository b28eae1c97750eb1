/* SPDX-License-Identifier: Apache-2.0 */

/* Block collections: children on lines of their own, but for the first one behind `- `. */

#include "splice_internal.h"

#include <string.h>

#include "yaml_format.h"

struct block {
	struct splicer *splicer;
	const struct site *site; /* of the collection */
	const struct node *before;
	const struct node *after;
	struct match *match;
	unsigned int column;
	bool in_item; /* a mapping that begins behind `- ` */
	struct yaml_layout layout;
	struct buffer text; /* of the children being inserted */
};

static struct site child_site(const struct block *block, size_t i)
{
	const struct splicer *splicer = block->splicer;
	struct site site = {
		.kind = block->before->kind == NODE_MAPPING ? SITE_VALUE : SITE_ITEM,
		.column = block->column,
		.in_item = block->in_item,
		.layout = block->layout,
	};

	if (site.kind == SITE_VALUE) {
		site.key_end = block->before->entries[i].key->end.offset;
		site.lead = entry_colon_end(splicer, block->before, i);
	} else {
		site.lead = child_text_start(splicer, block->before, i) + 1;
	}
	if (site.lead != NOWHERE)
		site.floor = text_next_line(splicer, site.lead);
	else
		site.floor = child_text_end(block->before, i);
	return site;
}

static bool is_compact(const struct block *block)
{
	return !text_is_first_on_line(block->splicer, block->before->start.offset);
}

/* The lines of the child begin here: with the comments that belong to it. */
static size_t first_line(const struct block *block, size_t i)
{
	const struct splicer *splicer = block->splicer;
	size_t line = text_line_start(splicer, child_text_start(splicer, block->before, i));
	size_t floor = block->site->floor;

	if (i > 0)
		floor = text_next_line(splicer, child_text_end(block->before, i - 1));
	return text_comments_above(splicer, line, floor, block->column);
}

static size_t next_line(const struct block *block, size_t i)
{
	return text_next_line(block->splicer, child_text_end(block->before, i));
}

/* Whether only blank lines stand between a child's last line and the next child. */
static bool is_adjacent(const struct block *block, size_t i)
{
	const struct splicer *splicer = block->splicer;
	size_t next = child_text_start(splicer, block->before, i + 1);
	size_t offset = next_line(block, i);

	return text_skip_separation(splicer, offset) == next &&
	       !memchr(splicer->text + offset, '#', next - offset);
}

/* `- a: 1` loses its first entry: the next one moves up, unless a comment stands in between that is
 * not ours to remove; then the `-` stays alone on its line. */
static void remove_compact(struct block *block)
{
	struct splicer *splicer = block->splicer;
	size_t start = child_text_start(splicer, block->before, 0);
	bool adjacent = true;
	size_t kept = 0;

	for (; block->match->new_of_old[kept] == NOWHERE; kept++)
		adjacent = adjacent && is_adjacent(block, kept);
	if (adjacent) {
		cuts_remove(&splicer->cuts, start, child_text_start(splicer, block->before, kept));
		return;
	}
	cuts_remove(&splicer->cuts, text_back_over_blanks(splicer, start),
	            text_line_end(splicer, child_text_end(block->before, 0)));
}

/* Whether the text that stays before child i would take the blank lines behind it for its own. */
static bool follows_kept_breaks(const struct block *block, size_t i)
{
	while (i > 0 && block->match->new_of_old[i - 1] == NOWHERE)
		i--;
	return i > 0 && node_owns_blank_lines(block->splicer, child_value(block->before, i - 1));
}

static void remove_child(struct block *block, size_t i)
{
	size_t end = next_line(block, i);

	if (i == 0 && is_compact(block)) {
		remove_compact(block);
		return;
	}
	if (follows_kept_breaks(block, i))
		end = text_skip_blank_lines(block->splicer, end);
	cuts_remove(&block->splicer->cuts, first_line(block, i), end);
}

/* Blanks between `-` and the text of the items, as the first items have it. */
static unsigned int dash_gap(const struct block *block)
{
	const struct node *item = block->before->items[0];
	size_t lead = block->before->start.offset + 1;
	size_t start = node_text_start(item);

	if (node_is_missing(item) || text_skip_blanks(block->splicer, lead) != start ||
	    memchr(block->splicer->text + lead, '\t', start - lead))
		return 1;
	return (unsigned int)(start - lead);
}

static int format_items(struct block *block, size_t i_new, size_t n_new)
{
	unsigned int gap = dash_gap(block);
	struct yaml_format format = {
		.layout = &block->layout,
		.first_column = block->column + 1 + gap,
		.keep_flow = true,
		.in_item = true,
		.no_literals = block->splicer->no_literals,
	};

	for (size_t i = i_new; i < i_new + n_new; i++) {
		int r;

		if (i > i_new) {
			buffer_append_string(&block->text, block->splicer->line_break);
			buffer_append_repeated(&block->text, ' ', block->column);
		}
		buffer_append_char(&block->text, '-');
		buffer_append_repeated(&block->text, ' ', gap);
		r = yaml_format_block(block->after->items[i], &format, format.first_column,
		                      &block->text);
		if (r)
			return r;
	}
	return buffer_error(&block->text);
}

static int format_entries(struct block *block, size_t i_new, size_t n_new)
{
	struct node mapping = {
		.kind = NODE_MAPPING,
		.style = NODE_STYLE_BLOCK,
		.n = n_new,
		.entries = block->after->entries + i_new,
	};
	struct yaml_format format = {
		.layout = &block->layout,
		.first_column = block->column,
		.keep_flow = true,
		.in_item = block->in_item,
		.no_literals = block->splicer->no_literals,
	};

	return yaml_format_block(&mapping, &format, block->column, &block->text);
}

/* New children as text without indentation before the first line and without a break at the end. */
static int format_children(struct block *block, size_t i_new, size_t n_new)
{
	buffer_clear(&block->text);
	if (block->before->kind == NODE_MAPPING)
		return format_entries(block, i_new, n_new);
	return format_items(block, i_new, n_new);
}

static void add_text(struct block *block, size_t offset)
{
	cuts_add(&block->splicer->cuts, offset, offset, block->text.data, block->text.n_data);
}

static void add_break(struct block *block, size_t offset)
{
	const char *line_break = block->splicer->line_break;

	cuts_add(&block->splicer->cuts, offset, offset, line_break, strlen(line_break));
}

static int add_indentation(struct block *block, size_t offset)
{
	struct buffer blanks = BUFFER_INIT;
	int r;

	buffer_append_repeated(&blanks, ' ', block->column);
	r = buffer_error(&blanks);
	if (!r)
		cuts_add(&block->splicer->cuts, offset, offset, blanks.data, blanks.n_data);
	buffer_deinit(&blanks);
	return r;
}

static int insert_lines(struct block *block, size_t offset, size_t i_new, size_t n_new)
{
	int r = format_children(block, i_new, n_new);

	if (!r)
		r = add_indentation(block, offset);
	if (r)
		return r;
	add_text(block, offset);
	add_break(block, offset);
	return 0;
}

static int insert_first(struct block *block, size_t n_new)
{
	size_t offset;
	int r;

	if (!is_compact(block))
		return insert_lines(block, first_line(block, 0), 0, n_new);
	r = format_children(block, 0, n_new);
	if (r)
		return r;
	offset = child_text_start(block->splicer, block->before, 0);
	add_text(block, offset);
	add_break(block, offset);
	return add_indentation(block, offset);
}

/* The new children from i_new on that have no old one. */
static size_t count_inserted(const struct block *block, size_t i_new)
{
	size_t i = i_new;

	while (i < block->match->n_new && block->match->old_of_new[i] == NOWHERE)
		i++;
	return i - i_new;
}

static int splice_child(struct block *block, size_t i)
{
	size_t i_new = block->match->new_of_old[i];
	const struct node *before = child_value(block->before, i);
	struct site site;

	if (i_new == NOWHERE) {
		remove_child(block, i);
		return 0;
	}
	if (before == child_value(block->after, i_new))
		return 0;
	site = child_site(block, i);
	return splice_node(block->splicer, &site, before, child_value(block->after, i_new));
}

/* New items stand behind the one that they follow. */
static int splice_items(struct block *block)
{
	size_t n = count_inserted(block, 0);
	int r = n ? insert_first(block, n) : 0;

	for (size_t i = 0; i < block->before->n && !r; i++) {
		size_t i_new = block->match->new_of_old[i];

		r = splice_child(block, i);
		if (r || i_new == NOWHERE)
			continue;
		n = count_inserted(block, i_new + 1);
		if (n)
			r = insert_lines(block, next_line(block, i), i_new + 1, n);
	}
	return r;
}

/* New entries stand at the end. */
static int splice_entries(struct block *block)
{
	int r = 0;

	for (size_t i = 0; i < block->before->n && !r; i++)
		r = splice_child(block, i);
	for (size_t i = 0; i < block->after->n && !r; i++) {
		size_t n = count_inserted(block, i);

		if (!n)
			continue;
		r = insert_lines(block, next_line(block, block->before->n - 1), i, n);
		i += n;
	}
	return r;
}

int splice_block(struct splicer *splicer, const struct site *site, const struct node *before,
                 const struct node *after, struct match *match)
{
	struct block block = {
		.splicer = splicer,
		.site = site,
		.before = before,
		.after = after,
		.match = match,
		.column = text_column(splicer, before->start.offset),
		.layout = site->layout,
	};
	int r;

	block.in_item = site->kind == SITE_ITEM && before->kind == NODE_MAPPING &&
	                is_compact(&block);
	style_near(before, block.in_item, &block.layout);
	/* What stands behind `- ` cannot go and come in one place: it is replaced. */
	if (is_compact(&block) && before->kind == NODE_SEQUENCE &&
	    match->new_of_old[0] == NOWHERE && match->old_of_new[0] == NOWHERE)
		match_pair(match, 0, 0);
	r = before->kind == NODE_MAPPING ? splice_entries(&block) : splice_items(&block);
	buffer_deinit(&block.text);
	return r;
}
