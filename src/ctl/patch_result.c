/* SPDX-License-Identifier: Apache-2.0 */

#include "patch_result.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "document/scalar.h"
#include "verb.h"

static const char *text_of(const struct node *mapping, const char *key)
{
	const struct node *node = node_resolve(node_find(mapping, key));

	return node && node->kind == NODE_SCALAR ? node->text : "";
}

/* As text_of(), or NULL where there is none. */
static const char *member_of(const struct node *mapping, const char *key)
{
	const char *text = text_of(mapping, key);

	return *text ? text : NULL;
}

static uint64_t number_of(const struct node *mapping, const char *key)
{
	const struct node *node = node_find(mapping, key);
	uint64_t value;

	return node && scalar_get_uint64(node, &value) ? value : 0;
}

/* The items of a list; none where there is no list. */
static const struct node *list_of(const struct node *mapping, const char *key, size_t *np)
{
	const struct node *list = node_resolve(node_find(mapping, key));

	*np = list && list->kind == NODE_SEQUENCE ? list->n : 0;
	return list;
}

/* Lines are those of what was sent, or of the file that an item names. */
static struct place place_of(const struct node *item, const struct line_map *map)
{
	uint32_t line = (uint32_t)number_of(item, "line");
	uint32_t column = (uint32_t)number_of(item, "column");
	const char *file = text_of(item, "file");

	return *file ? (struct place){ file, line, column } : line_map_find(map, line, column);
}

static void print_entries(const struct node *root, const char *key, enum diag_severity severity,
                          const struct line_map *map)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	size_t n;
	const struct node *list = list_of(root, key, &n);
	uint64_t n_omitted = number_of(node_find(root, "omitted"), key);

	for (size_t i = 0; i < n; i++) {
		const struct node *item = node_resolve(list->items[i]);
		struct place place = place_of(item, map);

		diag_add_finding(&diag, severity, member_of(item, "rule"), &place,
		                 text_of(item, "path"), member_of(item, "remedy"), "%s",
		                 text_of(item, "message"));
	}
	diag_print(&diag, stderr, "");
	if (n_omitted)
		fprintf(stderr, "%" PRIu64 " more %s\n", n_omitted, key);
}

static void print_resources(const struct node *root)
{
	size_t n;
	const struct node *list = list_of(root, "resources", &n);

	for (size_t i = 0; i < n; i++) {
		const struct node *item = node_resolve(list->items[i]);

		printf("%s %s, version %s\n", text_of(item, "event"), text_of(item, "id"),
		       text_of(item, "version"));
	}
}

static int print_document(const struct node *root, const struct line_map *map, const char *node)
{
	const char *kind = text_of(root, "result");

	print_entries(root, "warnings", DIAG_WARNING, map);
	print_entries(root, "errors", DIAG_ERROR, map);
	if (strcmp(kind, "applied") == 0) {
		printf("patched MachineConfigs.config.talos.dev/v1alpha1 at the node %s\n", node);
		print_resources(root);
		return finish_output();
	}
	if (strcmp(kind, "skipped") == 0) {
		puts("Apply was skipped: no changes detected.");
		return finish_output();
	}
	if (strcmp(kind, "failed") == 0)
		return failure("%s", text_of(root, "message"));
	return failure("the control file gave no result");
}

int patch_result_print(const char *result, size_t n_result, const struct line_map *map,
                       const char *node)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r;

	r = yaml_read_bytes("result", result, n_result, &stream, NULL, &diag);
	if (r < 0)
		return out_of_memory();
	if (r > 0 || stream->n_documents != 1) {
		diag_print(&diag, stderr, "");
		return failure("the control file gave no result");
	}
	return print_document(stream->documents[0].root, map, node);
}
