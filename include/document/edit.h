#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A stream of documents being changed. The original is never touched; each patch replaces roots by
 * new trees. splice.h turns the result into text.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "document/node.h"
#include "document/yaml_reader.h"

struct edit_document {
	const struct document *original; /* in the original stream; NULL: added by a patch */
	const struct node *root;         /* as it shall be; NULL: deleted */
};

struct edit {
	const struct stream *original;   /* borrowed */
	struct arena *arena;             /* owned: new nodes and the array below */
	struct edit_document *documents; /* the original ones in order, then added ones */
	size_t n_documents;
};

/* original is borrowed for the life of the edit. 0 or -ENOMEM. */
_must_check_ int edit_new(const struct stream *original, struct edit **editp);
void edit_free(struct edit *edit);
DEFINE_CLEANUP(struct edit *, edit_free);

/* Appends a document with this root (borrowed; must outlive the edit). 0 or -ENOMEM. */
_must_check_ int edit_add_document(struct edit *edit, const struct node *root);

/* Whether all documents mean what they meant in the original (node_equal). 0 or -ENOMEM. */
_must_check_ int edit_is_unchanged(const struct edit *edit, bool *unchangedp);

/* Whether the documents of stream mean what those of the edit shall mean (node_equal). 0 or -ENOMEM. */
_must_check_ int edit_is_written(const struct edit *edit, const struct stream *stream,
                                 bool *writtenp);

/* The identity of a document: apiVersion, kind and name as text, "" where absent. The
 * document of `machine:` and `cluster:` has apiVersion "" and kind "v1alpha1". */
struct document_identity {
	const char *api_version;
	const char *kind;
	const char *name;
};

void document_identify(const struct node *root, struct document_identity *identity);
bool document_is_machine_config(const struct node *root);
