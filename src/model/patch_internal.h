#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What both ways to apply a patch share: patch.c and patch_fold.c. */

#include "document/edit.h"
#include "model/patch.h"

enum patch_kind {
	PATCH_EMPTY,
	PATCH_STRATEGIC,
	PATCH_JSON,
	PATCH_UNKNOWN,
};

struct patch {
	struct stream *stream; /* owned */
	enum patch_kind kind;
	const struct node *first;              /* root of the first document that is not null */
	const struct profile_options *options; /* borrowed */
};
