#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What Talos' types know and YAML does not: which places of a document take anything, are replaced
 * whole, or are lists whose entries have a key. Everything else follows the common rules
 * (strategic_merge.c).
 */

#include <stdbool.h>

#include "document/node.h"

enum merge_kind {
	MERGE_COMMON,
	MERGE_FREE,       /* free-form: types must agree, null is a value */
	MERGE_REPLACE,    /* the whole value is replaced */
	MERGE_KEYED,      /* a list: entries with the same key are merged */
	MERGE_KEYED_LAST, /* a list: an entry replaces the last one with the same key */
	MERGE_DISTINCT,   /* a list: what it has already is not appended, and all that have what a
	                     deletion says are deleted */
	MERGE_STRINGS,    /* a mapping to strings: 0 is the string "0", a new null is kept */
	MERGE_OVERRIDE,   /* a mapping or a scalar: what the patch says holds, whatever it is */
};

struct merge_rule {
	const char *kind; /* of the document; "v1alpha1" for the one of `machine:` */
	const char *path; /* keys joined by dots, `[]` for any item */
	enum merge_kind merge;
	/* Of MERGE_KEYED*: the first that an entry has is its key. Of MERGE_DISTINCT: the first is the one
	 * to name when nothing says what is to be deleted. */
	const char *keys[2];
};

/* Returns borrowed the rule for path in a document of this kind, or NULL: MERGE_COMMON. */
const struct merge_rule *merge_rule_find(const char *kind, const struct path *path);
