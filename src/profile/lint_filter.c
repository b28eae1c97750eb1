/* SPDX-License-Identifier: Apache-2.0 */

/* The filter that libseccomp makes of the whole profile. */

#include "lint_internal.h"
#include "profile/filter.h"

/*
 * Conditions of all calls on all architectures. libseccomp's time grows with the third power of those of
 * one architecture: 1000 take 2 s, and make more instructions than the kernel takes unless most
 * of them are equal. Moby's default profile has about thirty. Those that are neither EQ nor MASKED_EQ count
 * twice: 1000 of them take 5 s.
 */
#define CONDITIONS_MAX 2000

/*
 * Of one call, conditions that are neither EQ nor MASKED_EQ, each of which can lead on from many nodes
 * of libseccomp's tree. Where each is a rule of its own the time grows with their fourth power: 100
 * take 0.3 s, and 300 minutes. Where a rule has several it grows by a factor
 * with each: 15 took 50 ms at most, and 24 did not end.
 */
#define ORDERS_MAX        64
#define JOINED_ORDERS_MAX 12

static size_t count_orders(const struct rule *rule)
{
	size_t n = 0;

	for (size_t i = 0; i < rule->n_arguments; i++)
		n += rule->arguments[i].comparison != COMPARE_EQ &&
		     rule->arguments[i].comparison != COMPARE_MASKED_EQ;
	return n;
}

/* of_order: what one counts that is neither EQ nor MASKED_EQ. */
static size_t count_conditions(const struct lint *lint, size_t of_order)
{
	size_t n = 0;

	for (size_t i = 0; i < lint->compiled->n_rules; i++) {
		const struct rule *rule = &lint->compiled->rules[i];

		n += rule->names.n_words *
		     (rule->n_arguments + (of_order - 1) * count_orders(rule));
	}
	return n * lint->n_architectures;
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

static const char remedy[] = "remove conditions, or let the runtime try";

static bool has_costly_call(struct lint *lint)
{
	for (size_t i = 0; i < lint->n_calls; i++) {
		const struct rule *rule = find_costly(lint, &lint->calls[i]);
		_cleanup_(lint_list_deinit) struct lint_list name = LINT_LIST_INIT;
		struct lint_place place;

		if (!rule)
			continue;
		lint_list_add_name(&name, lint->calls[i].name);
		lint_place_rule(lint, rule, "args", &place);
		lint_add(lint, LINT_FILTER_TOO_LARGE, DIAG_WARNING, &place, remedy,
		         "so many conditions on %s other than EQ and MASKED_EQ that libseccomp "
		         "may never end, and is not asked for the filter",
		         lint_list_text(&name));
		return true;
	}
	return false;
}

static bool is_too_costly(struct lint *lint)
{
	struct lint_place place;

	if (count_conditions(lint, 2) <= CONDITIONS_MAX)
		return has_costly_call(lint);
	lint_place_value(lint, "syscalls", &place);
	lint_add(
		lint, LINT_FILTER_TOO_LARGE, DIAG_WARNING, &place, remedy,
		"%zu conditions for all calls and architectures: libseccomp would take long, and is "
		"not asked for the filter",
		count_conditions(lint, 1));
	return true;
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

static bool is_sure_action(enum action action, bool has_errno, uint32_t errno_ret)
{
	return action != ACTION_NOTIFY && (!has_errno || errno_ret <= FILTER_ERRNO_MAX);
}

/*
 * Whether libseccomp is sure to build a filter that the kernel takes, so that nobody has to wait for it:
 * rules without conditions, for this architecture alone.
 */
static bool is_sure(const struct lint *lint)
{
	const struct ruleset *ruleset = lint->compiled;
	size_t n_names = 0;

	if (ruleset->has_architectures || ruleset->has_flags ||
	    !is_sure_action(ruleset->default_action, ruleset->has_default_errno,
	                    ruleset->default_errno))
		return false;
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		if (rule->n_arguments ||
		    !is_sure_action(rule->action, rule->has_errno, rule->errno_ret))
			return false;
		n_names += rule->names.n_words;
	}
	return n_names <= FILTER_SURE_NAMES_MAX;
}

void lint_filter(struct lint *lint)
{
	_cleanup_(diag_deinit) struct diag reasons = DIAG_INIT;
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	struct lint_place place;
	int r;

	/* What is an error already would be one here as well. */
	if (!lint->options->with_filter || lint->found.n_errors || is_sure(lint) ||
	    is_too_costly(lint))
		return;
	r = filter_build(lint->compiled, lint->path, &filter, &reasons);
	if (r < 0)
		lint->fault = r;
	else if (r)
		tell_refused(lint, &reasons);
	if (r || filter.n_instructions <= FILTER_INSTRUCTIONS_MAX)
		return;
	lint_place_value(lint, NULL, &place);
	lint_add(lint, LINT_FILTER_TOO_LARGE, DIAG_ERROR, &place, NULL,
	         "the filter has %zu instructions, the kernel takes at most %d",
	         filter.n_instructions, FILTER_INSTRUCTIONS_MAX);
}
