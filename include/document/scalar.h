#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a scalar means, by the rules of the YAML decoder that Talos uses (docs/bytes.md): the text
 * stays text, its type is found when asked for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "document/node.h"

enum scalar_type {
	SCALAR_STRING,
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INT,       /* fits int64_t: .integer */
	SCALAR_UINT,      /* above INT64_MAX, fits uint64_t: .uinteger */
	SCALAR_FLOAT,     /* .number, also inf and nan */
	SCALAR_TIMESTAMP, /* .text is its RFC 3339 form */
	SCALAR_BINARY,    /* !!binary; .text is the decoded bytes */
	SCALAR_MERGE,     /* plain `<<`: as a key a merge; as a value null */
};

struct scalar {
	enum scalar_type type;
	bool boolean;
	int64_t integer;
	uint64_t uinteger;
	double number;
	const char
		*text; /* SCALAR_STRING: borrowed from the node; TIMESTAMP, BINARY: in the arena */
	size_t n_text;
};

enum {
	SCALAR_E_INVALID = 1, /* the tag does not fit the text; the reason is in diag */
};

/*
 * node is a scalar. arena is used for timestamps and binary only. SCALAR_E_INVALID names the place
 * of node in diag; path may be NULL.
 */
_must_check_ int scalar_resolve(struct arena *arena, const struct node *node,
                                const struct path *path, struct scalar *scalar, struct diag *diag);

/* Shorthands that need no arena and report nothing. */
bool scalar_is_null(const struct node *node);   /* also follows an alias; a missing value is null */
bool scalar_is_string(const struct node *node); /* type string by the rules above */

/* False unless node is an integer from 0 to UINT64_MAX. */
bool scalar_get_uint64(const struct node *node, uint64_t *valuep);

/* "string", "integer", "boolean", "null", "float", "timestamp", "binary". */
const char *scalar_type_name(enum scalar_type type);
