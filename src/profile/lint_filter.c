/* SPDX-License-Identifier: Apache-2.0 */

/* The filter that libseccomp makes of the whole profile. */

#include <errno.h>

#include "lint_bound.h"
#include "profile/filter.h"

/*
 * Of one call, conditions that are neither EQ nor MASKED_EQ, each of which can lead on from many
 * nodes of libseccomp's tree. Where each is a rule of its own the time grows with their fourth power: 100
 * take 0.1 s, 128 0.3 s, and 300 minutes. Where a rule has several it grows by a factor
 * with each: 15 took 50 ms at most, and 24 did not end.
 */
#define ORDERS_MAX        128
#define JOINED_ORDERS_MAX 12

static size_t count_orders(const struct rule *rule)
{
	size_t n = 0;

	for (size_t i = 0; i < rule->n_arguments; i++)
		n += rule->arguments[i].comparison != COMPARE_EQ &&
		     rule->arguments[i].comparison != COMPARE_MASKED_EQ;
	return n;
}

/* The rule with which they become too many, or NULL. */
static const struct rule *find_costly(const struct lint *lint, const struct lint_call *call)
{
	size_t n_orders = 0, n_joined = 0;

	for (const struct lint_use *use = call->uses; use; use = use->next) {
		const struct rule *rule = use->rule;
		size_t n = lint_is_default(lint, rule) ? 0 : count_orders(rule);

		n_orders += n;
		if (rule->n_arguments > 1 && !rule_shares_index(rule))
			n_joined += n;
		if (n_orders > ORDERS_MAX || n_joined > JOINED_ORDERS_MAX)
			return rule;
	}
	return NULL;
}

static const char remedy[] = "remove conditions";
static const char remedy_of_denials[] = "deny fewer calls under conditions, or without args";
static const char before_denials[] = "with seccompDeny ";

static bool has_endless_call(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_calls; i++) {
		_cleanup_(lint_list_deinit) struct lint_list name = LINT_LIST_INIT;
		const struct rule *rule = find_costly(lint, &lint->calls[i]);
		struct lint_place place;

		if (!rule)
			continue;
		lint_list_add_name(&name, lint->calls[i].name);
		lint_place_rule(lint, rule, "args", &place);
		lint_add(lint, LINT_FILTER_TOO_LARGE, DIAG_ERROR, &place, remedy,
		         "so many conditions on %s other than EQ and MASKED_EQ that libseccomp "
		         "may never end, and is not asked for the filter",
		         lint_list_text(&name));
		return true;
	}
	return false;
}

/* libseccomp's time for so many instructions, in the units of LINT_FILTER_WORK_MAX. */
static uint64_t estimate_work(size_t n)
{
	return 1 + ((uint64_t)n * n * n >> 20);
}

static bool is_too_costly(struct lint *lint, uint64_t work)
{
	bool has_denials = lint->options->has_denials;
	struct lint_place place;

	if (work <= LINT_FILTER_WORK_MAX)
		return false;
	lint_place_value(lint, "syscalls", &place);
	lint_add(lint, LINT_FILTER_TOO_LARGE, DIAG_ERROR, &place,
	         has_denials ? remedy_of_denials : remedy,
	         "%sso many conditions that it may have more than the %d instructions that the "
	         "kernel takes; libseccomp would take long, and is not asked for the filter",
	         has_denials ? before_denials : "", FILTER_INSTRUCTIONS_MAX);
	return true;
}

/* Whether there is still time for it; takes it. */
static bool take_work(struct lint *lint, uint64_t work)
{
	uint64_t *leftp = lint->options->filter_work;
	struct lint_place place;

	if (!leftp)
		return true;
	if (work <= *leftp) {
		*leftp -= work;
		return true;
	}
	if (lint->options->has_denials)
		return false;
	lint_place_value(lint, NULL, &place);
	lint_add(lint, LINT_FILTER_TOO_LARGE, DIAG_ERROR, &place,
	         "give the last of these profiles in another patch",
	         "too many profiles at once whose filters are large, or have to be built to be "
	         "judged: this one is not");
	return false;
}

static void tell_refused(struct lint *lint, const struct diag *reasons)
{
	for (size_t i = 0; i < reasons->n_entries; i++) {
		const struct diag_entry *reason = &reasons->entries[i];
		const struct place place = { reason->source, reason->line, reason->column };

		diag_add_finding(&lint->found, DIAG_ERROR, lint_rules[LINT_FILTER_REFUSED].id,
		                 &place, reason->path, lint_rules[LINT_FILTER_REFUSED].remedy, "%s",
		                 reason->message);
	}
}

/* How many instructions libseccomp makes of it; false where there is nothing to go on with. */
static bool build(struct lint *lint, const struct ruleset *ruleset, size_t n_slow, size_t *np)
{
	_cleanup_(diag_deinit) struct diag reasons = DIAG_INIT;
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	uint64_t work = estimate_work(n_slow);
	int r;

	if (is_too_costly(lint, work) || !take_work(lint, work))
		return false;
	r = ruleset ? filter_build(ruleset, lint->path, &filter, &reasons) : -ENOMEM;
	if (r < 0)
		lint->fault = r;
	else if (r)
		tell_refused(lint, &reasons);
	*np = filter.n_instructions;
	return r == 0;
}

/* How many instructions there are at most; false where there is nothing to go on with. */
static bool measure(struct lint *lint, size_t *np)
{
	struct lint_bound bound;
	size_t n_doubtful = 0;
	bool is_part;

	lint->fault = lint_bound(lint, &bound);
	if (lint->fault)
		return false;
	is_part = bound.n_doubtful < lint->n_calls;
	if (is_part && bound.is_to_be_asked &&
	    !build(lint, lint_bound_doubtful(lint, &bound), bound.n_doubtful_slow, &n_doubtful))
		return false;
	*np = bound.n_most + lint_bound_among_others(n_doubtful);
	if (*np <= FILTER_INSTRUCTIONS_MAX && (is_part || !bound.is_to_be_asked))
		return true;
	return build(lint, lint->compiled, bound.n_slow, np);
}

void lint_filter(struct lint *lint)
{
	bool has_denials = lint->options->has_denials;
	struct lint_place place;
	size_t n;

	/* What is an error already would be one here as well. */
	if (!lint->options->with_filter || lint->found.n_errors || has_endless_call(lint) ||
	    !measure(lint, &n) || n <= FILTER_INSTRUCTIONS_MAX)
		return;
	lint_place_value(lint, NULL, &place);
	lint_add(lint, LINT_FILTER_TOO_LARGE, DIAG_ERROR, &place,
	         has_denials ? remedy_of_denials : NULL,
	         "%sthe filter has %zu instructions, the kernel takes at most %d",
	         has_denials ? before_denials : "", n, FILTER_INSTRUCTIONS_MAX);
}
