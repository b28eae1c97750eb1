#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What yaml_writer.c can do beyond its public contract, for the splices. */

#include <stdbool.h>

#include "base/buffer.h"
#include "document/node.h"
#include "document/yaml_writer.h"

#define YAML_KEPT_FLOW_MAX 100 /* columns: a longer flow collection becomes a block one */

struct yaml_format {
	const struct yaml_layout *layout;
	unsigned int first_column; /* columns used on the line where the text begins */
	bool keep_flow;            /* short flow collections stay flow */
	bool json;                 /* flow text has its strings and keys in double quotes */
	bool in_item;              /* the node is a mapping that began behind `- ` */
	bool no_literals;          /* strings of many lines are quoted on one line */
};

/* Where the value of a key in column begins that goes below it; in_item: the keys are behind `- `.
 */
unsigned int yaml_nested_column(const struct yaml_layout *layout, unsigned int column,
                                bool in_item);

/* As yaml_write_block(). */
_must_check_ int yaml_format_block(const struct node *node, const struct yaml_format *format,
                                   unsigned int column, struct buffer *out);

/*
 * What stands behind `key:`: a blank and the first line, or a line break and a block collection,
 * whose column is mapping_column or sequence_column. A block scalar stands at mapping_column.
 */
_must_check_ int yaml_format_value(const struct node *node, const struct yaml_format *format,
                                   unsigned int mapping_column, unsigned int sequence_column,
                                   struct buffer *out);

/* As yaml_write_flow(). */
_must_check_ int yaml_format_flow(const struct node *node, const struct yaml_format *format,
                                  struct buffer *out);

/* `key: value` as in a flow mapping. */
_must_check_ int yaml_format_flow_entry(const struct entry *entry, const struct yaml_format *format,
                                        struct buffer *out);
