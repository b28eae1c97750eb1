#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The merge of one patch document into the document that it matches, value by value. */

#include <stdbool.h>

#include "base/arena.h"
#include "base/diag.h"
#include "document/node.h"

#include "draft.h"
#include "merge_rules.h"

struct merge {
	struct arena *arena;         /* of the edit */
	const struct source *source; /* of the config: nodes of other texts are no origin */
	const char *kind;            /* of the document, for the table of rules */
	struct diag *diag;
	bool invalid; /* an error was reported; the merge goes on to find the others */
};

void merge_error(struct merge *merge, const struct node *node, const struct path *path,
                 const char *format, ...) _printf_(4, 5);

/*
 * Merges a mapping of the patch into slot, which holds a mapping. `how` is MERGE_COMMON, or the
 * rule that all below a free-form, strings or override mapping follows. Errors are reported and
 * remembered in merge->invalid. 0 or -ENOMEM.
 */
_must_check_ int merge_mapping(struct merge *merge, struct slot *slot, const struct node *patch,
                               const struct path *path, enum merge_kind how);

/* Merges patch into what slot holds; `how` is that of the collection around. 0 or -ENOMEM. */
_must_check_ int merge_value(struct merge *merge, struct slot *slot, const struct node *patch,
                             const struct path *path, enum merge_kind how);

/* Puts patch into slot, unless the two mean the same. 0 or -ENOMEM. */
_must_check_ int merge_replace(struct merge *merge, struct slot *slot, const struct node *patch);

/* Merges a list of the patch into the list in slot, entry by entry (rule->keys). 0 or -ENOMEM. */
_must_check_ int merge_keyed_list(struct merge *merge, struct slot *slot, const struct node *patch,
                                  const struct path *path, const struct merge_rule *rule);

/* Reports each `$patch` in what is added as it stands, outside free-form values. */
void merge_check_directives(struct merge *merge, const struct node *node, const struct path *path);
