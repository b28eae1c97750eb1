/* SPDX-License-Identifier: Apache-2.0 */

#include "resource_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "document/scalar.h"
#include "verb.h"

#define FILE_NAME "seccompprofiles.json"
#define YAML_NAME "seccompprofiles.yaml"

void resource_list_deinit(struct resource_list *list)
{
	free(list->rows);
	stream_free(list->stream);
	*list = RESOURCE_LIST_INIT;
}

static const char *text_of(const struct node *mapping, const char *key)
{
	const struct node *node = node_resolve(node_find(mapping, key));

	return node && node->kind == NODE_SCALAR ? node->text : NULL;
}

static bool read_row(const struct node *item, struct resource_row *row)
{
	const struct node *metadata = node_find(item, "metadata");
	const struct node *version = node_find(metadata, "version");

	row->node = text_of(item, "node");
	row->id = text_of(metadata, "id");
	return row->node && row->id && version && scalar_get_uint64(version, &row->version);
}

static bool read_rows(struct resource_list *list)
{
	const struct node *root;

	if (list->stream->n_documents != 1)
		return false;
	root = list->stream->documents[0].root;
	if (root->kind != NODE_SEQUENCE)
		return false;
	list->rows = calloc(root->n + 1, sizeof(*list->rows));
	if (!list->rows)
		return false;
	for (size_t i = 0; i < root->n; i++) {
		if (!read_row(root->items[i], &list->rows[i]))
			return false;
	}
	list->n_rows = root->n;
	return true;
}

/* 0, or an exit status after a message on stderr. */
static int read_file(const char *control_dir, const char *name, char **pathp, struct buffer *text)
{
	int r;

	if (asprintf(pathp, "%s/%s", control_dir, name) < 0) {
		*pathp = NULL;
		return out_of_memory();
	}
	r = file_read(AT_FDCWD, *pathp, SOURCE_SIZE_MAX, text, NULL);
	return r < 0 ? failure("cannot read %s: %s", *pathp, strerror(-r)) : 0;
}

static int parse(const char *path, const struct buffer *text, struct stream **streamp)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = yaml_read_bytes(path, text->data, text->n_data, streamp, NULL, &diag);

	if (r < 0)
		return out_of_memory();
	diag_print(&diag, stderr, "seccompctl: ");
	return r > 0 ? EXIT_FAILURE : 0;
}

int resource_list_read(struct resource_list *list, const char *control_dir)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(freep) char *path = NULL;
	int r = read_file(control_dir, FILE_NAME, &path, &text);

	if (!r)
		r = parse(path, &text, &list->stream);
	if (r)
		return r;
	if (!read_rows(list))
		return failure("%s is not what seccompfs shows there", path);
	return 0;
}

static bool has_id(const struct node *item, const char *name)
{
	const char *id = text_of(node_find(item, "metadata"), "id");

	return id && strcmp(id, name) == 0;
}

/* The documents of the YAML, the items of the JSON. */
static const struct node *find_item(const struct stream *stream, const char *name)
{
	for (size_t i = 0; i < stream->n_documents; i++) {
		const struct node *root = stream->documents[i].root;

		if (has_id(root, name))
			return root;
		for (size_t j = 0; root->kind == NODE_SEQUENCE && j < root->n; j++) {
			if (has_id(root->items[j], name))
				return root->items[j];
		}
	}
	return NULL;
}

/* As it stands in the file, without the columns that all its lines stand in. */
static void print_item(const struct buffer *text, const struct node *item)
{
	const char *p = text->data + item->start.offset, *end = text->data + item->end.offset;
	const size_t n_column = item->start.column - 1;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = newline ? newline : end;

		fwrite(p, 1, (size_t)(line_end - p), stdout);
		putchar('\n');
		p = newline ? newline + 1 : end;
		for (size_t i = 0; i < n_column && p < end && *p == ' '; i++)
			p++;
	}
}

int resource_list_print(const char *control_dir, enum output_format format, const char *name,
                        bool *foundp)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(freep) char *path = NULL;
	const struct node *item;
	int r = read_file(control_dir, format == OUTPUT_YAML ? YAML_NAME : FILE_NAME, &path, &text);

	*foundp = true;
	if (r)
		return r;
	if (!name) {
		fwrite(text.data, 1, text.n_data, stdout);
		return finish_output();
	}
	r = parse(path, &text, &stream);
	if (r)
		return r;
	item = find_item(stream, name);
	*foundp = item;
	if (item)
		print_item(&text, item);
	return finish_output();
}
