/* SPDX-License-Identifier: Apache-2.0 */

#include "document/splice.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "splice_internal.h"
#include "splice_stream.h"

/* What is tried with a document, until its text is read back as it was meant. */
enum effort {
	EFFORT_SPLICE,
	EFFORT_ONE_LINE, /* no new block scalars: a comment below could become part of them */
	EFFORT_ANEW,     /* its text cannot be kept */
};

struct task {
	const struct edit *edit;
	enum effort *efforts; /* one a document */
	bool no_final_break;  /* the old text ends within a line */
	size_t n_break;       /* bytes of a line break */
	struct buffer text;
	struct diag trouble; /* of the last reading */
};

static const char *find_line_break(const struct source *source)
{
	for (size_t i = 0; i < source->n_text; i++) {
		if (source->text[i] == '\n')
			return "\n";
		if (source->text[i] == '\r')
			return source->text[i + 1] == '\n' ? "\r\n" : "\r";
	}
	return "\n";
}

/* A last line without a break gets one, so that all lines are alike; it is taken back at the end.
 */
static int splicer_init(struct splicer *splicer, const struct source *source, bool *added_breakp)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	const char *end = source->text + source->n_text;
	size_t n = source->n_text;

	*splicer = (struct splicer){
		.source = source,
		.line_break = find_line_break(source),
	};
	*added_breakp = n && !utf8_line_break(end - 1, 1) &&
	                !(n >= 2 && utf8_line_break(end - 2, 2) == 2) &&
	                !(n >= 3 && utf8_line_break(end - 3, 3) == 3);
	buffer_append(&text, source->text, n);
	if (*added_breakp)
		buffer_append_string(&text, splicer->line_break);
	splicer->text = buffer_steal(&text, &splicer->n_text);
	return splicer->text ? 0 : -ENOMEM;
}

static void splicer_deinit(struct splicer *splicer)
{
	free(splicer->text);
	cuts_deinit(&splicer->cuts);
}

/* Adds the cuts of one document; notes it when it has to be written anew. */
static int splice_document(struct task *task, struct splicer *splicer, size_t i)
{
	size_t n_cuts = splicer->cuts.n;
	int r;

	splicer->no_literals = task->efforts[i] == EFFORT_ONE_LINE;
	if (task->efforts[i] != EFFORT_ANEW) {
		r = stream_splice_document(splicer, task->edit, i, false);
		if (r != SPLICE_E_UNABLE)
			return r;
		task->efforts[i] = EFFORT_ANEW;
		splicer->cuts.n = n_cuts;
	}
	return stream_splice_document(splicer, task->edit, i, true);
}

/* Builds the new text. SPLICE_E_UNABLE, YAML_WRITE_E_INVALID or -errno. */
static int build(struct task *task)
{
	_cleanup_(splicer_deinit) struct splicer splicer = { 0 };
	int r = splicer_init(&splicer, task->edit->original->source, &task->no_final_break);

	if (r)
		return r;
	task->n_break = strlen(splicer.line_break);
	for (size_t i = 0; i < task->edit->n_documents; i++) {
		r = splice_document(task, &splicer, i);
		if (r)
			return r;
	}
	r = stream_add_documents(&splicer, task->edit);
	if (r)
		return r;
	if (task->no_final_break)
		stream_keep_last_break(&splicer, task->edit);
	buffer_clear(&task->text);
	return cuts_apply(&splicer.cuts, splicer.text, splicer.n_text, &task->text);
}

static void give_up(struct task *task, size_t i)
{
	const struct edit_document *document = &task->edit->documents[i];

	if (document->original && document->root && task->efforts[i] != EFFORT_ANEW)
		task->efforts[i]++;
}

/* For trouble that does not say where it is. */
static void give_up_changed(struct task *task)
{
	for (size_t i = 0; i < task->edit->n_documents; i++) {
		const struct edit_document *document = &task->edit->documents[i];

		if (document->original && document->root != document->original->root)
			give_up(task, i);
	}
}

/* Compares what was read with what was meant. SPLICE_E_UNABLE, with the guilty ones noted. */
static int compare(struct task *task, const struct stream *stream)
{
	size_t n = 0;
	int result = 0;

	for (size_t i = 0; i < task->edit->n_documents; i++)
		n += task->edit->documents[i].root != NULL;
	if (n != stream->n_documents) {
		give_up_changed(task);
		return SPLICE_E_UNABLE;
	}
	n = 0;
	for (size_t i = 0; i < task->edit->n_documents; i++) {
		const struct edit_document *document = &task->edit->documents[i];
		bool equal;
		int r;

		if (!document->root)
			continue;
		r = node_equal(document->root, stream->documents[n++].root, &equal);
		if (r < 0)
			return r;
		if (equal)
			continue;
		result = SPLICE_E_UNABLE;
		give_up(task, i);
	}
	return result;
}

/* Reads the first n_text bytes of the new text. */
static int check_text(struct task *task, size_t n_text)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	int r;

	diag_clear(&task->trouble);
	r = yaml_read_bytes(task->edit->original->source->name, task->text.data, n_text, &stream,
	                    NULL, &task->trouble);
	if (r == YAML_E_SYNTAX) {
		give_up_changed(task);
		return SPLICE_E_UNABLE;
	}
	return r ? r : compare(task, stream);
}

