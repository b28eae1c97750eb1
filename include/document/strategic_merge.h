#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Strategic merge patches as talosctl applies them, with `$patch: delete`: docs/patches.md is the
 * reference. `machine.seccompProfiles` merges by name (difference D1).
 */

#include "base/diag.h"
#include "document/edit.h"

enum {
	STRATEGIC_MERGE_E_INVALID = 1, /* the reasons are in diag; the edit must be dropped */
};

/*
 * Applies every document of patch in order; the deletes of a document run before its merge. patch
 * is borrowed and must outlive the edit: new trees share its nodes. A delete of what is not there
 * is a warning (D6).
 */
_must_check_ int strategic_merge(struct edit *edit, const struct stream *patch, struct diag *diag);
