/* SPDX-License-Identifier: Apache-2.0 */

#include "kept.h"

#include <string.h>

struct profile *kept_find(const struct kept *kept, const char *name, const struct span *span,
                          const char *text)
{
	const struct snapshot *before = kept->before;
	size_t i = span->n ? snapshot_index(before, name) : before->n_profiles;
	const struct span *old = &before->spans[i];

	if (i == before->n_profiles || old->n != span->n || old->column != span->column ||
	    memcmp(before->config + old->offset, text + span->offset, span->n) != 0)
		return NULL;
	return profile_ref(before->profiles[i]);
}

const struct fold *kept_next_fold(struct kept *kept, const struct node *entry)
{
	const struct fold *fold;
	const struct node *name;

	if (!kept->folds || kept->n_met == kept->folds->n_folds)
		return NULL;
	fold = &kept->folds->folds[kept->n_met];
	name = node_find(entry, "name");
	if (node_find(entry, "value") != fold->node ||
	    !node_is_text(name, kept->before->profiles[kept->indices[fold->first]]->name))
		return NULL;
	kept->n_met++;
	return fold;
}

struct profile *kept_take(const struct kept *kept, size_t i, struct span *span)
{
	*span = kept->folds->spans[i];
	return profile_ref(kept->before->profiles[kept->indices[i]]);
}
