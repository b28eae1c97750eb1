#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Edits of trees as a patch makes them, for the tests of the splices: the nodes on the way to the
 * change are new and name the old ones as their origin, all others are shared.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "document/node.h"
#include "document/yaml_reader.h"

enum tree_operation {
	TREE_SET,    /* replace what is there, or add an entry */
	TREE_INSERT, /* an item before the index; `-`: at the end */
	TREE_REMOVE,
};

#define TREE_CHILDREN_MAX 1000

static inline struct stream *tree_read(const char *name, const char *text, size_t n_text)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct stream *stream = NULL;
	int r = yaml_read_bytes(name, text, n_text, &stream, NULL, &diag);

	if (r) {
		diag_print(&diag, stderr, "# ");
		fprintf(stderr, "# ---\n%.*s# ---\n", (int)n_text, text);
	}
	assert_int_equal(r, 0);
	return stream;
}

static inline const struct node *tree_edit(struct arena *arena, const struct node *node,
                                           const char *path, enum tree_operation operation,
                                           const struct node *value);

/* A node with one child less, more, or another one. */
static inline const struct node *tree_edit_sequence(struct arena *arena, const struct node *node,
                                                    const char *word, const char *rest,
                                                    enum tree_operation operation,
                                                    const struct node *value)
{
	const struct node *items[TREE_CHILDREN_MAX + 1];
	const struct node *old = node_resolve(node);
	size_t at = word[0] == '-' ? old->n : strtoul(word, NULL, 10);
	size_t n = 0;

	assert_true(old->n < TREE_CHILDREN_MAX && at <= old->n);
	for (size_t i = 0; i <= old->n; i++) {
		if (i == at && !*rest && (operation == TREE_INSERT || i == old->n))
			items[n++] = value;
		if (i == old->n || (i == at && !*rest && operation == TREE_REMOVE))
			continue;
		items[n] = old->items[i];
		if (i == at && (*rest || operation == TREE_SET))
			items[n] = tree_edit(arena, items[n], rest, operation, value);
		n++;
	}
	return node_new_sequence(arena, node, items, n);
}

static inline const struct node *tree_edit_mapping(struct arena *arena, const struct node *node,
                                                   const char *word, const char *rest,
                                                   enum tree_operation operation,
                                                   const struct node *value)
{
	struct entry entries[TREE_CHILDREN_MAX + 1];
	const struct node *old = node_resolve(node);
	bool found = false;
	size_t n = 0;

	assert_true(old->n < TREE_CHILDREN_MAX);
	for (size_t i = 0; i < old->n; i++) {
		bool is_it = node_is_text(node_resolve(old->entries[i].key), word);

		found = found || is_it;
		if (is_it && !*rest && operation == TREE_REMOVE)
			continue;
		entries[n] = old->entries[i];
		if (is_it)
			entries[n].value = tree_edit(arena, entries[n].value, rest, operation,
			                             value);
		n++;
	}
	if (!found) {
		assert_true(!*rest && operation == TREE_SET);
		entries[n].key = node_new_scalar(arena, word, strlen(word), NODE_STYLE_ANY);
		entries[n++].value = value;
	}
	return node_new_mapping(arena, node, entries, n);
}

/* path is "/machine/list/0", or "" for the node itself. */
static inline const struct node *tree_edit(struct arena *arena, const struct node *node,
                                           const char *path, enum tree_operation operation,
                                           const struct node *value)
{
	const struct node *edited;
	char word[200];
	size_t n;

	if (!*path)
		return value;
	assert_int_equal(path[0], '/');
	n = strcspn(path + 1, "/");
	assert_true(n < sizeof(word));
	memcpy(word, path + 1, n);
	word[n] = '\0';
	if (node_resolve(node)->kind == NODE_SEQUENCE)
		edited = tree_edit_sequence(arena, node, word, path + 1 + n, operation, value);
	else
		edited = tree_edit_mapping(arena, node, word, path + 1 + n, operation, value);
	assert_non_null(edited);
	return edited;
}
