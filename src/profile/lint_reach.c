/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rules without effect. libseccomp takes one unconditional rule a call, the first, and then no condition
 * counts; what says the same as the default action is left out by runtimes and hides nothing.
 */

#include "lint_internal.h"

/* What is wrong with one mention of a call, N_LINT_RULES: nothing. */
static enum lint_rule judge(const struct lint *lint, const struct lint_name *name)
{
	const struct rule *rule = name->use ? name->use->rule : name->rule;
	const struct lint_use *decider = name->call ? name->call->decider : NULL;
	bool is_conditional = !rule_is_unconditional(rule, false);

	if (!name->use || !decider || decider == name->use)
		return N_LINT_RULES;
	if (is_conditional && lint_is_denial(rule) && !lint_is_denial(decider->rule))
		return LINT_HIDDEN_DENIAL;
	if (is_conditional)
		return lint_is_default(lint, rule) ? N_LINT_RULES : LINT_HIDDEN_CONDITION;
	/* Also what runtimes leave out since the default action says the same. */
	return lint_same_decision(rule, decider->rule) ? N_LINT_RULES : LINT_SHADOWED_RULE;
}

/* The entry of the source that an unconditional rule stands in: it may have been merged into another. */
static size_t index_of_decider(const struct lint *lint, const struct lint_use *decider)
{
	for (size_t i = 0; i < lint->n_names && !lint_is_full(lint, DIAG_ERROR); i++) {
		if (lint->names[i].use == decider)
			return lint->names[i].rule->index;
	}
	return decider->rule->index;
}

static void tell(struct lint *lint, enum lint_rule rule, const struct lint_name *first,
                 struct lint_list *names)
{
	const struct lint_use *decider = first->call->decider;
	size_t index = index_of_decider(lint, decider);
	const char *action = action_name(decider->rule->action);
	const char *list = lint_list_text(names);
	struct lint_place place;

	lint_place_name(lint, first, &place);
	if (rule == LINT_HIDDEN_DENIAL)
		lint_add(lint, rule, DIAG_ERROR, &place, NULL,
		         "%s without effect, whatever the arguments are: syscalls[%zu] (%s without "
		         "conditions) decides for %s",
		         action_name(first->rule->action), index, action, list);
	else if (rule == LINT_HIDDEN_CONDITION)
		lint_add(lint, rule, DIAG_WARNING, &place, NULL,
		         "conditions without effect: syscalls[%zu] (%s without conditions) decides "
		         "for %s",
		         index, action, list);
	else
		lint_add(lint, rule, DIAG_WARNING, &place, NULL,
		         "never reached: syscalls[%zu] (%s) decides for %s", index, action, list);
}

/* The names of one rule for which the same is wrong. */
static void judge_rule(struct lint *lint, size_t from, size_t to, enum lint_rule rule)
{
	struct lint_list names = LINT_LIST_INIT;
	const struct lint_name *first = NULL;

	for (size_t i = from; i < to; i++) {
		if (judge(lint, &lint->names[i]) != rule)
			continue;
		if (!first)
			first = &lint->names[i];
		lint_list_add_name(&names, lint->names[i].text);
	}
	if (first)
		tell(lint, rule, first, &names);
	lint_list_deinit(&names);
}

/* Each of its calls is decided by an earlier rule, and in the same way. */
static bool is_repetition(const struct lint *lint, size_t from, size_t to)
{
	const struct rule *rule = lint->names[from].rule;

	if (!rule_is_unconditional(rule, false) || rule->includes.node || rule->excludes.node)
		return false;
	for (size_t i = from; i < to; i++) {
		const struct lint_name *name = &lint->names[i];
		const struct lint_use *decider = name->call ? name->call->decider : NULL;

		if (!decider || decider == name->use || !lint_same_decision(rule, decider->rule))
			return false;
	}
	return true;
}

static void judge_whole_rule(struct lint *lint, size_t from, size_t to)
{
	const struct rule *rule = lint->names[from].rule;
	struct lint_place place;

	if (lint_is_default(lint, rule)) {
		lint_place_rule(lint, rule, "action", &place);
		lint_add(lint, LINT_EQUALS_DEFAULT, DIAG_WARNING, &place, NULL,
		         "%s is what defaultAction says: runtimes leave the rule out",
		         action_name(rule->action));
	} else if (is_repetition(lint, from, to)) {
		lint_place_rule(lint, rule, "names", &place);
		lint_add(lint, LINT_SHADOWED_RULE, DIAG_WARNING, &place,
		         "remove the rule, or these names from it",
		         "never reached: other rules say the same of every name of this one");
	}
}

void lint_reach(struct lint *lint)
{
	static const enum lint_rule rules[] = { LINT_HIDDEN_DENIAL, LINT_HIDDEN_CONDITION,
		                                LINT_SHADOWED_RULE };

	for (size_t i = 0, end; i < lint->n_names; i = end) {
		end = lint_end_of_rule(lint, i);
		for (size_t j = 0; j < ARRAY_SIZE(rules); j++)
			judge_rule(lint, i, end, rules[j]);
		judge_whole_rule(lint, i, end);
	}
}
