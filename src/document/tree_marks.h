#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Where a node's content begins and ends, from what libyaml says of its events. */

#include <stdbool.h>
#include <yaml.h>

#include "tree_builder.h"

/* Fills the marks of a scalar, whose style and text are known. */
void tree_marks_scalar(struct tree_builder *builder, struct node *node, const yaml_event_t *event);

/* Fills properties and start of a collection. *has_bracketsp: it begins with `[` or `{`. */
void tree_marks_collection(struct tree_builder *builder, struct node *node,
                           const yaml_event_t *event, bool *has_bracketsp);

/* Fills the end of a collection, whose last child is given (NULL: none). */
void tree_marks_end(struct tree_builder *builder, struct node *node, const yaml_event_t *event,
                    bool has_brackets, const struct node *last_child);

/*
 * libyaml ends the name of an anchor at a `?`, Talos' decoder goes on: what follows would be read
 * otherwise. Reports that for a node with properties.
 */
void tree_marks_check_anchor(struct tree_builder *builder, const struct node *node);
