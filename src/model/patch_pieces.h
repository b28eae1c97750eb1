#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Which profiles of a config a patch leaves alone, and so can be folded. */

#include "document/fold.h"
#include "model/snapshot.h"

struct pieces {
	struct folds folds;
	size_t *indices; /* owned: the profile of the snapshot that each span belongs to */
};

void pieces_deinit(struct pieces *pieces);

/*
 * Fills pieces, which is all zeros, with the profiles of before whose names are no text of the
 * patch. PATCH_E_FULL: there are none, or the patch has something (aliases, anchors, tags, merge
 * keys) with which texts do not tell everything. 0, PATCH_E_FULL or -ENOMEM.
 */
_must_check_ int pieces_choose(struct pieces *pieces, const struct snapshot *before,
                               const struct stream *patch);

/* Whether each placeholder is the value of an entry of the list of profiles that stands in its place
 * itself, since no alias or merge key leads to it, and none of the first ones, for the style. */
bool pieces_are_entries(const struct pieces *pieces, const struct stream *reduced);
