/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One call of a base, whatever a profile's rules say of it. An allowance under conditions becomes
 * one without. What other rules with conditions say (a denial, a log, an agent) stays, and all else
 * of the call is allowed, by rules that are disjoint from theirs: an allowance without conditions
 * would override them.
 */

#include "compile_base.h"

#include "argument_box.h"
#include "deny_work.h"
#include "profile/overlap.h"

/* Of one call; all but one mask of an int are 32. */
#define RULES_MAX 64

struct remainder {
	struct arena *arena;
	const char *name;
	bool has_32_bit;
	struct rule *rules; /* those of the profile that stay, and behind them the new ones */
	size_t n_rules, n_kept;
	bool is_beyond; /* rules cannot say it */
	bool no_memory;
};

static void check_arguments(struct remainder *rest, const struct rule_argument *arguments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rest->is_beyond |= rest->has_32_bit && !value_fits_32(&arguments[i]);
}

static void subtract(struct remainder *rest, struct argument_boxes *boxes,
                     const struct rule_argument *arguments, size_t n_arguments, bool in_parts)
{
	struct argument_boxes left = { .arena = rest->arena, .limit = RULES_MAX };
	struct argument_box box;

	check_arguments(rest, arguments, n_arguments);
	if (rest->is_beyond || !argument_box_of(arguments, n_arguments, &box))
		return;
	for (size_t i = 0; i < boxes->n_boxes; i++) {
		if (in_parts)
			argument_box_subtract(&boxes->boxes[i], &box, &left);
		else
			argument_box_subtract_each(&boxes->boxes[i], &box, &left);
	}
	rest->is_beyond |= left.is_full;
	rest->no_memory |= left.no_memory;
	*boxes = left;
}

static bool take(void *userdata, const struct rule_argument *arguments, size_t n_arguments)
{
	struct remainder *rest = userdata;
	struct rule *rule = &rest->rules[rest->n_rules];

	check_arguments(rest, arguments, n_arguments);
	rest->is_beyond |= rest->n_rules - rest->n_kept == RULES_MAX;
	if (rest->is_beyond)
		return false;
	*rule = (struct rule){ .action = ACTION_ALLOW, .n_arguments = n_arguments };
	rule->names.words = arena_alloc(rest->arena, sizeof(*rule->names.words));
	rule->arguments = arena_alloc_array(rest->arena, n_arguments, sizeof(*rule->arguments));
	if (!rule->names.words || !rule->arguments) {
		rest->no_memory = true;
		return false;
	}
	rule->names.words[rule->names.n_words++].text = rest->name;
	for (size_t i = 0; i < n_arguments; i++)
		rule->arguments[i] = arguments[i];
	rest->n_rules++;
	return true;
}

/* In disjoint parts, or in such as overlap and have fewer conditions. */
static void write_rest(struct remainder *rest, const struct ruleset *ruleset, bool in_parts)
{
	struct argument_boxes boxes = { .arena = rest->arena, .limit = RULES_MAX };
	struct ruleset of_call = *ruleset;

	rest->is_beyond = false;
	rest->n_rules = rest->n_kept;
	argument_boxes_add(&boxes, &ARGUMENT_BOX_ALL);
	rest->no_memory |= boxes.no_memory;
	for (size_t i = 0; i < rest->n_kept; i++) {
		const struct rule *rule = &rest->rules[i];
		bool any = rule_shares_index(rule);

		for (size_t j = 0; any && j < rule->n_arguments; j++)
			subtract(rest, &boxes, &rule->arguments[j], 1, in_parts);
		if (!any)
			subtract(rest, &boxes, rule->arguments, rule->n_arguments, in_parts);
	}
	for (size_t i = 0; i < boxes.n_boxes && !rest->is_beyond && !rest->no_memory; i++)
		argument_box_write(&boxes.boxes[i], take, rest);
	of_call.rules = rest->rules;
	of_call.n_rules = rest->n_rules;
	rest->is_beyond |= ruleset_overlap(&of_call, rest->name).kind != OVERLAP_EXACT;
}

static enum base_call find_rest(struct arena *arena, const struct ruleset *ruleset,
                                const char *name, struct rule **restp, size_t *n_restp)
{
	struct remainder rest = { .arena = arena, .name = name };
	struct deny_architectures architectures;

	rest.rules = arena_alloc_array(arena, ruleset->n_rules + RULES_MAX, sizeof(*rest.rules));
	if (!rest.rules)
		return BASE_CALL_NO_MEMORY;
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (rule->action != ACTION_ALLOW && rule_has_name(rule, name))
			rest.rules[rest.n_kept++] = *rule;
	}
	deny_architectures_find(ruleset, &architectures);
	rest.has_32_bit = architectures.has_32_bit || architectures.has_unknown;
	write_rest(&rest, ruleset, true);
	if (rest.is_beyond)
		write_rest(&rest, ruleset, false);
	*restp = rest.rules + rest.n_kept;
	*n_restp = rest.n_rules - rest.n_kept;
	if (rest.no_memory)
		return BASE_CALL_NO_MEMORY;
	return rest.is_beyond ? BASE_CALL_BEYOND : BASE_CALL_REST;
}

/* Without a tracer SCMP_ACT_TRACE is ENOSYS; with SCMP_ACT_NOTIFY an agent is asked. */
static bool lets_through(enum action action)
{
	return action_is_permissive(action) && action != ACTION_TRACE;
}

enum base_call base_call_judge(struct arena *arena, const struct ruleset *ruleset, const char *name,
                               struct rule **restp, size_t *n_restp)
{
	bool has_other = false;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (!rule_has_name(rule, name))
			continue;
		if (rule_is_unconditional(rule, false))
			return lets_through(rule->action) ? BASE_CALL_ALLOWED : BASE_CALL_DENIED;
		has_other |= rule->action != ACTION_ALLOW;
	}
	return has_other ? find_rest(arena, ruleset, name, restp, n_restp) : BASE_CALL_FREE;
}
