/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Conditional rules of one call that answer differently where both hold: libseccomp sorts the conditions of
 * a call into a tree, and which one it comes to first is nobody's promise.
 */

#include "lint_internal.h"

/* Of one profile: what a person writes needs a few hundred. */
#define COMPARISONS_MAX 20000

/* Conditions that hold together, of one rule or of two. */
#define CONDITIONS_MAX 16

struct conditions {
	const struct rule_argument *arguments[CONDITIONS_MAX];
	size_t n;
};

static bool all_hold(const struct conditions *conditions, uint32_t index, uint64_t value)
{
	for (size_t i = 0; i < conditions->n; i++) {
		if (conditions->arguments[i]->index == index &&
		    !rule_argument_holds(conditions->arguments[i], value))
			return false;
	}
	return true;
}

/* Values at which one condition changes its mind, and for masks those that set just what they want. */
static bool some_holds_near(const struct conditions *conditions, const struct rule_argument *a,
                            const struct rule_argument *b)
{
	bool is_masked_a = a->comparison == COMPARE_MASKED_EQ;
	uint64_t value = is_masked_a ? a->value_two & a->value : a->value;
	uint64_t mask = is_masked_a ? a->value : UINT64_MAX;
	uint64_t other = b->comparison == COMPARE_MASKED_EQ ? b->value_two : b->value;
	const uint64_t values[] = {
		value, value - 1, value + 1, 0, UINT64_MAX, value | ~mask, value | (other & ~mask),
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (all_hold(conditions, a->index, values[i]))
			return true;
	}
	return false;
}

static bool index_can_hold(const struct conditions *conditions, uint32_t index)
{
	bool is_free = true;

	for (size_t i = 0; i < conditions->n; i++) {
		if (conditions->arguments[i]->index != index)
			continue;
		is_free = false;
		for (size_t j = 0; j < conditions->n; j++) {
			if (conditions->arguments[j]->index == index &&
			    some_holds_near(conditions, conditions->arguments[i],
			                    conditions->arguments[j]))
				return true;
		}
	}
	return is_free;
}

static bool can_hold(const struct conditions *conditions)
{
	for (uint32_t index = 0; index < RULE_N_ARGUMENTS; index++) {
		if (!index_can_hold(conditions, index))
			return false;
	}
	return true;
}

/* Where two conditions are on one index each is a rule of its own; returns how many there are. */
static size_t count_alternatives(const struct rule *rule)
{
	return rule_shares_index(rule) ? rule->n_arguments : 1;
}

static void add_alternative(struct conditions *conditions, const struct rule *rule, size_t which)
{
	bool is_alone = rule_shares_index(rule);

	for (size_t i = 0; i < rule->n_arguments && conditions->n < CONDITIONS_MAX; i++) {
		if (!is_alone || i == which)
			conditions->arguments[conditions->n++] = &rule->arguments[i];
	}
}

static bool can_meet(const struct rule *a, const struct rule *b, size_t *n_leftp)
{
	size_t n_a = count_alternatives(a), n_b = count_alternatives(b);

	for (size_t i = 0; i < n_a; i++) {
		for (size_t j = 0; j < n_b; j++) {
			struct conditions conditions = { .n = 0 };

			if (!*n_leftp || !--*n_leftp)
				return false;

			add_alternative(&conditions, a, i);
			add_alternative(&conditions, b, j);
			if (can_hold(&conditions))
				return true;
		}
	}
	return false;
}

static void tell(struct lint *lint, const char *name, const struct rule *a, const struct rule *b)
{
	struct lint_list names = LINT_LIST_INIT;
	struct lint_place place;

	lint_list_add_name(&names, name);
	lint_place_rule(lint, b, "args", &place);
	lint_add(lint, LINT_OVERLAPPING_CONDITIONS, DIAG_WARNING, &place, NULL,
	         "for %s these conditions (%s) and those of syscalls[%zu] (%s) can hold at once: "
	         "which one decides is left to libseccomp",
	         lint_list_text(&names), action_name(b->action), a->index, action_name(a->action));
	lint_list_deinit(&names);
}

/* The first pair of each later rule is enough. */
static void judge_use(struct lint *lint, const struct lint_call *call, const struct lint_use *later,
                      size_t *n_leftp)
{
	const struct rule *b = later->rule;

	for (const struct lint_use *use = call->uses; use != later && *n_leftp; use = use->next) {
		const struct rule *a = use->rule;

		--*n_leftp;
		if (!a->n_arguments || lint_same_decision(a, b))
			continue;
		if (can_meet(a, b, n_leftp)) {
			tell(lint, call->name, a, b);
			return;
		}
	}
}

void lint_overlaps(struct lint *lint)
{
	size_t n_left = COMPARISONS_MAX;

	for (size_t i = 0; i < lint->n_calls; i++) {
		const struct lint_call *call = &lint->calls[i];

		if (call->decider)
			continue;
		for (const struct lint_use *use = call->uses->next; use; use = use->next) {
			if (use->rule->n_arguments)
				judge_use(lint, call, use, &n_left);
		}
	}
}
