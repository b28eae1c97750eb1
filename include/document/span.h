#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A piece of a source text that can be read by itself: what a large text holds need not stay in
 * memory as trees, since each part of it can be had again from its bytes, without the rest.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct diag;
struct node;
struct stream;

/* What is more is no span: whoever reads one is to have it in 2 ms at most. */
#define SPAN_SIZE_MAX   65536U /* bytes */
#define SPAN_NODES_MAX  4096U  /* nodes: values and keys */
#define SPAN_DEPTH_MAX  32U    /* collections in each other */
#define SPAN_COLUMN_MAX 1000U /* of a mapping in block style, which is read behind so many blanks */

struct span {
	uint32_t offset; /* bytes from the start of the source's text */
	uint32_t n;      /* bytes; 0: there is no span */
	uint32_t
		column; /* characters from 1: where block style has to stand; 1 for flow style, which
	                  * may stand anywhere */
};

/* The offset just behind it. */
static inline size_t span_end(const struct span *span)
{
	return (size_t)span->offset + span->n;
}

/*
 * Whether node is a mapping whose text means the same by itself, and where that text is. It has no
 * anchor, alias, tag, merge key or block scalar (`|`, `>`), is within the limits above, its source was
 * not converted, and it is not built by a program. Without one *span is all zeros.
 */
bool node_span(const struct node *node, struct span *span);

/*
 * Reads the mapping that span covers in text: one document, whose root is equal to the node that the
 * span was made of (node_equal()). Places in it are not those in text. On success *streamp is owned
 * by the caller. 0, -ENOMEM, or YAML_E_SYNTAX where span is none of this text.
 */
_must_check_ int yaml_read_span(const char *name, const char *text, const struct span *span,
                                struct stream **streamp, struct diag *diag);
