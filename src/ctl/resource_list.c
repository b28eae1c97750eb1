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

int resource_list_read(struct resource_list *list, const char *control_dir)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(freep) char *path = NULL;
	int r;

	if (asprintf(&path, "%s/" FILE_NAME, control_dir) < 0) {
		path = NULL;
		return out_of_memory();
	}
	r = file_read(AT_FDCWD, path, SOURCE_SIZE_MAX, &text, NULL);
	if (r < 0)
		return failure("cannot read %s: %s", path, strerror(-r));
	r = yaml_read_bytes(path, text.data, text.n_data, &list->stream, NULL, &diag);
	if (r < 0)
		return out_of_memory();
	diag_print(&diag, stderr, "seccompctl: ");
	if (r > 0)
		return EXIT_FAILURE;
	if (!read_rows(list))
		return failure("%s is not what seccompfs shows there", path);
	return 0;
}
