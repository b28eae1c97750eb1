/* SPDX-License-Identifier: Apache-2.0 */

/* `includes` and `excludes` that hold on no node. */

#include <string.h>

#include "lint_internal.h"

static bool has_word(const struct rule_words *words, const char *text)
{
	for (size_t i = 0; i < words->n_words; i++) {
		if (strcmp(words->words[i].text, text) == 0)
			return true;
	}
	return false;
}

/* A capability that must be held and must not be, NULL: there is none. */
static const char *find_contradiction(const struct rule *rule)
{
	for (size_t i = 0; i < rule->includes.capabilities.n_words; i++) {
		const char *text = rule->includes.capabilities.words[i].text;

		if (has_word(&rule->excludes.capabilities, text))
			return text;
	}
	return NULL;
}

/* Whether the rule is for architectures only that it is not for, or that there are not. */
static bool has_no_architecture(const struct rule *rule)
{
	const struct rule_words *wanted = &rule->includes.architectures;
	bool is_known;

	for (size_t i = 0; i < wanted->n_words; i++) {
		const char *text = wanted->words[i].text;

		architecture_suggest(text, &is_known);
		if (is_known && !has_word(&rule->excludes.architectures, text))
			return false;
	}
	return wanted->n_words > 0;
}

static void judge(struct lint *lint, const struct rule *rule)
{
	const char *capability = find_contradiction(rule);
	struct lint_place place;

	lint_place_rule(lint, rule, "includes", &place);
	if (capability)
		lint_add(lint, LINT_NEVER_INCLUDED, DIAG_WARNING, &place, NULL,
		         "the rule is on no node: %s is in includes and in excludes", capability);
	else if (has_no_architecture(rule))
		lint_add(lint, LINT_NEVER_INCLUDED, DIAG_WARNING, &place, NULL,
		         "the rule is on no node: no architecture of includes (Go's names, such as "
		         "amd64) is one that is not in excludes");
}

void lint_conditions(struct lint *lint)
{
	for (size_t i = 0; i < lint->source->n_rules; i++) {
		const struct rule *rule = &lint->source->rules[i];

		if (rule->includes.node)
			judge(lint, rule);
	}
}
