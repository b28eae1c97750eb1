/* SPDX-License-Identifier: Apache-2.0 */

#include "document/edit.h"

#include <errno.h>
#include <string.h>

/* The array of documents has room for the next power of two: it is full whenever their number is
 * one, so that no field needs to say how large it is. */
static size_t array_capacity(size_t n)
{
	size_t capacity = 1;

	while (capacity < n)
		capacity *= 2;
	return capacity;
}

static struct edit_document *array_new(struct arena *arena, size_t n)
{
	return arena_alloc_array(arena, array_capacity(n), sizeof(struct edit_document));
}

int edit_new(const struct stream *original, struct edit **editp)
{
	_cleanup_(edit_freep) struct edit *edit = calloc(1, sizeof(*edit));

	if (!edit)
		return -ENOMEM;
	edit->original = original;
	edit->arena = arena_new(0);
	if (!edit->arena)
		return -ENOMEM;
	edit->n_documents = original->n_documents;
	edit->documents = array_new(edit->arena, edit->n_documents);
	if (!edit->documents)
		return -ENOMEM;
	for (size_t i = 0; i < edit->n_documents; i++) {
		edit->documents[i].original = &original->documents[i];
		edit->documents[i].root = original->documents[i].root;
	}
	*editp = steal_ptr(edit);
	return 0;
}

void edit_free(struct edit *edit)
{
	if (!edit)
		return;
	arena_free(edit->arena);
	free(edit);
}

int edit_add_document(struct edit *edit, const struct node *root)
{
	size_t n = edit->n_documents;

	if (array_capacity(n) == array_capacity(n + 1)) {
		edit->documents[n] = (struct edit_document){ .root = root };
	} else {
		struct edit_document *documents = array_new(edit->arena, n + 1);

		if (!documents)
			return -ENOMEM;
		memcpy(documents, edit->documents, n * sizeof(*documents));
		documents[n].root = root;
		edit->documents = documents;
	}
	edit->n_documents++;
	return 0;
}

int edit_is_unchanged(const struct edit *edit, bool *unchangedp)
{
	*unchangedp = false;
	for (size_t i = 0; i < edit->n_documents; i++) {
		const struct edit_document *document = &edit->documents[i];
		const struct node *old = document->original ? document->original->root : NULL;
		bool equal = old == document->root;
		int r = 0;

		if (!equal)
			r = node_equal(old, document->root, &equal);
		if (r < 0)
			return r;
		if (!equal)
			return 0;
	}
	*unchangedp = true;
	return 0;
}

int edit_is_written(const struct edit *edit, const struct stream *stream, bool *writtenp)
{
	size_t n = 0;

	*writtenp = false;
	for (size_t i = 0; i < edit->n_documents; i++) {
		const struct node *root = edit->documents[i].root;
		bool equal = false;
		int r = 0;

		if (!root)
			continue;
		if (n < stream->n_documents)
			r = node_equal(root, stream->documents[n++].root, &equal);
		if (r < 0 || !equal)
			return r;
	}
	*writtenp = n == stream->n_documents;
	return 0;
}

static const char *find_text(const struct node *root, const char *key)
{
	const struct node *value = node_resolve(node_find(root, key));

	return value && value->kind == NODE_SCALAR ? value->text : "";
}

/* Talos tells the documents apart by their keys too: one of these makes it the v1alpha1 config. A
 * document that names neither kind nor apiVersion can be meant for nothing else. */
bool document_is_machine_config(const struct node *root)
{
	root = node_resolve(root);
	if (!root || root->kind != NODE_MAPPING || node_find(root, "kind"))
		return false;
	return !node_find(root, "apiVersion") || node_find(root, "machine") ||
	       node_find(root, "cluster");
}

void document_identify(const struct node *root, struct document_identity *identity)
{
	if (document_is_machine_config(root)) {
		*identity = (struct document_identity){ "", "v1alpha1", "" };
		return;
	}
	*identity = (struct document_identity){
		.api_version = find_text(root, "apiVersion"),
		.kind = find_text(root, "kind"),
		.name = find_text(root, "name"),
	};
}
