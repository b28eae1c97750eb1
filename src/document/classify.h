#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The type of a scalar, without what needs memory. */

#include "document/scalar.h"

/* Whether c is the first byte of a word that means a type. That of an empty text is the NUL behind
 * it. */
static inline bool scalar_begins_word(char c)
{
	switch (c) {
	case '\0':
	case '~':
	case 'n':
	case 'N':
	case 't':
	case 'T':
	case 'f':
	case 'F':
	case '.':
	case '+':
	case '-':
	case '<':
		return true;
	default:
		return false;
	}
}

/* Most scalars are strings by their first byte: neither a word begins with it nor a number. False
 * says nothing. */
static inline bool scalar_is_surely_string(const struct node *scalar)
{
	char c = scalar->text[0];

	return scalar->style == NODE_STYLE_PLAIN && !scalar->tag && !scalar_begins_word(c) &&
	       (c < '0' || c > '9');
}

/*
 * As scalar_resolve(), but the text of a timestamp or binary is that of the node, and nothing is
 * reported: with SCALAR_E_INVALID *wanted is what the tag asked for. Or -ENOMEM.
 */
_must_check_ int scalar_classify(const struct node *node, struct scalar *scalar,
                                 enum scalar_type *wanted);
