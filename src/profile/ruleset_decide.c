/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "profile/ruleset.h"

bool rule_argument_holds(const struct rule_argument *argument, uint64_t value)
{
	switch (argument->comparison) {
	case COMPARE_NE:
		return value != argument->value;
	case COMPARE_LT:
		return value < argument->value;
	case COMPARE_LE:
		return value <= argument->value;
	case COMPARE_EQ:
		return value == argument->value;
	case COMPARE_GE:
		return value >= argument->value;
	case COMPARE_GT:
		return value > argument->value;
	case COMPARE_MASKED_EQ:
		/* As libseccomp does: of valueTwo only the bits of the mask count. */
		return ((value ^ argument->value_two) & argument->value) == 0;
	case N_COMPARISONS:
		break;
	}
	return false;
}

bool rule_shares_index(const struct rule *rule)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < rule->n_arguments; i++) {
		unsigned int bit = 1U << rule->arguments[i].index;

		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

bool rule_is_unconditional(const struct rule *rule, bool on_32_bits)
{
	uint64_t seen = on_32_bits ? UINT32_MAX : UINT64_MAX;
	bool any = rule_shares_index(rule);

	for (size_t i = 0; i < rule->n_arguments; i++) {
		const struct rule_argument *argument = &rule->arguments[i];
		bool looks_at_nothing = argument->comparison == COMPARE_MASKED_EQ &&
		                        (argument->value & seen) == 0;

		if (looks_at_nothing == any)
			return any;
	}
	return !any;
}

/* All conditions; any of them where two are on one index, since runtimes then make a rule of each. */
static bool rule_holds(const struct rule *rule, const uint64_t arguments[RULE_N_ARGUMENTS])
{
	bool any = rule_shares_index(rule);

	for (size_t i = 0; i < rule->n_arguments; i++) {
		const struct rule_argument *argument = &rule->arguments[i];

		if (rule_argument_holds(argument, arguments[argument->index]) == any)
			return any;
	}
	return !any;
}

bool rule_has_name(const struct rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->names.n_words; i++) {
		if (strcmp(rule->names.words[i].text, name) == 0)
			return true;
	}
	return false;
}

static struct decision decide(enum action action, bool has_errno, uint32_t errno_ret,
                              const struct rule *rule)
{
	bool wants_errno = action == ACTION_ERRNO || action == ACTION_TRACE;

	return (struct decision){
		.action = action,
		.errno_ret = !wants_errno ? 0
		             : has_errno  ? errno_ret
		                          : RULE_ERRNO_DEFAULT,
		.rule = rule,
	};
}

struct decision rule_decision(const struct rule *rule)
{
	return decide(rule->action, rule->has_errno, rule->errno_ret, rule);
}

static enum action canonical_action(enum action action)
{
	return action == ACTION_KILL ? ACTION_KILL_THREAD : action;
}

bool decision_equal(const struct decision *a, const struct decision *b)
{
	return canonical_action(a->action) == canonical_action(b->action) &&
	       a->errno_ret == b->errno_ret;
}

struct decision ruleset_default(const struct ruleset *ruleset)
{
	return decide(ruleset->default_action, ruleset->has_default_errno, ruleset->default_errno,
	              NULL);
}

struct decision ruleset_decide(const struct ruleset *ruleset, const char *name,
                               const uint64_t arguments[RULE_N_ARGUMENTS])
{
	struct decision standard = ruleset_default(ruleset);
	const struct rule *conditional = NULL;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];
		struct decision decision = rule_decision(rule);

		/* Runtimes leave out what says the same as the default action: libseccomp refuses
		 * it. Such a rule hides nothing. */
		if (!rule_has_name(rule, name) || decision_equal(&decision, &standard))
			continue;
		if (rule_is_unconditional(rule, false))
			return decision;
		if (!conditional && rule_holds(rule, arguments))
			conditional = rule;
	}
	return conditional ? rule_decision(conditional) : standard;
}
