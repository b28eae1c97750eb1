#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reads a stream of YAML documents (JSON is YAML) into trees, with libyaml for the syntax. What the
 * decoder of Talos refuses is refused here (duplicate keys, unknown or self-containing aliases,
 * merge of what is no mapping); differences D15 and D17 are in docs/talos.md.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "document/node.h"
#include "document/source.h"

#define YAML_FLOW_DEPTH_MAX 512        /* libyaml is quadratic in the depth of flow collections */
#define YAML_FLOW_WORK_MAX  60000000UL /* flow depth, summed up over all that stands in it */

/*
 * Nodes of one stream, before alias expansion: some, and one more for so many bytes of text. A node
 * takes a hundred bytes of memory; without this bound a text of `[1,1,...]` would take fifty times
 * its size, and twice that while it is compared with another.
 */
#define YAML_NODES_FREE 65536UL
#define YAML_NODE_BYTES 6

struct document {
	const struct node *root; /* never NULL; an empty document has a null scalar without text */
	struct mark start;   /* of the document: its directives or `---` where it has them, else its
	                      * first   content */
	struct mark end;     /* behind its content and `...` where it has that */
	bool explicit_start; /* has `---` */
	bool explicit_end;   /* has `...` */
};

struct stream {
	struct source *source; /* owned */
	struct arena *arena;   /* owned: the nodes */
	struct document *documents;
	size_t n_documents; /* 0 for a text of blanks and comments only */
};

enum {
	YAML_E_SYNTAX = 1, /* the reason is in diag */
	YAML_E_STOPPED,    /* struct yaml_items: take() wants no more */
};

/*
 * Takes source on success. *definitep (may be NULL) is set with YAML_E_SYNTAX: true when no further
 * bytes behind the text could mend it, that is, when the error stands on an earlier line than the
 * last one and that line ended.
 */
_must_check_ int yaml_read(struct source *source, struct stream **streamp, bool *definitep,
                           struct diag *diag);

/* source_new() and yaml_read() in one. SOURCE_E_INVALID comes back as YAML_E_SYNTAX. */
_must_check_ int yaml_read_bytes(const char *name, const void *bytes, size_t n_bytes,
                                 struct stream **streamp, bool *definitep, struct diag *diag);

/* Items that are wanted one by one: the whole of a long sequence never stands in memory. */
struct yaml_items {
	const char *const *keys; /* the way to the sequence from the root of a document */
	size_t n_keys;
	/*
	 * item is borrowed until take() returns. Sequences are told apart by their nodes; each
	 * document can have one. Of a text that is refused in the end some items were seen before.
	 * 0, -ENOMEM, or 1: no more is wanted.
	 */
	int (*take)(void *userdata, const struct node *sequence, const struct node *item);
	void *userdata;
};

/*
 * As yaml_read(), but each item of the sequence is given to take() as soon as it was read; in its
 * place in the tree stands a null. A sequence that an alias or a merge key stands for is not taken
 * apart. Or -ENOMEM of take(), or YAML_E_STOPPED.
 */
_must_check_ int yaml_read_items(struct source *source, const struct yaml_items *items,
                                 struct stream **streamp, struct diag *diag);

void stream_free(struct stream *stream);
DEFINE_CLEANUP(struct stream *, stream_free);
