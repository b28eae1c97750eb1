/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One call. Each permissive rule becomes one for what is not denied and one for what is, and so
 * does a permissive default action. All that is written is disjoint, or of one action: where two
 * rules with different actions both hold libseccomp promises neither, so the first is taken, and
 * the others are made to leave its calls out.
 *
 * Conditions on several arguments can become rules that libseccomp does not carry out
 * (condition_uses.h). Then, where the default action denies, only what is permitted is said, in
 * rules that may overlap and have fewer conditions; and if that does not do either, or would be
 * too much, the call is denied entirely.
 */

#include "deny_call.h"

struct call {
	struct deny_work *work;
	const char *name;
	const struct denial *denials;
	size_t n_denials;
	struct clauses said;
	bool only_permits; /* what is denied is left to the default action */
	bool is_changed;   /* something was permitted that is denied now */
	bool is_beyond;    /* rules cannot say it, or too many would */
	size_t n_written;
	size_t n_made; /* before */
};

static struct argument_boxes new_boxes(const struct call *call)
{
	/* What is narrowed is left to the default action. */
	return (struct argument_boxes){
		.arena = call->work->arena,
		.limit = DENY_RULES_PER_CALL,
		.by_lower_half = !action_is_permissive(call->work->standard.action),
	};
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
		if (call->only_permits)
			argument_box_subtract_each(&boxes->boxes[i], box, &rest);
		else
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

static bool default_permits(const struct call *call)
{
	return !call->said.is_unconditional && action_is_permissive(call->work->standard.action);
}

/* What of boxes is denied. */
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
	struct clause *clause = &call->said.clauses[i];
	struct argument_boxes calls = new_boxes(call);

	argument_boxes_add(&calls, &clause->box);
	check_boxes(call, &calls);
	for (size_t j = 0; j < i; j++) {
		const struct clause *earlier = &call->said.clauses[j];

		if (!decision_equal(&earlier->decision, &clause->decision))
			clause->is_touched |= subtract(call, &calls, &earlier->box);
	}
	return calls;
}

/*
 * Which clauses are to be written anew: with one of a rule all that the rule says of the call.
 * What an earlier rule denies does not count as denied: it may be the later one that libseccomp
 * takes.
 */
static void touch(struct call *call)
{
	const struct clauses *said = &call->said;

	for (size_t i = 0; i < said->n_clauses && !call->is_beyond; i++) {
		struct clause *clause = &said->clauses[i];

		find_calls(call, i);
		if (!action_is_permissive(clause->decision.action))
			continue;
		for (size_t j = 0; j < call->n_denials; j++) {
			bool has_met = argument_box_meets(&clause->box, &call->denials[j].box);

			clause->is_touched |= has_met;
			call->is_changed |= has_met;
		}
	}
	for (size_t i = 0; i < said->n_clauses; i++) {
		for (size_t j = 0; j < said->n_clauses; j++) {
			if (said->clauses[i].at == said->clauses[j].at)
				said->clauses[i].is_touched |= said->clauses[j].is_touched;
		}
	}
}

static void write_clause(struct call *call, size_t i)
{
	const struct clause *clause = &call->said.clauses[i];
	struct argument_boxes calls = find_calls(call, i), kept = calls;
	bool is_permissive = action_is_permissive(clause->decision.action);

	for (size_t j = 0; j < call->n_denials && is_permissive; j++)
		subtract(call, &kept, &call->denials[j].box);
	write_boxes(call, &kept, clause->at, &clause->decision, clause->has_errno);
	if (is_permissive && !call->only_permits)
		write_denied(call, &calls, clause->at);
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
	for (size_t j = 0; j < call->said.n_clauses; j++) {
		if (!decision_equal(&call->said.clauses[j].decision, &decision))
			subtract(call, &unspoken, &call->said.clauses[j].box);
	}
	return unspoken;
}

