#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Turns the events of libyaml into trees, and refuses what the syntax allows but the decoder of
 * Talos does not. Errors are reported in diag, the building goes on, so that all are found.
 */

#include <stdbool.h>
#include <yaml.h>

#include "anchors.h"
#include "base/arena.h"
#include "base/diag.h"
#include "document/node.h"
#include "document/yaml_reader.h"
#include "locator.h"

/* A collection whose end was not seen. */
struct frame {
	struct node *node;
	struct anchor *anchor; /* NULL: none */
	size_t first_child;    /* in children */
	struct extent extent;  /* of what came so far */
	bool has_brackets;     /* `[` or `{`; a single pair in a flow sequence has none */
};

struct fold_reader;
struct item_reader;

struct tree_builder {
	struct arena *arena;
	struct diag *diag;
	const struct source *source;
	struct locator locator;

	struct document *documents;
	size_t n_documents;
	struct mark floor; /* of the document: behind its `---` */

	struct frame *frames;
	size_t n_frames;
	size_t n_frames_allocated;
	const struct node **children; /* of all frames */
	size_t n_children;
	size_t n_children_allocated;
	struct anchors anchors; /* of the document */
	size_t n_anchors;       /* that were set, in all documents */
	const char *last_tag;

	size_t n_nodes;
	size_t flow_depth;
	size_t flow_work; /* sum of flow_depth over all events */

	struct item_reader *item_reader; /* takes items out of the tree; NULL: all stay */
	struct fold_reader
		*fold_reader; /* takes the events of folded pieces; NULL: there are none */

	size_t n_errors;
	bool is_definite; /* one of them stays whatever follows the text */
};

enum {
	TREE_BUILDER_E_LIMIT = 1, /* reported; nothing more can be built */
	TREE_BUILDER_E_STOPPED,   /* who takes the items wants no more */
};

/* All are borrowed. */
void tree_builder_init(struct tree_builder *builder, const struct source *source,
                       struct arena *arena, struct diag *diag);
void tree_builder_deinit(struct tree_builder *builder);

/* 0, -ENOMEM, TREE_BUILDER_E_LIMIT or TREE_BUILDER_E_STOPPED. */
_must_check_ int tree_builder_add(struct tree_builder *builder, const yaml_event_t *event);

/* Reports an error at node; is_definite when no bytes behind the text could mend it. */
void tree_builder_error(struct tree_builder *builder, const struct node *node, bool is_definite,
                        const char *format, ...) _printf_(4, 5);

/* As above for a limit that was passed: no further bytes make a text smaller. format takes the
 * limit. Returns TREE_BUILDER_E_LIMIT. */
int tree_builder_fail_limit(struct tree_builder *builder, const struct node *node,
                            const char *format, size_t limit);

/* Reports every key that a mapping has twice, merges of what is no mapping, and keys that Talos'
 * decoder would read otherwise. 0 or -ENOMEM. */
_must_check_ int mapping_check(struct tree_builder *builder, const struct node *mapping);
