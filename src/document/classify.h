#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The type of a scalar, without what needs memory. */

#include "document/scalar.h"

/*
 * As scalar_resolve(), but the text of a timestamp or binary is that of the node, and nothing is
 * reported: with SCALAR_E_INVALID *wanted is what the tag asked for. Or -ENOMEM.
 */
_must_check_ int scalar_classify(const struct node *node, struct scalar *scalar,
                                 enum scalar_type *wanted);
