/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/deny.h"

#include <errno.h>
#include <string.h>

#include "deny_work.h"
#include "profile/overlap.h"

/* Where the default action gives an errno, nobody needs to know that it is another one. */
static void warn(struct deny_work *work, const struct denial *denial, enum deny_outcome outcome)
{
	const struct node *node = work->ruleset->node;

	if (outcome == DENY_WHOLE)
		node_finding(
			work->diag, DIAG_WARNING, "deny-entirely", node, work->path,
			"deny the call without args, or simplify the profile's rules for it",
			"seccompDeny (%s): %s is denied entirely, whatever its arguments: rules "
			"cannot say what this profile permits without what is denied",
			denial->reason, denial->name);
	else if (outcome == DENY_BY_DEFAULT && work->standard.action != ACTION_ERRNO)
		node_finding(
			work->diag, DIAG_WARNING, "deny-by-default", node, work->path,
			"deny the call without args if it must fail with errnoRet",
			"seccompDeny (%s): %s is denied by the default action %s: rules cannot "
			"give these arguments another one",
			denial->reason, denial->name, action_name(work->standard.action));
}

static bool deny(struct deny_work *work, const struct denial *denials, size_t n_denials)
{
	static const char *const how[] = {
		[DENY_EXACTLY] = "",
		[DENY_BY_DEFAULT] = " by the default action",
		[DENY_WHOLE] = " entirely",
	};
	enum deny_outcome outcome = deny_call(work, denials, n_denials);
	_cleanup_(buffer_deinit) struct buffer words = BUFFER_INIT;

	if (outcome == DENY_NOTHING)
		return false;
	if (work->notes && outcome != DENY_WHOLE)
		denials_describe(denials, n_denials, &words);
	compile_note_denied(work->notes, denials->name, how[outcome],
	                    "seccompDeny (%s): %s is denied%s%s%s", denials->reason, denials->name,
	                    words.n_data ? words.data : "", outcome == DENY_BY_DEFAULT ? "," : "",
	                    how[outcome]);
	warn(work, denials, outcome);
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

/* Whether the list denies a call that the filter knows. */
static bool knows_any(const struct deny_work *work, const struct deny_list *list)
{
	for (size_t i = 0; i < list->n_denials; i++) {
		if (deny_architectures_know(&work->architectures, list->denials[i].name))
			return true;
	}
	return false;
}

/*
 * Where the number is lost every call gets the default action: if that permits, what is denied too. And where
 * the profile lost it already, and everything is denied for that, this stays.
 */
static bool must_keep_number(const struct deny_work *work, const struct ruleset *source)
{
	bool is_permitted = action_is_permissive(work->standard.action);

	/* Then also where the rules deny it as they stand. */
	if (!work->is_changed && !is_permitted)
		return false;
	return ruleset_loses_more_numbers(work->ruleset, is_permitted ? NULL : source);
}

/*
 * A rule that is made here can be the one that libseccomp then puts first, and forgets the number of
 * the call for: a rule for socketcall, say, in a profile for x86_64 and x32. One without conditions for
 * a call that every architecture has a number for keeps it, and changes nothing: no kernel has had
 * nfsservctl(2) since Linux 3.1.
 */
static void keep_number(struct deny_work *work)
{
	struct deny_rule rule = {
		.at = work->ruleset->n_rules,
		.name = "nfsservctl",
		.decision = { .action = ACTION_ERRNO, .errno_ret = ENOSYS },
		.has_errno = true,
	};

	if (decision_equal(&rule.decision, &work->standard))
		rule.decision.errno_ret = EPERM;
	compile_note(work->notes, NULL,
	             "seccompDeny: a rule for %s is added, or libseccomp would forget to load the "
	             "numbers of calls",
	             rule.name);
	deny_make(work, &rule);
	deny_finish(work);
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

	/* Its rules are not written to. */
	const struct ruleset source = *ruleset;

	*changedp = false;
	if (!list || !is_permissive(&work))
		return 0;
	deny_architectures_find(ruleset, &work.architectures);
	deny_each(&work, list);
	deny_finish(&work);
	/* Also where no rule had to change: one for socket is one for socketcall. */
	if (!work.no_memory)
		deny_mend_multiplexers(&work, list);
	if (!work.no_memory && (work.is_changed || knows_any(&work, list)) &&
	    must_keep_number(&work, &source))
		keep_number(&work);
	*changedp = work.is_changed;
	return work.no_memory ? -ENOMEM : 0;
}
