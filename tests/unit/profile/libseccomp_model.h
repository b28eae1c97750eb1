#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Where libseccomp reads rules otherwise than they are written, said as rules again: the rules for
 * one call of one architecture, from which ruleset_decide() decides as its filter does.
 *
 * - Of MASKED_EQ it takes the bits of valueTwo that are in the mask. One that has no mask left always
 *   holds; a rule of such conditions only has none. So ruleset_decide() reads them too, of 64 bits.
 * - Architectures of 32 bits compare the lower 32 bits, also of values and masks; x32 is one of them,
 *   whose calls have arguments of 64.
 * - Where calls are reached through another one (socketcall, ipc), a rule for such a call is also one
 *   for that other: its first argument is the number of the call, instead of what the rule says of
 *   the first argument, and the rest is compared with what the other one has there.
 */

#include <string.h>

#include "profile/ruleset.h"
#include "profile/syscalls.h"

struct model {
	struct ruleset ruleset; /* the rules that count for the call, under its name */
	bool differs;           /* from what is written */
};

struct model_call {
	const char *name;
	bool is_32_bit;
	bool is_multiplexer;
};

static inline bool model_argument(const struct model_call *call, struct rule_argument *argument,
                                  bool *differsp)
{
	struct rule_argument before = *argument;

	if (call->is_32_bit) {
		argument->value &= UINT32_MAX;
		argument->value_two &= UINT32_MAX;
	}
	*differsp = *differsp || argument->value != before.value ||
	            argument->value_two != before.value_two;
	if (argument->comparison == COMPARE_MASKED_EQ)
		argument->value_two &= argument->value;
	return argument->comparison != COMPARE_MASKED_EQ || argument->value != 0;
}

/* Adds one of the conditions from first on, or all of them, as a rule. */
static inline void model_add(struct arena *arena, const struct model_call *call,
                             const struct rule *from, size_t first, size_t n,
                             const uint64_t *numberp, struct model *model)
{
	struct rule *rule = &model->ruleset.rules[model->ruleset.n_rules++];

	*rule = *from;
	rule->names.words = arena_alloc(arena, sizeof(*rule->names.words));
	rule->names.words[0].text = call->name;
	rule->names.n_words = 1;
	rule->arguments = arena_alloc_array(arena, n + 1, sizeof(*rule->arguments));
	rule->n_arguments = 0;
	if (numberp)
		rule->arguments[rule->n_arguments++] = (struct rule_argument){
			.comparison = COMPARE_EQ, .value = *numberp
		};
	for (size_t i = first; i < first + n; i++) {
		struct rule_argument argument = from->arguments[i];

		if (numberp && argument.index == 0)
			continue;
		if (model_argument(call, &argument, &model->differs))
			rule->arguments[rule->n_arguments++] = argument;
	}
	model->differs = model->differs || numberp;
}

static inline void model_add_rule(struct arena *arena, const struct model_call *call,
                                  const struct rule *rule, const uint64_t *numberp,
                                  struct model *model)
{
	if (!rule_shares_index(rule)) {
		model_add(arena, call, rule, 0, rule->n_arguments, numberp, model);
		return;
	}
	for (size_t i = 0; i < rule->n_arguments; i++)
		model_add(arena, call, rule, i, 1, numberp, model);
}

static inline size_t model_count(const struct ruleset *ruleset)
{
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_rules; i++)
		n += ruleset->rules[i].names.n_words * (1 + ruleset->rules[i].n_arguments);
	return n;
}

static inline struct model model_make(struct arena *arena, const struct ruleset *ruleset,
                                      const struct model_call *call)
{
	struct model model = { .ruleset = *ruleset };

	model.ruleset.rules = arena_alloc_array(arena, model_count(ruleset) + 1,
	                                        sizeof(*model.ruleset.rules));
	model.ruleset.n_rules = 0;
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		for (size_t j = 0; j < rule->names.n_words; j++) {
			const char *name = rule->names.words[j].text;
			uint64_t number;
			const char *through = call->is_multiplexer
			                              ? syscall_multiplexer(name, &number)
			                              : NULL;

			if (strcmp(name, call->name) == 0)
				model_add_rule(arena, call, rule, NULL, &model);
			else if (through && strcmp(through, call->name) == 0)
				model_add_rule(arena, call, rule, &number, &model);
		}
	}
	return model;
}
