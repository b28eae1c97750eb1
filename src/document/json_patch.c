/* SPDX-License-Identifier: Apache-2.0 */

#include "document/json_patch.h"

#include <errno.h>

#include "document/scalar.h"

#include "json_apply.h"
#include "json_operation.h"

static int read_all(struct arena *arena, const struct node *patch,
                    struct json_operation *operations, struct diag *diag)
{
	int worst = 0;

	for (size_t i = 0; i < patch->n; i++) {
		int r = json_operation_read(arena, patch->items[i], i, &operations[i], diag);

		if (r < 0)
			return r;
		worst = r ? JSON_PATCH_E_INVALID : worst;
	}
	return worst;
}

/* D9: the document of `machine:`; where there is none, the only one. */
static struct edit_document *find_document(struct edit *edit)
{
	struct edit_document *only = NULL;
	size_t n = 0;

	for (size_t i = 0; i < edit->n_documents; i++) {
		struct edit_document *document = &edit->documents[i];

		if (!document->root || scalar_is_null(document->root))
			continue;
		if (document_is_machine_config(document->root))
			return document;
		only = document;
		n++;
	}
	return n == 1 ? only : NULL;
}

bool json_patch_is_patch(const struct node *root)
{
	root = node_resolve(root);
	if (root->kind != NODE_SEQUENCE)
		return false;
	for (size_t i = 0; i < root->n; i++) {
		if (node_resolve(root->items[i])->kind != NODE_MAPPING)
			return false;
	}
	return true;
}

int json_patch_apply(struct edit *edit, const struct node *operations, struct diag *diag)
{
	const struct node *patch = node_resolve(operations);
	struct edit_document *document = find_document(edit);
	struct json_operation *read;
	int r;

	if (patch->kind != NODE_SEQUENCE || !document) {
		node_error(diag, patch, NULL, "%s",
		           document ? "a JSON patch is a list of operations"
		                    : "the config has no document of `machine:` to be patched");
		return JSON_PATCH_E_INVALID;
	}
	if (patch->n == 0)
		return 0;
	read = arena_alloc_array(edit->arena, patch->n, sizeof(*read));
	if (!read)
		return -ENOMEM;
	r = read_all(edit->arena, patch, read, diag);
	if (r)
		return r;
	r = json_apply(read, patch->n, edit->arena, edit->original->source, &document->root, diag);
	return r > 0 ? JSON_PATCH_E_FAILED : r;
}
