/* SPDX-License-Identifier: Apache-2.0 */

/* The linter within a transaction: what is new is judged before it is taken. */

#include <errno.h>

#include "machine_config_profiles.h"
#include "profile/lint_value.h"

void profile_list_lint(struct profile_list *list, const struct config_profile *profile,
                       const struct node *value, const struct path *path)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	struct lint_outcome outcome = { 0 };
	int r;

	if (!list->before.lints || !profile_is_linted(list->options))
		return;
	r = lint_value(value, list->options, &list->filter_work, path, &outcome, &found);
	/* What else keeps a filter from being built says nothing about the profile. */
	if (r == -ENOMEM)
		list->check->no_memory = true;
	if (found.n_errors)
		list->check->failed = true;
	profile_list_tell(list, &found);
}