/* With write, else looks whether there is any. */
static void deny_unspoken(struct call *call, bool write)
{
	if (!default_permits(call))
		return;
	for (size_t i = 0; i < call->n_denials && !call->is_beyond; i++) {
		struct decision decision = decision_of(&call->denials[i]);
		struct argument_boxes unspoken = find_unspoken(call, i);

		call->is_changed |= unspoken.n_boxes > 0;
		if (write)
			write_boxes(call, &unspoken, call->work->ruleset->n_rules, &decision, true);
	}
}

/* Whether libseccomp carries out what there is for the call now. */
static bool is_exact(const struct call *call)
{
	const struct deny_work *work = call->work;
	struct condition_uses uses = call->said.never;

	for (size_t i = 0; i < call->said.n_clauses; i++) {
		const struct clause *clause = &call->said.clauses[i];

		if (!clause->is_touched)
			condition_uses_add(&uses, clause->arguments, clause->n_arguments);
	}
	for (size_t i = call->n_made; i < work->n_made; i++)
		condition_uses_add(&uses, work->made[i].arguments, work->made[i].n_arguments);
	return condition_uses_are_exact(&uses);
}

/* A rule that decided hid all others of its call, which must not come to light. */
static void take_out(struct call *call)
{
	if (call->said.is_unconditional)
		deny_take_out_everywhere(call->work, call->name);
	for (size_t i = 0; i < call->said.n_clauses; i++) {
		if (call->said.clauses[i].is_touched)
			deny_take_out(call->work, call->said.clauses[i].at, call->name);
	}
}

static bool has_permissive(const struct call *call)
{
	bool has = default_permits(call);

	for (size_t i = 0; i < call->said.n_clauses; i++)
		has |= action_is_permissive(call->said.clauses[i].decision.action);
	return has;
}

static void deny_whole(struct call *call)
{
	size_t at = call->work->ruleset->n_rules;

	for (size_t i = call->said.n_clauses; i > 0; i--) {
		if (action_is_permissive(call->said.clauses[i - 1].decision.action))
			at = call->said.clauses[i - 1].at;
	}
	deny_take_out_everywhere(call->work, call->name);
	deny_make(call->work, &(struct deny_rule){
				      .at = at,
				      .name = call->name,
				      .decision = decision_of(&call->denials[0]),
				      .has_errno = true,
			      });
}

static void begin(struct call *call, bool only_permits)
{
	call->only_permits = only_permits;
	call->is_changed = call->is_beyond = false;
	call->n_written = 0;
	call->n_made = call->work->n_made;
	for (size_t i = 0; i < call->said.n_clauses; i++)
		call->said.clauses[i].is_touched = false;
}

/* All or nothing: what was made so far is given up when the next would be too much. */
static void rewrite(struct call *call, bool only_permits)
{
	begin(call, only_permits);
	touch(call);
	deny_unspoken(call, false);
	for (size_t i = 0; i < call->said.n_clauses && call->is_changed; i++) {
		if (call->said.clauses[i].is_touched)
			write_clause(call, i);
	}
	if (call->is_changed)
		deny_unspoken(call, true);
	else
		begin(call, only_permits);
	call->is_beyond |= !is_exact(call);
	if (call->is_beyond)
		call->work->n_made = call->n_made;
	else if (call->is_changed)
		take_out(call);
}

enum deny_outcome deny_call(struct deny_work *work, const struct denial *denials, size_t n_denials)
{
	struct call call = {
		.work = work,
		.name = denials[0].name,
		.denials = denials,
		.n_denials = n_denials,
		.said = clauses_find(work, denials[0].name),
	};

	work->no_memory |= call.said.no_memory;
	if (work->no_memory || !has_permissive(&call))
		return DENY_NOTHING;
	call.is_beyond = call.said.is_unfit;
	if (!call.is_beyond)
		rewrite(&call, false);
	if (call.is_beyond && !call.said.is_unfit && !action_is_permissive(work->standard.action))
		rewrite(&call, true);
	if (call.is_beyond) {
		deny_whole(&call);
		return DENY_WHOLE;
	}
	if (!call.is_changed)
		return DENY_NOTHING;
	return call.only_permits ? DENY_BY_DEFAULT : DENY_EXACTLY;
}