/* The break that splicer_init() added goes again, unless the text now ends in a block scalar that
 * needs it. */
static int check(struct task *task)
{
	size_t n = task->text.n_data;
	size_t n_short = n - task->n_break;
	_cleanup_(freep) enum effort *efforts = NULL;
	int r;

	if (!task->no_final_break || n < task->n_break ||
	    !utf8_line_break(task->text.data + n_short, task->n_break))
		return check_text(task, n);
	efforts = calloc(task->edit->n_documents + 1, sizeof(*efforts));
	if (!efforts)
		return -ENOMEM;
	memcpy(efforts, task->efforts, task->edit->n_documents * sizeof(*efforts));
	r = check_text(task, n_short);
	if (!r)
		task->text.n_data = n_short;
	if (r != SPLICE_E_UNABLE)
		return r;
	memcpy(task->efforts, efforts, task->edit->n_documents * sizeof(*efforts));
	return check_text(task, n);
}

static size_t sum_efforts(const struct task *task)
{
	size_t n = 0;

	for (size_t i = 0; i < task->edit->n_documents; i++)
		n += task->efforts[i];
	return n;
}

static bool has_alias(const struct node *node)
{
	bool found = node->kind == NODE_ALIAS;

	for (size_t i = 0; i < node->n && !found; i++) {
		if (node->kind == NODE_MAPPING)
			found = has_alias(node->entries[i].key) ||
			        has_alias(node->entries[i].value);
		else if (node->kind == NODE_SEQUENCE)
			found = has_alias(node->items[i]);
		else
			break;
	}
	return found;
}

static void warn(const struct task *task, struct diag *diag)
{
	const struct source *source = task->edit->original->source;

	for (size_t i = 0; i < task->edit->n_documents; i++) {
		const struct node *root;
		struct place place;

		if (task->efforts[i] != EFFORT_ANEW)
			continue;
		root = task->edit->documents[i].original->root;
		place = node_place(root);
		diag_warning(diag, &place, NULL,
		             "document %zu was written anew: comments in it are lost (%s)", i + 1,
		             has_alias(root) ? "an anchor stands in the way"
		                             : "its text cannot be changed in part");
	}
	if (source->converted)
		diag_warning(diag, NULL, NULL,
		             "%s was not plain UTF-8: it is written as UTF-8 without a byte order "
		             "mark",
		             source->name);
}

static int fail(const struct task *task, int r, struct diag *diag)
{
	const struct diag_entry *entry = diag_first_error(&task->trouble);
	struct place place = { .source = task->edit->original->source->name };

	if (r == YAML_WRITE_E_INVALID)
		diag_error(diag, &place, NULL,
		           "the result is too deep or too large once its aliases are expanded");
	else if (entry && entry->message)
		diag_error(diag, &place, NULL, "the result cannot be written as YAML: %s",
		           entry->message);
	else
		diag_error(diag, &place, NULL,
		           "the result cannot be written so that it reads back the same");
	return SPLICE_E_INVALID;
}

/* Each round makes more efforts, until the result is what was meant. */
static int run(struct task *task, struct diag *diag)
{
	for (;;) {
		size_t n_efforts = sum_efforts(task);
		int r = build(task);

		if (!r)
			r = check(task);
		else if (r == SPLICE_E_UNABLE)
			give_up_changed(task);
		if (r < 0 || !r)
			return r;
		if (r == YAML_WRITE_E_INVALID || sum_efforts(task) == n_efforts)
			return fail(task, r, diag);
	}
}

/* The break that splicer_init() added goes again, without a look whether it is needed now. */
static void drop_final_break(struct task *task)
{
	size_t n = task->text.n_data;

	if (task->no_final_break && n >= task->n_break &&
	    utf8_line_break(task->text.data + n - task->n_break, task->n_break))
		task->text.n_data = n - task->n_break;
}

int splice_write_unread(const struct edit *edit, struct buffer *out)
{
	_cleanup_(freep) enum effort *efforts = calloc(edit->n_documents + 1, sizeof(*efforts));
	struct task task = {
		.edit = edit,
		.efforts = efforts,
	};
	int r = efforts ? build(&task) : -ENOMEM;

	if (r > 0 || (!r && sum_efforts(&task)))
		r = SPLICE_E_INVALID;
	if (!r) {
		drop_final_break(&task);
		buffer_append(out, task.text.data, task.text.n_data);
		r = buffer_error(out);
	}
	buffer_deinit(&task.text);
	return r;
}

int splice_write(const struct edit *edit, struct buffer *out, struct diag *diag)
{
	_cleanup_(freep) enum effort *efforts = calloc(edit->n_documents + 1, sizeof(*efforts));
	struct task task = {
		.edit = edit,
		.efforts = efforts,
	};
	int r;

	if (!efforts)
		return -ENOMEM;
	r = run(&task, diag);
	if (!r) {
		warn(&task, diag);
		buffer_append(out, task.text.data, task.text.n_data);
		r = buffer_error(out);
	}
	buffer_deinit(&task.text);
	diag_deinit(&task.trouble);
	return r;
}
