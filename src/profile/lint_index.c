/* SPDX-License-Identifier: Apache-2.0 */

/* Names are hashed: a profile has hundreds, and each group of rules asks for many. */

#include <errno.h>
#include <string.h>

#include "lint_internal.h"
#include "profile/syscalls.h"

static uint32_t hash(const char *text)
{
	uint32_t value = 2166136261U; /* FNV-1a */

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 16777619U;
	return value;
}

/* The slot of a name, or the free one where it would be. */
static uint32_t *find_slot(const struct lint *lint, const char *name)
{
	size_t i = hash(name) & (lint->n_slots - 1);

	while (lint->slots[i] && strcmp(lint->calls[lint->slots[i] - 1].name, name) != 0)
		i = (i + 1) & (lint->n_slots - 1);
	return &lint->slots[i];
}

const struct lint_call *lint_find_call(const struct lint *lint, const char *name)
{
	uint32_t slot = *find_slot(lint, name);

	return slot ? &lint->calls[slot - 1] : NULL;
}

static void add_use(struct lint *lint, struct lint_use *use)
{
	uint32_t *slot = find_slot(lint, use->name->text);
	struct lint_call *call;

	if (!*slot) {
		lint->calls[lint->n_calls++] = (struct lint_call){ .name = use->name->text };
		*slot = (uint32_t)lint->n_calls;
	}
	call = &lint->calls[*slot - 1];
	if (call->last)
		call->last->next = use;
	else
		call->uses = use;
	call->last = use;
	if (!call->decider && rule_is_unconditional(use->rule, false) &&
	    !lint_is_default(lint, use->rule))
		call->decider = use;
}

static size_t count_names(const struct ruleset *ruleset)
{
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_rules; i++)
		n += ruleset->rules[i].names.n_words;
	return n;
}

static int index_calls(struct lint *lint)
{
	const struct ruleset *ruleset = lint->compiled;
	size_t n = count_names(ruleset);
	struct lint_use *uses = arena_alloc_array(lint->arena, n + 1, sizeof(*uses));

	for (lint->n_slots = 64; lint->n_slots < 2 * n; lint->n_slots *= 2)
		;
	lint->calls = arena_alloc_array(lint->arena, n + 1, sizeof(*lint->calls));
	lint->slots = arena_alloc_array(lint->arena, lint->n_slots, sizeof(*lint->slots));
	if (!uses || !lint->calls || !lint->slots)
		return -ENOMEM;
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		for (size_t j = 0; j < rule->names.n_words; j++, uses++) {
			*uses = (struct lint_use){ .rule = rule, .name = &rule->names.words[j] };
			add_use(lint, uses);
		}
	}
	return 0;
}

static enum lint_reach reach_of_call(const struct lint *lint, const struct lint_call *call)
{
	bool is_open = action_is_permissive(lint->compiled->default_action);

	if (call->decider)
		return lint_is_denial(call->decider->rule) ? REACH_NEVER : REACH_ALWAYS;
	for (const struct lint_use *use = call->uses; use; use = use->next) {
		if (!rule_is_unconditional(use->rule, false) &&
		    lint_is_denial(use->rule) == is_open)
			return REACH_SOMETIMES;
	}
	return is_open ? REACH_ALWAYS : REACH_NEVER;
}

/* Compiling leaves names out, and moves unconditional ones forward, but never past each other. */
static const struct lint_use *take_use(struct lint_call *call, const struct rule *rule,
                                       const struct node *node)
{
	bool is_conditional = rule->n_arguments > 0;
	const struct lint_use *use = call ? call->next[is_conditional] : NULL;

	while (use && (use->rule->n_arguments > 0) != is_conditional)
		use = use->next;
	if (!use || use->name->node != node)
		return NULL;
	call->next[is_conditional] = use->next;
	return use;
}

static void index_names(struct lint *lint)
{
	const struct ruleset *ruleset = lint->source;
	struct lint_name *name = lint->names;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		for (size_t j = 0; j < rule->names.n_words; j++, name++) {
			uint32_t slot = *find_slot(lint, rule->names.words[j].text);
			struct lint_call *call = slot ? &lint->calls[slot - 1] : NULL;

			*name = (struct lint_name){ .rule = rule, .index = j, .call = call };
			name->text = rule->names.words[j].text;
			name->node = rule->names.words[j].node;
			name->use = take_use(call, rule, name->node);
		}
	}
}

/* The machine's own comes first: nearly every name is one of its calls. */
static int index_architectures(struct lint *lint)
{
	const struct rule_words *more = &lint->compiled->architectures;

	lint->n_architectures = more->n_words + 1;
	lint->architectures = arena_alloc_array(lint->arena, lint->n_architectures,
	                                        sizeof(*lint->architectures));
	if (!lint->architectures)
		return -ENOMEM;
	lint->architectures[0] = syscall_architecture(lint->options->facts->architecture);
	for (size_t i = 0; i < more->n_words; i++)
		lint->architectures[i + 1] = syscall_architecture(more->words[i].text);
	return 0;
}

int lint_index(struct lint *lint)
{
	if (index_architectures(lint) < 0 || index_calls(lint) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < lint->n_calls; i++) {
		lint->calls[i].reach = reach_of_call(lint, &lint->calls[i]);
		lint->calls[i].next[false] = lint->calls[i].uses;
		lint->calls[i].next[true] = lint->calls[i].uses;
	}
	lint->n_names = count_names(lint->source);
	lint->names = arena_alloc_array(lint->arena, lint->n_names + 1, sizeof(*lint->names));
	if (!lint->names)
		return -ENOMEM;
	index_names(lint);
	return 0;
}

size_t lint_end_of_rule(const struct lint *lint, size_t from)
{
	size_t end = from;

	while (end < lint->n_names && lint->names[end].rule == lint->names[from].rule)
		end++;
	return end;
}

bool lint_same_decision(const struct rule *a, const struct rule *b)
{
	const struct decision decision_a = rule_decision(a), decision_b = rule_decision(b);

	return decision_equal(&decision_a, &decision_b);
}

bool lint_is_default(const struct lint *lint, const struct rule *rule)
{
	const struct decision decision = rule_decision(rule);
	const struct decision standard = ruleset_default(lint->compiled);

	return decision_equal(&decision, &standard);
}

enum lint_reach lint_reach_of(const struct lint *lint, const char *name)
{
	const struct lint_call *call = lint_find_call(lint, name);

	if (call)
		return call->reach;
	return action_is_permissive(lint->compiled->default_action) ? REACH_ALWAYS : REACH_NEVER;
}

bool lint_is_callable(const struct lint *lint, const char *name)
{
	for (size_t i = 0; i < lint->n_architectures; i++) {
		if (syscall_is_native(name, lint->architectures[i]))
			return true;
	}
	return false;
}
