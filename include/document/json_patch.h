#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * RFC 6902 (JSON Patch) with RFC 6901 pointers, to the letter, on the document that holds `machine`
 * (difference D9).
 */

#include <stdbool.h>

#include "base/diag.h"
#include "document/edit.h"

enum {
	JSON_PATCH_E_INVALID = 1, /* a malformed operation; the reasons are in diag */
	JSON_PATCH_E_FAILED,      /* a failed test, a missing target; the reason is in diag */
};

/* True when root is a sequence of mappings (or empty): what a JSON patch looks like. */
bool json_patch_is_patch(const struct node *root);

/* operations is borrowed and must outlive the edit. All or nothing: after an error the edit must be
 * dropped. */
_must_check_ int json_patch_apply(struct edit *edit, const struct node *operations,
                                  struct diag *diag);
