/* SPDX-License-Identifier: Apache-2.0 */

/* What a denied call gets to see, and how much is denied at all. */

#include <errno.h>
#include <inttypes.h>

#include "lint_internal.h"

/* Calls for which C libraries have an older way, which they take when a kernel says ENOSYS, not when it
 * says EPERM. */
static const char *const with_fallback[] = {
	"clone3",  "close_range", "faccessat2", "fchmodat2",
	"openat2", "preadv2",     "pwritev2",   "statx",
};

static void judge_rule_errno(struct lint *lint)
{
	struct lint_place place;

	for (size_t i = 0; i < lint->source->n_rules; i++) {
		const struct rule *rule = &lint->source->rules[i];

		if (rule->action != ACTION_ERRNO || !rule->has_errno || rule->errno_ret)
			continue;
		lint_place_rule(lint, rule, "errnoRet", &place);
		lint_add(lint, LINT_ERRNO_ZERO, DIAG_WARNING, &place, NULL,
		         "errno 0: the call is not made, and the program is told that it was");
	}
}

/* A profile that denies all starts no container: there is nothing to fall back on. */
static bool lets_something_through(const struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		if (action_is_permissive(ruleset->rules[i].action))
			return true;
	}
	return false;
}

static void judge_fallbacks(struct lint *lint)
{
	struct lint_list list = LINT_LIST_INIT;
	struct lint_place place;

	for (size_t i = 0; i < ARRAY_SIZE(with_fallback); i++) {
		if (!lint_find_call(lint, with_fallback[i]))
			lint_list_add(&list, "%s", with_fallback[i]);
	}
	if (list.n) {
		lint_place_value(lint, "defaultAction", &place);
		lint_add(lint, LINT_DEFAULT_ERRNO, DIAG_WARNING, &place, NULL,
		         "calls without a rule get errno %" PRIu32
		         " and not ENOSYS (38): C libraries "
		         "do not fall back on the older call, for %s",
		         lint->compiled->has_default_errno ? lint->compiled->default_errno
		                                           : RULE_ERRNO_DEFAULT,
		         lint_list_text(&list));
	}
	lint_list_deinit(&list);
}

void lint_defaults(struct lint *lint)
{
	const struct ruleset *ruleset = lint->compiled;
	struct lint_place place;

	judge_rule_errno(lint);
	if (ruleset->default_action != ACTION_ERRNO)
		return;
	if (ruleset->has_default_errno && ruleset->default_errno == 0) {
		lint_place_value(lint, "defaultErrnoRet", &place);
		lint_add(lint, LINT_ERRNO_ZERO, DIAG_WARNING, &place, NULL,
		         "errno 0: calls without a rule are not made, and the program is told that "
		         "they were");
	} else if ((!ruleset->has_default_errno || ruleset->default_errno != ENOSYS) &&
	           lets_something_through(ruleset)) {
		judge_fallbacks(lint);
	}
}
