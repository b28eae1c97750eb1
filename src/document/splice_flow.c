/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Flow collections, on one line or on many. The commas are the difficulty: every child that stays
 * needs one behind it but the last, and a comment may stand behind that comma.
 */

#include "splice_internal.h"

#include <errno.h>
#include <string.h>

#include "yaml_format.h"

struct flow {
	struct splicer *splicer;
	const struct site *site; /* of the collection */
	const struct node *before;
	const struct node *after;
	const struct match *match;
	bool json;
	size_t last;         /* old child that stays as the last one of the old; NOWHERE: none */
	struct buffer entry; /* the text of one new child */
};

static size_t child_start(const struct flow *flow, size_t i)
{
	return child_text_start(flow->splicer, flow->before, i);
}

static size_t child_end(const struct flow *flow, size_t i)
{
	return child_text_end(flow->before, i);
}

/* Where the comma behind a child stands, or NOWHERE. */
static size_t comma_of(const struct flow *flow, size_t i)
{
	size_t offset = text_skip_separation(flow->splicer, child_end(flow, i));

	return flow->splicer->text[offset] == ',' ? offset : NOWHERE;
}

/* Behind the child and its comma. */
static size_t span_end(const struct flow *flow, size_t i)
{
	size_t comma = comma_of(flow, i);

	return comma == NOWHERE ? child_end(flow, i) : comma + 1;
}

static struct site child_site(const struct flow *flow, size_t i)
{
	struct site site = {
		.kind = flow->before->kind == NODE_MAPPING ? SITE_VALUE : SITE_ITEM,
		.in_flow = true,
		.json = flow->json,
		.lead = NOWHERE,
		.column = flow->site->column,
		.layout = flow->site->layout,
	};

	if (site.kind == SITE_VALUE) {
		site.lead = entry_colon_end(flow->splicer, flow->before, i);
		site.key_end = flow->before->entries[i].key->end.offset;
	}
	return site;
}

/* Takes whole lines when the child stands on lines of its own. */
static void remove_child(struct flow *flow, size_t i)
{
	struct splicer *splicer = flow->splicer;
	size_t start = child_start(flow, i);
	size_t end = span_end(flow, i);
	size_t line;

	if (text_is_first_on_line(splicer, start) && text_is_last_on_line(splicer, end)) {
		line = text_line_start(splicer, start);
		line = text_comments_above(splicer, line,
		                           i ? span_end(flow, i - 1) : flow->before->start.offset,
		                           text_column(splicer, start));
		cuts_remove(&splicer->cuts, line, text_next_line(splicer, end));
		return;
	}
	if (flow->last != NOWHERE && i > flow->last)
		start = text_back_over_blanks(splicer, start);
	else
		end = text_skip_blanks(splicer, end);
	cuts_remove(&splicer->cuts, start, end);
}

static int format_child(struct flow *flow, size_t i_new)
{
	struct yaml_format format = {
		.layout = &flow->site->layout,
		.json = flow->json,
	};

	buffer_clear(&flow->entry);
	if (flow->after->kind == NODE_MAPPING)
		return yaml_format_flow_entry(&flow->after->entries[i_new], &format, &flow->entry);
	return yaml_format_flow(flow->after->items[i_new], &format, &flow->entry);
}

static void add(struct flow *flow, size_t offset, const char *text, size_t n_text)
{
	cuts_add(&flow->splicer->cuts, offset, offset, text, n_text);
}

/* Whether new children go on lines of their own: beside one that begins its line. */
static bool is_on_own_line(const struct flow *flow, size_t i)
{
	return text_is_first_on_line(flow->splicer, child_start(flow, i)) &&
	       text_line_start(flow->splicer, child_start(flow, i)) > flow->before->start.offset;
}

/* The blanks before a child that begins its line. */
static void add_indentation(struct flow *flow, size_t offset, size_t i)
{
	size_t start = child_start(flow, i);
	size_t line = text_line_start(flow->splicer, start);

	add(flow, offset, flow->splicer->text + line, start - line);
}

static int insert_first(struct flow *flow, size_t n_new)
{
	bool own_line = is_on_own_line(flow, 0);
	size_t offset = child_start(flow, 0);

	if (own_line)
		offset = text_comments_above(flow->splicer, text_line_start(flow->splicer, offset),
		                             flow->before->start.offset + 1,
		                             text_column(flow->splicer, offset));
	for (size_t i = 0; i < n_new; i++) {
		int r = format_child(flow, i);

		if (r)
			return r;
		if (own_line)
			add_indentation(flow, offset, 0);
		add(flow, offset, flow->entry.data, flow->entry.n_data);
		add(flow, offset, ", ", own_line ? 1 : 2);
		if (own_line)
			add(flow, offset, flow->splicer->line_break,
			    strlen(flow->splicer->line_break));
	}
	return 0;
}

/* Behind the old child i, which stays. A comma that is there stays where it is, before its
 * comment. */
