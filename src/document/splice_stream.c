/* SPDX-License-Identifier: Apache-2.0 */

#include "splice_stream.h"

#include <string.h>

#include "yaml_format.h"

static bool starts_with(const struct splicer *splicer, size_t offset, const char *marker)
{
	size_t n = strlen(marker);

	return splicer->n_text - offset >= n && memcmp(splicer->text + offset, marker, n) == 0;
}

static bool has_directives(const struct splicer *splicer, const struct document *document)
{
	return document->explicit_start && starts_with(splicer, document->start.offset, "%");
}

/* Behind `---`, or NOWHERE. */
static size_t marker_end(const struct splicer *splicer, const struct document *document)
{
	size_t offset = document->start.offset;

	if (!document->explicit_start)
		return NOWHERE;
	while (starts_with(splicer, offset, "%"))
		offset = text_skip_separation(splicer, text_next_line(splicer, offset));
	return starts_with(splicer, offset, "---") ? offset + 3 : NOWHERE;
}

static struct site root_site(const struct splicer *splicer, const struct document *document)
{
	struct site site = {
		.kind = SITE_ROOT,
		.lead = marker_end(splicer, document),
		.layout = yaml_layout_talos,
	};

	site.layout.line_break = splicer->line_break;
	style_of_document(document->root, &site.layout);
	if (site.lead != NOWHERE)
		site.floor = text_next_line(splicer, site.lead);
	return site;
}

/* Behind the last byte of the content, or of what stands for it. */
static size_t content_end(const struct splicer *splicer, const struct document *document)
{
	size_t marker = marker_end(splicer, document);

	if (node_is_missing(document->root) && marker != NOWHERE)
		return marker;
	return document->root->end.offset;
}

/* The nearest original document that stays; step is 1 or -1. NULL: none. */
static const struct document *find_staying(const struct edit *edit, size_t i, int step)
{
	for (i += (size_t)step; i < edit->n_documents; i += (size_t)step) {
		if (edit->documents[i].original && edit->documents[i].root)
			return edit->documents[i].original;
	}
	return NULL;
}

/* `...` must stay where nothing else would part the documents before and after. */
static bool needs_end_marker(const struct splicer *splicer, const struct edit *edit, size_t i)
{
	const struct document *previous = find_staying(edit, i, -1);
	const struct document *next = find_staying(edit, i, 1);

	return previous && next && !previous->explicit_end &&
	       (!next->explicit_start || has_directives(splicer, next));
}

/* The lines of comment that follow without a blank line. */
static size_t skip_attached_comments(const struct splicer *splicer, size_t line)
{
	while (starts_with(splicer, text_skip_blanks(splicer, line), "#"))
		line = text_next_line(splicer, line);
	return line;
}

static void delete_document(struct splicer *splicer, const struct edit *edit, size_t i,
                            const struct document *document)
{
	const struct document *previous = find_staying(edit, i, -1);
	size_t start = text_line_start(splicer, document->start.offset);
	size_t content = content_end(splicer, document);
	size_t end = text_next_line(splicer, content);
	size_t marker = text_skip_separation(splicer, content);

	if (!document->explicit_end)
		end = skip_attached_comments(splicer, end);
	else if (starts_with(splicer, marker, "...") && !needs_end_marker(splicer, edit, i))
		end = text_next_line(splicer, marker);
	if (previous && node_owns_blank_lines(splicer, previous->root))
		end = text_skip_blank_lines(splicer, end);
	cuts_remove(&splicer->cuts, start, end);
}

int stream_splice_document(struct splicer *splicer, const struct edit *edit, size_t i, bool anew)
{
	const struct edit_document *document = &edit->documents[i];
	struct site site;

	if (!document->original)
		return 0;
	if (!document->root) {
		delete_document(splicer, edit, i, document->original);
		return 0;
	}
	if (document->root == document->original->root && !anew)
		return 0;
	site = root_site(splicer, document->original);
	if (anew)
		return splice_replace(splicer, &site, document->original->root, document->root);
	return splice_node(splicer, &site, document->original->root, document->root);
}

static int add_document(struct splicer *splicer, const struct node *root,
                        const struct yaml_layout *layout, bool needs_marker)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	struct node copy = *node_resolve(root);
	int r;

	if (needs_marker)
		buffer_printf(&text, "---%s", splicer->line_break);
	if (copy.style == NODE_STYLE_FLOW)
		copy.style = NODE_STYLE_BLOCK;
	r = yaml_write_block(&copy, layout, 0, true, &text);
	if (r)
		return r;
	buffer_append_string(&text, splicer->line_break);
	r = buffer_error(&text);
	if (r)
		return r;
	cuts_add(&splicer->cuts, splicer->n_text, splicer->n_text, text.data, text.n_data);
	return 0;
}

int stream_add_documents(struct splicer *splicer, const struct edit *edit)
{
	struct yaml_layout layout = yaml_layout_talos;
	bool needs_marker = find_staying(edit, (size_t)-1, 1) != NULL;

	layout.line_break = splicer->line_break;
	if (edit->original->n_documents)
		style_of_document(edit->original->documents[0].root, &layout);
	for (size_t i = 0; i < edit->n_documents; i++) {
		const struct edit_document *document = &edit->documents[i];
		int r;

		if (document->original || !document->root)
			continue;
		r = add_document(splicer, document->root, &layout, needs_marker);
		if (r)
			return r;
		needs_marker = true;
	}
	return 0;
}

/* The block scalar that the last document ends with, when it ends at the end of the text. */
static const struct node *last_block_scalar(const struct splicer *splicer, const struct edit *edit)
{
	const struct stream *stream = edit->original;
	const struct node *node;

	if (!stream->n_documents)
		return NULL;
	node = stream->documents[stream->n_documents - 1].root;
	while (node_is_block_collection(node) && node->n)
		node = child_value(node, node->n - 1);
	return node_is_block_scalar(node) && node->end.offset == stream->source->n_text ? node
	                                                                                : NULL;
}

void stream_keep_last_break(struct splicer *splicer, const struct edit *edit)
{
	const struct node *scalar = last_block_scalar(splicer, edit);
	bool is_continued = false;
	const char *keep;
	size_t header, n;

	if (!scalar)
		return;
	header = scalar->start.offset;
	n = strcspn(splicer->text + header, " \t\r\n");
	for (size_t i = 0; i < splicer->cuts.n; i++) {
		const struct cut *cut = &splicer->cuts.cuts[i];

		is_continued = is_continued || (cut->start >= splicer->n_text && cut->n_text);
		if (cut->start <= header && cut->end > header)
			return;
	}
	if (!is_continued || memchr(splicer->text + header, '-', n))
		return;
	keep = memchr(splicer->text + header, '+', n);
	if (keep)
		header = (size_t)(keep - splicer->text);
	else
		header++;
	cuts_add(&splicer->cuts, header, header + (keep != NULL), "-", 1);
}
