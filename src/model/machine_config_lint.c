/* SPDX-License-Identifier: Apache-2.0 */

/* The linter within a transaction: what is new is judged before it is taken. */

#include <errno.h>
#include <string.h>

#include "machine_config_profiles.h"
#include "model/snapshot.h"
#include "profile/lint_value.h"

/* Whether it is served: the linter has judged it before, or will behind the transaction. By its bytes,
 * or, where others are served since other calls are denied, by its text. */
static bool is_linted(const struct profile_list *list, const struct config_profile *profile,
                      const struct node *value)
{
	const struct kept kept = { .before = list->linted };
	_cleanup_(profile_unrefp) struct profile *same = NULL;
	const struct profile *served = list->linted && profile->name
	                                       ? snapshot_find(list->linted, profile->name)
	                                       : NULL;

	if (!served)
		return false;
	if (served->n_bytes == profile->n_bytes &&
	    !memcmp(served->digest, profile->digest, DIGEST_SIZE))
		return true;
	if (profile->span.n)
		same = kept_find(&kept, profile->name, &profile->span, value->source->text);
	return same;
}

void profile_list_lint(struct profile_list *list, const struct config_profile *profile,
                       const struct node *value, const struct path *path)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	struct lint_outcome outcome = { 0 };
	int r;

	if (!list->lints || !profile_is_linted(list->options) || is_linted(list, profile, value))
		return;
	r = lint_value(value, list->options, &list->filter_work, path, &outcome, &found);
	/* What else keeps a filter from being built says nothing about the profile. */
	if (r == -ENOMEM)
		list->check->no_memory = true;
	if (found.n_errors)
		list->check->failed = true;
	profile_list_tell(list, &found);
}
