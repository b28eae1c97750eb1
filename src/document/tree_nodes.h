#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The nodes of a tree that is being built, each with what it becomes when aliases are expanded. */

#include <yaml.h>

#include "tree_builder.h"

/* All return 0, -ENOMEM or TREE_BUILDER_E_LIMIT. */
_must_check_ int tree_nodes_add_scalar(struct tree_builder *builder, const yaml_event_t *event);
_must_check_ int tree_nodes_add_alias(struct tree_builder *builder, const yaml_event_t *event);

/* tag and anchor are those of event, NULL where it has none. */
_must_check_ int tree_nodes_begin_collection(struct tree_builder *builder, enum node_kind kind,
                                             enum node_style style, const yaml_event_t *event,
                                             const yaml_char_t *tag, const yaml_char_t *anchor);
_must_check_ int tree_nodes_end_collection(struct tree_builder *builder, const yaml_event_t *event);

/* A string that stands for nodes of this extent, from place->start to place->end. */
_must_check_ int tree_nodes_add_placeholder(struct tree_builder *builder, const char *text,
                                            size_t n_text, const struct node *place,
                                            const struct extent *extent, const struct node **nodep);
