/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/deny.h"

#include <errno.h>
#include <string.h>

#include "deny_work.h"

static void tell(struct deny_work *work, const struct denial *denial, bool is_whole)
{
	compile_note(work->notes, NULL, "seccompDeny (%s): %s is denied%s", denial->reason,
	             denial->name, is_whole ? " entirely" : "");
	if (is_whole)
		node_finding(
			work->diag, DIAG_WARNING, "deny-entirely", work->ruleset->node, work->path,
			"deny the call without args, or simplify the profile's rules",
			"seccompDeny (%s): %s is denied entirely, whatever its arguments: rules "
			"cannot say what this profile permits without what is denied",
			denial->reason, denial->name);
}

static bool deny(struct deny_work *work, const struct denial *denials, size_t n_denials)
{
	bool is_whole;

	if (!deny_call(work, denials, n_denials, &is_whole))
		return false;
	tell(work, &denials[0], is_whole);
	return true;
}

static bool is_multiplexer(const char *name)
{
	for (size_t i = 0; deny_multiplexers[i]; i++) {
		if (strcmp(deny_multiplexers[i], name) == 0)
			return true;
	}
	return false;
}

/* Whether anything of the list can apply: most profiles permit little of what is denied. */
static bool is_permissive(const struct deny_work *work)
{
	bool is = action_is_permissive(work->ruleset->default_action);

	for (size_t i = 0; i < work->ruleset->n_rules && !is; i++)
		is = action_is_permissive(work->ruleset->rules[i].action);
	return is;
}

static void deny_each(struct deny_work *work, const struct deny_list *list)
{
	for (size_t i = 0, n; i < list->n_denials && !work->no_memory; i += n) {
		const char *name = list->denials[i].name;
		const struct denial *denials = deny_list_find(list, name, &n);

		if (!is_multiplexer(name) && deny_architectures_know(&work->architectures, name))
			deny(work, denials, n);
	}
	for (size_t i = 0; deny_multiplexers[i] && !work->no_memory; i++) {
		struct denial *denials;
		size_t n = deny_multiplexer_denials(work, list, deny_multiplexers[i], &denials);

		if (n > 0 && deny(work, denials, n))
			work->multiplexers |= 1U << i;
	}
}

int ruleset_deny(struct arena *arena, struct ruleset *ruleset, const struct deny_list *list,
                 const struct path *path, bool *changedp, struct compile_notes *notes,
                 struct diag *diag)
{
	struct deny_work work = {
		.arena = arena,
		.ruleset = ruleset,
		.path = path,
		.standard = ruleset_default(ruleset),
		.notes = notes,
		.diag = diag,
	};

	*changedp = false;
	if (!list || !is_permissive(&work))
		return 0;
	deny_architectures_find(ruleset, &work.architectures);
	deny_each(&work, list);
	deny_finish(&work);
	if (work.is_changed && !work.no_memory)
		deny_mend_multiplexers(&work, list);
	*changedp = work.is_changed;
	return work.no_memory ? -ENOMEM : 0;
}
