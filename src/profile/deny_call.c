/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One call. What a profile says of it is read as libseccomp does: a rule without conditions
 * decides, and the first of several; else those with conditions, where of two actions that both
 * hold neither is promised, so that the first is taken here and the others are made to leave its
 * calls out. Then each permissive rule becomes one for what is not denied and one for what is,
 * and so does a permissive default action. All that is written for the call is disjoint, or of
 * one action.
 */

#include <string.h>

#include "deny_work.h"

/* What one rule says of the call, or one of its conditions where two are on one index. */
struct clause {
	struct argument_box box;
	struct decision decision;
	bool has_errno;
	size_t at;
	bool is_touched; /* it has to be written anew */
};

struct call {
	struct deny_work *work;
	const char *name;
	const struct denial *denials;
	size_t n_denials;
	struct clause *clauses;
	size_t n_clauses;
	bool is_unconditional; /* one clause, which holds for all */
	bool is_changed;       /* something was permitted that is denied now */
	bool is_beyond;        /* rules cannot say it, or too many would */
	size_t n_written;
};

static void add_clause(struct call *call, const struct rule *rule, size_t at,
                       const struct rule_argument *arguments, size_t n_arguments)
{
	struct clause *clause = &call->clauses[call->n_clauses];

	if (call->n_clauses == DENY_RULES_PER_CALL) {
		call->is_beyond = true;
		return;
	}
	*clause = (struct clause){
		.decision = rule_decision(rule),
		.has_errno = rule->has_errno,
		.at = at,
	};
	for (size_t i = 0; i < n_arguments; i++) {
		if (call->work->architectures.has_32_bit && !value_fits_32(&arguments[i]))
			call->is_beyond = true;
	}
	if (argument_box_of(arguments, n_arguments, &clause->box))
		call->n_clauses++;
}

static void add_rule(struct call *call, const struct rule *rule, size_t at)
{
	struct decision decision = rule_decision(rule);

	/* Runtimes leave it out. */
	if (!rule_has_name(rule, call->name) || decision_equal(&decision, &call->work->standard))
		return;
	if (rule->n_arguments == 0) {
		call->is_unconditional = true;
		call->n_clauses = 0;
		call->is_beyond = false;
	}
	if (!rule_shares_index(rule)) {
		add_clause(call, rule, at, rule->arguments, rule->n_arguments);
		return;
	}
	for (size_t i = 0; i < rule->n_arguments; i++)
		add_clause(call, rule, at, &rule->arguments[i], 1);
}

/* At most so many. */
static size_t count_clauses(const struct call *call)
{
	const struct ruleset *ruleset = call->work->ruleset;
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_rules && n < DENY_RULES_PER_CALL; i++) {
		if (rule_has_name(&ruleset->rules[i], call->name))
			n += 1 + ruleset->rules[i].n_arguments;
	}
	return n < DENY_RULES_PER_CALL ? n : DENY_RULES_PER_CALL;
}

static bool find_clauses(struct call *call)
{
	const struct ruleset *ruleset = call->work->ruleset;

	call->clauses = arena_alloc_array(call->work->arena, count_clauses(call),
	                                  sizeof(*call->clauses));
	if (!call->clauses) {
		call->work->no_memory = true;
		return false;
	}
	for (size_t i = 0; i < ruleset->n_rules && !call->is_unconditional; i++)
		add_rule(call, &ruleset->rules[i], i);
	return true;
}

static struct argument_boxes new_boxes(const struct call *call)
{
	return ARGUMENT_BOXES_INIT(call->work->arena, DENY_RULES_PER_CALL);
}

static void check_boxes(struct call *call, const struct argument_boxes *boxes)
{
	call->is_beyond |= boxes->is_full;
	call->work->no_memory |= boxes->no_memory;
}

