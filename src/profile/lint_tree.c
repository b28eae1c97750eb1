/* SPDX-License-Identifier: Apache-2.0 */

/* Conditions that libseccomp brings into its tree in another way than the rules say (overlap.h). */

#include <errno.h>
#include <inttypes.h>

#include "lint_internal.h"
#include "profile/overlap.h"

/* Rules for one call, of which each is compared with all others. */
#define CALL_RULES_MAX 200

static size_t count_conditional(const struct lint_call *call)
{
	size_t n = 0;

	for (const struct lint_use *use = call->uses; use; use = use->next)
		n += use->rule->n_arguments > 0;
	return n;
}

/* The rules of one call alone: to look for its name in all others takes longer than all else. */
static bool extract(struct lint *lint, const struct lint_call *call, size_t n,
                    struct ruleset *ruleset)
{
	struct rule_name name = { .text = call->name };
	struct rule_name *word = arena_alloc(lint->arena, sizeof(*word));

	*ruleset = *lint->compiled;
	ruleset->n_rules = 0;
	ruleset->rules = arena_alloc_array(lint->arena, n, sizeof(*ruleset->rules));
	if (!word || !ruleset->rules) {
		lint->fault = -ENOMEM;
		return false;
	}
	*word = name;
	for (const struct lint_use *use = call->uses; use; use = use->next) {
		struct rule *rule = &ruleset->rules[ruleset->n_rules];

		if (!use->rule->n_arguments)
			continue;
		ruleset->n_rules++;
		*rule = *use->rule;
		rule->names = (struct rule_words){ word, 1 };
	}
	return true;
}

static void tell(struct lint *lint, const char *name, const struct overlap *overlap)
{
	bool is_endless = overlap->kind == OVERLAP_ENDLESS;
	_cleanup_(buffer_deinit) struct buffer with = BUFFER_INIT;
	struct lint_list names = LINT_LIST_INIT;
	struct lint_place place;

	lint_list_add_name(&names, name);
	if (overlap->earlier && overlap->earlier->index != overlap->rule->index)
		buffer_printf(&with, "this rule and syscalls[%zu]", overlap->earlier->index);
	else
		buffer_append_string(&with, "this rule");
	lint_place_rule(lint, overlap->rule, "args", &place);
	lint_add(lint, is_endless ? LINT_ENDLESS_CONDITIONS : LINT_INEXACT_CONDITIONS,
	         is_endless ? DIAG_ERROR : DIAG_WARNING, &place, NULL,
	         is_endless
	                 ? "%s, by the conditions of %s on argument %" PRIu32
	                   ": libseccomp may never come to an end, and no container starts"
	                 : "%s, by the conditions of %s on argument %" PRIu32
	                   ": libseccomp may let through, or deny, other calls than the rules say",
	         lint_list_text(&names), with.data ? with.data : "", overlap->index);
	lint_list_deinit(&names);
}

static void judge_call(struct lint *lint, const struct lint_call *call)
{
	size_t n = count_conditional(call);
	struct ruleset ruleset;
	struct overlap overlap;

	/* A rule without conditions hides all others. */
	if (!n || n > CALL_RULES_MAX || call->decider || !extract(lint, call, n, &ruleset))
		return;
	overlap = ruleset_overlap(&ruleset, call->name);
	if (overlap.kind != OVERLAP_EXACT && overlap.rule)
		tell(lint, call->name, &overlap);
}

static void judge_architecture(struct lint *lint, const char *architecture)
{
	struct lint_place place;

	if (!ruleset_loses_number(lint->compiled, architecture))
		return;
	lint_place_value(lint, "syscalls", &place);
	lint_add(lint, LINT_LOST_NUMBER, DIAG_WARNING, &place, NULL,
	         "for %s libseccomp may make a filter that never looks at the number of the call: "
	         "the default action then decides for all",
	         architecture);
}

void lint_tree(struct lint *lint)
{
	const struct rule_words *words = &lint->compiled->architectures;

	for (size_t i = 0; i < lint->n_calls && !lint_is_full(lint, DIAG_ERROR); i++)
		judge_call(lint, &lint->calls[i]);
	judge_architecture(lint, lint->options->facts->architecture);
	for (size_t i = 0; i < words->n_words; i++)
		judge_architecture(lint, words->words[i].text);
}
