/* SPDX-License-Identifier: Apache-2.0 */

/* The linter within a transaction: what is new is judged before it is taken. */

#include <errno.h>

#include "machine_config_profiles.h"
#include "profile/lint_value.h"

void profile_list_lint(struct profile_list *list, const struct config_profile *profile,
                       const struct node *value, const struct path *path)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	int r;

	if (!list->before.lints || !profile_is_linted(list->options))
		return;
	r = lint_value(value, list->options, &list->filter_work, path, &found);
	/* What else keeps a filter from being built says nothing about the profile. */
	if (r == -ENOMEM)
		list->check->no_memory = true;
	if (found.n_errors)
		list->check->failed = true;
	profile_list_tell(list, &found);
}

/*
 * Where it is the denials that are new, what they make of a filter is a warning: one profile does not hold
 * up what is denied in all others, and no container starts with what it then has. What a start finds
 * is told behind it.
 */
void profile_list_lint_denied(struct profile_list *list, const struct node *value,
                              const struct path *path, bool is_new)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	bool is_after = list->before.served || list->before.base;
	bool is_denied_anew = !deny_list_equal(list->deny, profile_list_old_deny(list));

	if (list->before.is_judged || !is_after || !(is_new || is_denied_anew) ||
	    list->check->failed || !profile_is_linted(list->options) ||
	    list->denied_work < LINT_DENIED_WORK_LEAST)
		return;
	list->denied_work -= LINT_DENIED_WORK_LEAST;
	if (lint_denied(value, list->options, list->deny, &list->denied_work, path, &found) ==
	    -ENOMEM)
		list->check->no_memory = true;
	for (size_t i = 0; i < found.n_entries; i++) {
		struct diag_entry *entry = &found.entries[i];

		if (is_denied_anew)
			entry->severity = DIAG_WARNING;
		else
			list->check->failed = true;
	}
	profile_list_tell(list, &found);
}