/* Replaces boxes by what of them is not in box. */
static bool subtract(struct call *call, struct argument_boxes *boxes,
                     const struct argument_box *box)
{
	struct argument_boxes rest = new_boxes(call);
	bool has_met = false;

	for (size_t i = 0; i < boxes->n_boxes; i++) {
		has_met |= argument_box_meets(&boxes->boxes[i], box);
		argument_box_subtract(&boxes->boxes[i], box, &rest);
	}
	check_boxes(call, &rest);
	*boxes = rest;
	return has_met;
}

struct writing {
	struct call *call;
	struct deny_rule rule;
};

static bool write_rule(void *userdata, const struct rule_argument *arguments, size_t n_arguments)
{
	struct writing *writing = userdata;
	struct call *call = writing->call;

	if (++call->n_written > DENY_RULES_PER_CALL || call->work->n_made >= DENY_RULES_MAX)
		call->is_beyond = true;
	for (size_t i = 0; i < n_arguments; i++) {
		if (call->work->architectures.has_32_bit && !value_fits_32(&arguments[i]))
			call->is_beyond = true;
	}
	if (call->is_beyond)
		return false;
	writing->rule.arguments = arguments;
	writing->rule.n_arguments = n_arguments;
	deny_make(call->work, &writing->rule);
	return true;
}

static void write_boxes(struct call *call, const struct argument_boxes *boxes, size_t at,
                        const struct decision *decision, bool has_errno)
{
	struct writing writing = {
		.call = call,
		.rule = { .at = at,
		          .name = call->name,
		          .decision = *decision,
		          .has_errno = has_errno },
	};

	for (size_t i = 0; i < boxes->n_boxes && !call->is_beyond; i++)
		argument_box_write(&boxes->boxes[i], write_rule, &writing);
}

static struct decision decision_of(const struct denial *denial)
{
	return (struct decision){ .action = ACTION_ERRNO, .errno_ret = denial->errno_ret };
}

/* What of boxes is denied, and leaves in boxes what is not. */
static void write_denied(struct call *call, struct argument_boxes *boxes, size_t at)
{
	for (size_t i = 0; i < call->n_denials; i++) {
		const struct denial *denial = &call->denials[i];
		struct decision decision = decision_of(denial);
		struct argument_boxes denied = new_boxes(call);

		for (size_t j = 0; j < boxes->n_boxes; j++) {
			if (argument_box_meets(&boxes->boxes[j], &denial->box))
				argument_box_intersect(&boxes->boxes[j], &denial->box, &denied);
		}
		check_boxes(call, &denied);
		write_boxes(call, &denied, at, &decision, true);
		subtract(call, boxes, &denial->box);
	}
}

/* The calls that a clause decides. */
static struct argument_boxes find_calls(struct call *call, size_t i)
{
	struct argument_boxes calls = new_boxes(call);

	argument_boxes_add(&calls, &call->clauses[i].box);
	check_boxes(call, &calls);
	for (size_t j = 0; j < i; j++) {
		if (!decision_equal(&call->clauses[j].decision, &call->clauses[i].decision))
			call->clauses[i].is_touched |= subtract(call, &calls,
			                                        &call->clauses[j].box);
	}
	return calls;
}

/* Which clauses are to be written anew: with one of a rule all that the rule says of the call. */
static void touch(struct call *call)
{
	for (size_t i = 0; i < call->n_clauses && !call->is_beyond; i++) {
		struct clause *clause = &call->clauses[i];
		struct argument_boxes calls = find_calls(call, i);

		if (!action_is_permissive(clause->decision.action))
			continue;
		for (size_t j = 0; j < call->n_denials; j++) {
			bool has_met = subtract(call, &calls, &call->denials[j].box);

			clause->is_touched |= has_met;
			call->is_changed |= has_met;
		}
	}
	for (size_t i = 0; i < call->n_clauses; i++) {
		for (size_t j = 0; j < call->n_clauses; j++) {
			if (call->clauses[i].at == call->clauses[j].at)
				call->clauses[i].is_touched |= call->clauses[j].is_touched;
		}
	}
}

