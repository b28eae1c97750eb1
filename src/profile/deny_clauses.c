/* SPDX-License-Identifier: Apache-2.0 */

#include "deny_call.h"

static void add_clause(const struct deny_work *work, struct clauses *clauses, size_t at,
                       const struct rule_argument *arguments, size_t n_arguments)
{
	const struct rule *rule = &work->ruleset->rules[at];
	struct clause *clause = &clauses->clauses[clauses->n_clauses];

	if (clauses->n_clauses == DENY_RULES_PER_CALL) {
		clauses->is_unfit = true;
		return;
	}
	*clause = (struct clause){
		.decision = rule_decision(rule),
		.arguments = arguments,
		.n_arguments = n_arguments,
		.has_errno = rule->has_errno,
		.at = at,
	};
	for (size_t i = 0; i < n_arguments; i++) {
		if (work->architectures.has_32_bit && !value_fits_32(&arguments[i]))
			clauses->is_unfit = true;
	}
	if (argument_box_of(arguments, n_arguments, &clause->box))
		clauses->n_clauses++;
	else
		condition_uses_add(&clauses->never, arguments, n_arguments);
}

static void add_rule(const struct deny_work *work, struct clauses *clauses, size_t at)
{
	const struct rule *rule = &work->ruleset->rules[at];

	if (rule_is_unconditional(rule, false)) {
		clauses->is_unconditional = true;
		clauses->is_unfit = clauses->is_divided;
		clauses->n_clauses = clauses->is_divided ? clauses->n_clauses : 0;
		add_clause(work, clauses, at, NULL, 0);
		return;
	}
	clauses->is_divided |= work->architectures.has_32_bit && rule_is_unconditional(rule, true);
	if (!rule_shares_index(rule)) {
		add_clause(work, clauses, at, rule->arguments, rule->n_arguments);
		return;
	}
	for (size_t i = 0; i < rule->n_arguments; i++)
		add_clause(work, clauses, at, &rule->arguments[i], 1);
}

static bool counts(const struct deny_work *work, const struct rule *rule, const char *name)
{
	struct decision decision = rule_decision(rule);

	return rule_has_name(rule, name) && !decision_equal(&decision, &work->standard);
}

/* At most so many. */
static size_t count(const struct deny_work *work, const char *name)
{
	const struct ruleset *ruleset = work->ruleset;
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_rules && n < DENY_RULES_PER_CALL; i++) {
		if (counts(work, &ruleset->rules[i], name))
			n += 1 + ruleset->rules[i].n_arguments;
	}
	return n < DENY_RULES_PER_CALL ? n : DENY_RULES_PER_CALL;
}

struct clauses clauses_find(const struct deny_work *work, const char *name)
{
	const struct ruleset *ruleset = work->ruleset;
	struct clauses clauses = { 0 };

	clauses.clauses = arena_alloc_array(work->arena, count(work, name),
	                                    sizeof(*clauses.clauses));
	if (!clauses.clauses) {
		clauses.no_memory = true;
		return clauses;
	}
	for (size_t i = 0; i < ruleset->n_rules && !clauses.is_unconditional; i++) {
		if (counts(work, &ruleset->rules[i], name))
			add_rule(work, &clauses, i);
	}
	return clauses;
}
