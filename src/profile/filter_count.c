/* SPDX-License-Identifier: Apache-2.0 */

/* Counts of lint_bound.c, without an index of the calls: of rules, whether they count or not. */

#include <string.h>

#include "libseccomp.h"
#include "profile/filter.h"

#define OF_ARCHITECTURE 16
#define OF_NODE         6
#define OF_CONDITIONAL \
	(5 + 3 * OF_NODE)        /* a call, with the upper halves that its conditions share */
#define OF_MULTIPLEXED (13 * 33) /* what goes through socketcall and ipc */
#define REACH          250
#define DECISIONS_MAX  64

/* Returns of so many kinds, at most. */
static size_t count_decisions(const struct ruleset *ruleset)
{
	struct decision decisions[DECISIONS_MAX] = { ruleset_default(ruleset) };
	size_t n = 1;

	for (size_t i = 0; i < ruleset->n_rules && n < DECISIONS_MAX; i++) {
		struct decision decision = rule_decision(&ruleset->rules[i]);
		size_t j = 0;

		while (j < n && !decision_equal(&decisions[j], &decision))
			j++;
		decisions[n] = decision;
		n += j == n;
	}
	return n;
}

/* Upper halves of 0 are compared once; conditions by order lead on from several nodes, which multiply. */
static size_t count_conditions(const struct rule *rule)
{
	size_t n = 0;
	bool is_joined = rule->n_arguments > 1 && !rule_shares_index(rule);

	for (size_t i = 0; i < rule->n_arguments; i++) {
		const struct rule_argument *argument = &rule->arguments[i];
		bool is_order = argument->comparison != COMPARE_EQ &&
		                argument->comparison != COMPARE_MASKED_EQ;
		bool is_wide = is_joined || (argument->value | argument->value_two) >> 32;

		if (is_joined && is_order)
			return SIZE_MAX;
		n += OF_NODE * (1 + 2 * is_wide);
	}
	return n;
}

/* Denials make rows of rules for one call. */
static bool goes_on(const struct rule *before, const struct rule *rule)
{
	return before->n_arguments && before->names.n_words == 1 && rule->names.n_words == 1 &&
	       strcmp(before->names.words[0].text, rule->names.words[0].text) == 0;
}

/* The machine's own is always among them. */
static size_t count_architectures(const struct ruleset *ruleset)
{
	const struct rule_words *words = &ruleset->architectures;

	for (size_t i = 0; i < words->n_words; i++) {
		if (libseccomp_architecture(words->words[i].text) == seccomp_arch_native())
			return words->n_words;
	}
	return words->n_words + 1;
}

size_t filter_count_most(const struct ruleset *ruleset)
{
	size_t n = OF_ARCHITECTURE;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];
		size_t n_names = rule->names.n_words, n_each = 1;

		if (rule->n_arguments) {
			n_each = count_conditions(rule);
			if (n_each == SIZE_MAX)
				return SIZE_MAX;
			if (i == 0 || !goes_on(rule - 1, rule))
				n_each += OF_CONDITIONAL;
		}
		n += n_names * n_each;
	}
	n *= count_architectures(ruleset);
	n += OF_MULTIPLEXED;
	return n + count_decisions(ruleset) * (n / REACH + 2);
}
