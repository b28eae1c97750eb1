#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The operations of a JSON patch (RFC 6902, section 4), read from their document. */

#include "base/arena.h"
#include "base/diag.h"
#include "document/node.h"

#include "json_pointer.h"

enum json_operation_kind {
	JSON_ADD,
	JSON_REMOVE,
	JSON_REPLACE,
	JSON_MOVE,
	JSON_COPY,
	JSON_TEST,
};

struct json_operation {
	enum json_operation_kind kind;
	const char *name;        /* "add" ... */
	const struct node *node; /* for its place */
	size_t index;            /* in the patch */
	struct json_pointer path;
	struct json_pointer from; /* move and copy */
	const struct node *value; /* add, replace and test */
};

enum {
	JSON_OPERATION_E_INVALID = 1, /* the reasons are in diag */
};

/* Reads node, number index of a patch. Texts and nodes are borrowed, the rest is in the arena. All
 * errors are reported. 0, -ENOMEM or JSON_OPERATION_E_INVALID. */
_must_check_ int json_operation_read(struct arena *arena, const struct node *node, size_t index,
                                     struct json_operation *operation, struct diag *diag);
