#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a new config takes over from what is served: a profile whose name and text are what they were
 * was checked and rendered before. Its text is compared, or it was folded (document/fold.h) and then
 * cannot be another one.
 */

#include <stddef.h>

#include "document/fold.h"
#include "document/node.h"
#include "model/snapshot.h"

struct kept {
	const struct snapshot *before; /* borrowed */
	const struct folds *folds;     /* borrowed; NULL: nothing is folded */
	const size_t *indices; /* borrowed: the profile of before that each span belongs to */
	size_t n_met;          /* folds that were met */
};

/* Returns owned the profile of this name that is served from the same text, or NULL. span is that of
 * its value in text, and may be none. */
struct profile *kept_find(const struct kept *kept, const char *name, const struct span *span,
                          const char *text);

/* The fold that an entry of the list stands for, which then counts as met, or NULL. */
const struct fold *kept_next_fold(struct kept *kept, const struct node *entry);

/* Returns owned the profile of span i. */
struct profile *kept_take(const struct kept *kept, size_t i, struct span *span);