static int insert_behind(struct flow *flow, size_t i, const size_t *inserted, size_t n_inserted)
{
	const struct splicer *splicer = flow->splicer;
	bool own_line = is_on_own_line(flow, i);
	bool needs_comma = comma_of(flow, i) == NOWHERE;
	size_t offset = span_end(flow, i);

	if (own_line && text_is_last_on_line(splicer, offset)) {
		add(flow, offset, ",", needs_comma);
		needs_comma = false;
		offset = text_line_end(splicer, offset);
	}
	for (size_t k = 0; k < n_inserted; k++) {
		int r = format_child(flow, inserted[k]);

		if (r)
			return r;
		add(flow, offset, ",", needs_comma);
		if (own_line) {
			add(flow, offset, splicer->line_break, strlen(splicer->line_break));
			add_indentation(flow, offset, i);
		} else {
			add(flow, offset, " ", 1);
		}
		add(flow, offset, flow->entry.data, flow->entry.n_data);
		needs_comma = true;
	}
	/* More old children follow. */
	add(flow, offset, ",", i != flow->last);
	return 0;
}

/* The new children from i_new on that have no old one: up to the next that has one, or all. */
static size_t find_inserted(const struct flow *flow, size_t i_new, bool all, size_t *inserted)
{
	size_t n = 0;

	for (size_t i = i_new; i < flow->match->n_new; i++) {
		if (flow->match->old_of_new[i] == NOWHERE)
			inserted[n++] = i;
		else if (!all)
			break;
	}
	return n;
}

static int splice_child(struct flow *flow, size_t i)
{
	size_t i_new = flow->match->new_of_old[i];
	const struct node *before = child_value(flow->before, i);
	struct site site;

	if (i_new == NOWHERE) {
		remove_child(flow, i);
		return 0;
	}
	if (before == child_value(flow->after, i_new))
		return 0;
	site = child_site(flow, i);
	return splice_node(flow->splicer, &site, before, child_value(flow->after, i_new));
}

/* The last child that stays gives up its comma when all behind it go. */
static void remove_last_comma(struct flow *flow)
{
	size_t comma;

	if (flow->last == NOWHERE)
		return;
	comma = comma_of(flow, flow->last);
	if (flow->last + 1 < flow->before->n && comma_of(flow, flow->before->n - 1) == NOWHERE)
		cuts_remove(&flow->splicer->cuts, comma, comma + 1);
}

static int splice_items(struct flow *flow, size_t *inserted)
{
	size_t n = find_inserted(flow, 0, false, inserted);
	int r = n ? insert_first(flow, n) : 0;

	for (size_t i = 0; i < flow->before->n && !r; i++) {
		size_t i_new = flow->match->new_of_old[i];

		r = splice_child(flow, i);
		if (r || i_new == NOWHERE)
			continue;
		n = find_inserted(flow, i_new + 1, false, inserted);
		if (n)
			r = insert_behind(flow, i, inserted, n);
		else if (i == flow->last)
			remove_last_comma(flow);
	}
	return r;
}

/* New entries stand at the end, whatever their order is. */
static int splice_entries(struct flow *flow, size_t *inserted)
{
	size_t n = find_inserted(flow, 0, true, inserted);
	int r = 0;

	for (size_t i = 0; i < flow->before->n && !r; i++)
		r = splice_child(flow, i);
	if (r)
		return r;
	if (n)
		return insert_behind(flow, flow->last, inserted, n);
	remove_last_comma(flow);
	return 0;
}

/* `[key: value]` gets braces when it gets company. */
static int splice_bare_pair(struct flow *flow, size_t *inserted)
{
	size_t n = find_inserted(flow, 0, true, inserted);
	size_t start = flow->before->start.offset;
	size_t end = flow->before->end.offset;
	int r = splice_child(flow, 0);

	if (n)
		add(flow, start, "{", 1);
	for (size_t i = 0; i < n && !r; i++) {
		r = format_child(flow, inserted[i]);
		add(flow, end, ", ", 2);
		if (!r)
			add(flow, end, flow->entry.data, flow->entry.n_data);
	}
	if (n)
		add(flow, end, "}", 1);
	return r;
}

int splice_flow(struct splicer *splicer, const struct site *site, const struct node *before,
                const struct node *after, const struct match *match)
{
	_cleanup_(freep) size_t *inserted = malloc((match->n_new + 1) * sizeof(*inserted));
	struct flow flow = {
		.splicer = splicer,
		.site = site,
		.before = before,
		.after = after,
		.match = match,
		.json = node_is_json(before, site->json),
		.last = (size_t)before->n - 1, /* NOWHERE when it is empty */
	};
	int r;

	if (!inserted)
		return -ENOMEM;
	while (flow.last != NOWHERE && match->new_of_old[flow.last] == NOWHERE)
		flow.last--;
	if (node_is_bare_pair(splicer, before))
		r = splice_bare_pair(&flow, inserted);
	else if (before->kind == NODE_MAPPING)
		r = splice_entries(&flow, inserted);
	else
		r = splice_items(&flow, inserted);
	buffer_deinit(&flow.entry);
	return r;
}

int splice_empty_flow(struct splicer *splicer, const struct site *site, const struct node *before,
                      const struct node *after)
{
	struct flow flow = {
		.splicer = splicer,
		.site = site,
		.before = before,
		.after = after,
		.json = site->json,
	};
	size_t offset = before->start.offset + 1;
	int r = 0;

	for (size_t i = 0; i < after->n && !r; i++) {
		r = format_child(&flow, i);
		add(&flow, offset, ", ", i ? 2 : 0);
		if (!r)
			add(&flow, offset, flow.entry.data, flow.entry.n_data);
	}
	buffer_deinit(&flow.entry);
	return r;
}
