#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * `$patch: delete` in a strategic merge patch. A mapping with it stands for what is to go: the key
 * that holds the mapping, the first entry of a list with the same first key (`name: x`), of a list of
 * distinct entries (merge_rules.h) all entries that have what it says, or a whole document. What is not there is a warning (D6).
 */

#include <stdbool.h>

#include "document/node.h"

#include "draft.h"
#include "merge_value.h"

#define PATCH_DIRECTIVE         "$patch"
#define PATCH_DIRECTIVE_UNKNOWN "the only directive is `$patch: delete`"

/* Whether node itself is a mapping with `$patch: delete`. */
bool patch_delete_is(const struct node *node);

/* Whether there is one in node or below. Aliases are not followed, as in Talos. */
bool patch_delete_has(const struct node *node);

/*
 * Deletes from slot what patch, a mapping, says; slot is NULL where the config has nothing. Errors
 * are remembered in merge->invalid. 0 or -ENOMEM.
 */
_must_check_ int patch_delete_apply(struct merge *merge, struct slot *slot,
                                    const struct node *patch, const struct path *path);

/*
 * What is left of patch to be merged: *strippedp is patch itself where it deletes nothing, and NULL
 * when nothing is left. 0 or -ENOMEM.
 */
_must_check_ int patch_delete_strip(struct arena *arena, const struct node *patch,
                                    const struct node **strippedp);
