#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writes trees as YAML. Aliases are expanded, anchors dropped; scalars keep their text and type:
 * reading the result gives a tree that node_equal() finds equal. Comments do not exist here:
 * keeping them is the editor's work (document/splice.h).
 */

#include <stdbool.h>

#include "base/buffer.h"
#include "document/node.h"

struct yaml_layout {
	unsigned int indent;      /* columns that a nested level adds: 2 or 4 */
	bool indent_sequences;    /* `- ` of a sequence in a mapping one level in (Talos style) */
	const char *line_break;   /* "\n" or "\r\n" */
	unsigned int item_indent; /* as indent, below the keys of `- key:`; 0: as Talos, `indent`
	                           * columns from the `-` */
};

/* Four columns, sequences indented: what talosctl prints. */
extern const struct yaml_layout yaml_layout_talos;

enum {
	YAML_WRITE_E_INVALID = 1, /* too deep or too large after alias expansion */
};

/*
 * Block style (nodes that were flow in their source stay flow when `keep_flow`), beginning at
 * `column` columns from the left: the first line is not indented (the caller stands there already),
 * later ones are. The lines of a block scalar stand in `column` too, but never at the margin. No
 * line break at the end, so one has to follow: a block scalar may be what the text ends with.
 */
_must_check_ int yaml_write_block(const struct node *node, const struct yaml_layout *layout,
                                  unsigned int column, bool keep_flow, struct buffer *out);

/* Flow style on one line: `{name: a.json, value: {defaultAction: SCMP_ACT_LOG}}`. */
_must_check_ int yaml_write_flow(const struct node *node, struct buffer *out);

/* A scalar or key on one line, quoted as it needs; used by both. */
_must_check_ int yaml_write_scalar(const struct node *node, struct buffer *out);
