#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The operations of a JSON patch, carried out (RFC 6902, sections 4 and 5). */

#include "base/arena.h"
#include "base/diag.h"
#include "document/node.h"

#include "json_operation.h"

enum {
	JSON_APPLY_E_FAILED = 1, /* the reason is in diag */
};

/*
 * Applies the operations in turn to *rootp, and stops at the first that fails; *rootp is changed
 * when all went well. New nodes are in the arena; those of `source` that they replace are their
 * origins. 0, -ENOMEM or JSON_APPLY_E_FAILED.
 */
_must_check_ int json_apply(const struct json_operation *operations, size_t n_operations,
                            struct arena *arena, const struct source *source,
                            const struct node **rootp, struct diag *diag);
