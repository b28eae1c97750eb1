/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "deny_work.h"

/* The rules may be shared with the ruleset that this one was compiled from. */
static bool own_rules(struct deny_work *work)
{
	struct ruleset *ruleset = work->ruleset;
	struct rule *rules;

	if (work->is_own)
		return true;
	rules = arena_alloc_array(work->arena, ruleset->n_rules, sizeof(*rules));
	if (!rules) {
		work->no_memory = true;
		return false;
	}
	if (ruleset->n_rules > 0)
		memcpy(rules, ruleset->rules, ruleset->n_rules * sizeof(*rules));
	ruleset->rules = rules;
	work->is_own = true;
	return true;
}

void deny_take_out(struct deny_work *work, size_t at, const char *name)
{
	struct rule_words *names, kept = { 0 };

	if (!rule_has_name(&work->ruleset->rules[at], name) || !own_rules(work))
		return;
	names = &work->ruleset->rules[at].names;
	kept.words = arena_alloc_array(work->arena, names->n_words, sizeof(*kept.words));
	if (!kept.words) {
		work->no_memory = true;
		return;
	}
	for (size_t i = 0; i < names->n_words; i++) {
		if (strcmp(names->words[i].text, name) != 0)
			kept.words[kept.n_words++] = names->words[i];
	}
	*names = kept;
	work->is_changed = true;
}

void deny_take_out_everywhere(struct deny_work *work, const char *name)
{
	for (size_t i = 0; i < work->ruleset->n_rules; i++)
		deny_take_out(work, i, name);
}

void deny_make(struct deny_work *work, const struct deny_rule *rule)
{
	struct rule_argument *arguments;

	if (decision_equal(&rule->decision, &work->standard))
		return;
	work->is_changed = true;
	if (work->n_made == work->n_allocated) {
		size_t n = work->n_allocated ? work->n_allocated * 2 : 16;
		struct deny_rule *made = arena_alloc_array(work->arena, n, sizeof(*made));

		if (made && work->n_made > 0)
			memcpy(made, work->made, work->n_made * sizeof(*made));
		work->made = made;
		work->n_allocated = n;
	}
	arguments = arena_alloc_array(work->arena, rule->n_arguments, sizeof(*arguments));
	if (!work->made || !arguments) {
		work->no_memory = true;
		work->n_made = work->n_allocated = 0;
		return;
	}
	if (rule->n_arguments > 0)
		memcpy(arguments, rule->arguments, rule->n_arguments * sizeof(*arguments));
	work->made[work->n_made] = *rule;
	work->made[work->n_made++].arguments = arguments;
}

struct rule_sink {
	struct rule *rules;
	size_t n_rules;
	size_t n_behind; /* of those, how many were made for the place that is filled now */
};

/* Calls of one place with the same action and no conditions share a rule. */
static bool join(struct rule_sink *sink, const struct deny_rule *made)
{
	if (made->n_arguments > 0)
		return false;
	for (size_t i = sink->n_rules - sink->n_behind; i < sink->n_rules; i++) {
		struct rule *rule = &sink->rules[i];
		struct decision decision = rule_decision(rule);

		if (rule->n_arguments > 0 || !decision_equal(&decision, &made->decision))
			continue;
		rule->names.words[rule->names.n_words++].text = made->name;
		return true;
	}
	return false;
}

static void put(struct deny_work *work, struct rule_sink *sink, const struct deny_rule *made)
{
	struct rule *rule = &sink->rules[sink->n_rules];

	if (join(sink, made))
		return;
	*rule = (struct rule){
		.action = made->decision.action,
		.has_errno = made->has_errno,
		.errno_ret = made->decision.errno_ret,
		.index = made->at,
	};
	rule->arguments = arena_alloc_array(work->arena, made->n_arguments,
	                                    sizeof(*rule->arguments));
	/* As many may join. */
	rule->names.words = arena_alloc_array(work->arena, made->n_arguments ? 1 : work->n_made,
	                                      sizeof(*rule->names.words));
	if (!rule->arguments || !rule->names.words) {
		work->no_memory = true;
		return;
	}
	if (made->n_arguments > 0)
		memcpy(rule->arguments, made->arguments,
		       made->n_arguments * sizeof(*rule->arguments));
	rule->n_arguments = made->n_arguments;
	rule->names.words[rule->names.n_words++].text = made->name;
	sink->n_rules++;
	sink->n_behind++;
}

static void put_all(struct deny_work *work, struct rule_sink *sink, size_t at)
{
	sink->n_behind = 0;
	for (size_t i = 0; i < work->n_made && !work->no_memory; i++) {
		if (work->made[i].at == at)
			put(work, sink, &work->made[i]);
	}
}

void deny_finish(struct deny_work *work)
{
	struct ruleset *ruleset = work->ruleset;
	struct rule_sink sink = { 0 };

	if (!work->is_changed || work->no_memory)
		return;
	sink.rules = arena_alloc_array(work->arena, ruleset->n_rules + work->n_made,
	                               sizeof(*sink.rules));
	if (!sink.rules) {
		work->no_memory = true;
		return;
	}
	put_all(work, &sink, DENY_AT_FRONT);
	for (size_t i = 0; i <= ruleset->n_rules; i++) {
		if (i < ruleset->n_rules && ruleset->rules[i].names.n_words > 0)
			sink.rules[sink.n_rules++] = ruleset->rules[i];
		put_all(work, &sink, i);
	}
	ruleset->rules = sink.rules;
	ruleset->n_rules = sink.n_rules;
	ruleset->has_rules = true;
	work->n_made = 0;
	work->is_own = true;
}