static void write_clause(struct call *call, size_t i)
{
	const struct clause *clause = &call->clauses[i];
	struct argument_boxes calls = find_calls(call, i), kept = calls, denied = calls;

	if (action_is_permissive(clause->decision.action)) {
		for (size_t j = 0; j < call->n_denials; j++)
			subtract(call, &kept, &call->denials[j].box);
		write_boxes(call, &kept, clause->at, &clause->decision, clause->has_errno);
		write_denied(call, &denied, clause->at);
	} else {
		write_boxes(call, &kept, clause->at, &clause->decision, clause->has_errno);
	}
}

/* What no rule speaks of, where the default action is permissive. */
static struct argument_boxes find_unspoken(struct call *call, size_t i)
{
	const struct denial *denial = &call->denials[i];
	struct decision decision = decision_of(denial);
	struct argument_boxes unspoken = new_boxes(call);

	argument_boxes_add(&unspoken, &denial->box);
	check_boxes(call, &unspoken);
	for (size_t j = 0; j < i; j++) {
		if (call->denials[j].errno_ret != denial->errno_ret)
			subtract(call, &unspoken, &call->denials[j].box);
	}
	for (size_t j = 0; j < call->n_clauses; j++) {
		if (!decision_equal(&call->clauses[j].decision, &decision))
			subtract(call, &unspoken, &call->clauses[j].box);
	}
	return unspoken;
}

/* With write, else looks whether there is any. */
static void deny_unspoken(struct call *call, bool write)
{
	if (call->is_unconditional || !action_is_permissive(call->work->standard.action))
		return;
	for (size_t i = 0; i < call->n_denials && !call->is_beyond; i++) {
		struct decision decision = decision_of(&call->denials[i]);
		struct argument_boxes unspoken = find_unspoken(call, i);

		call->is_changed |= unspoken.n_boxes > 0;
		if (write)
			write_boxes(call, &unspoken, call->work->ruleset->n_rules, &decision, true);
	}
}

/* A rule that decided hid all others of its call, which must not come to light. */
static void take_out(struct call *call)
{
	if (call->is_unconditional)
		deny_take_out_everywhere(call->work, call->name);
	for (size_t i = 0; i < call->n_clauses; i++) {
		if (call->clauses[i].is_touched)
			deny_take_out(call->work, call->clauses[i].at, call->name);
	}
}

static bool has_permissive(const struct call *call)
{
	bool has = !call->is_unconditional && action_is_permissive(call->work->standard.action);

	for (size_t i = 0; i < call->n_clauses; i++)
		has |= action_is_permissive(call->clauses[i].decision.action);
	return has;
}

static void deny_whole(struct call *call)
{
	size_t at = call->work->ruleset->n_rules;

	for (size_t i = call->n_clauses; i > 0; i--) {
		if (action_is_permissive(call->clauses[i - 1].decision.action))
			at = call->clauses[i - 1].at;
	}
	deny_take_out_everywhere(call->work, call->name);
	deny_make(call->work, &(struct deny_rule){
				      .at = at,
				      .name = call->name,
				      .decision = decision_of(&call->denials[0]),
				      .has_errno = true,
			      });
}

/* All or nothing: what was made so far is given up when the next would be too much. */
static void deny_exactly(struct call *call)
{
	size_t n_made = call->work->n_made;

	touch(call);
	deny_unspoken(call, false);
	if (!call->is_changed || call->is_beyond)
		return;
	for (size_t i = 0; i < call->n_clauses; i++) {
		if (call->clauses[i].is_touched)
			write_clause(call, i);
	}
	deny_unspoken(call, true);
	if (call->is_beyond)
		call->work->n_made = n_made;
	else
		take_out(call);
}

bool deny_call(struct deny_work *work, const struct denial *denials, size_t n_denials,
               bool *is_wholep)
{
	struct call call = {
		.work = work,
		.name = denials[0].name,
		.denials = denials,
		.n_denials = n_denials,
	};

	*is_wholep = false;
	if (!find_clauses(&call))
		return false;
	if (!call.is_beyond)
		deny_exactly(&call);
	if (call.is_beyond && has_permissive(&call)) {
		deny_whole(&call);
		*is_wholep = true;
		return true;
	}
	return call.is_changed;
}
