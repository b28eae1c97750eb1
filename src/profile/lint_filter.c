/* SPDX-License-Identifier: Apache-2.0 */

/* The filter that libseccomp makes of the whole profile. */

#include "lint_internal.h"
#include "profile/filter.h"

/*
 * Conditions of all calls on all architectures. libseccomp's time grows with the third power of those of
 * one architecture: 1000 take 2 s, and make more instructions than the kernel takes unless most
 * of them are equal. Moby's default profile has about thirty.
 */
#define CONDITIONS_MAX 2000

static size_t count_conditions(const struct lint *lint)
{
	size_t n = 0;

	for (size_t i = 0; i < lint->compiled->n_rules; i++) {
		const struct rule *rule = &lint->compiled->rules[i];

		n += rule->names.n_words * rule->n_arguments;
	}
	return n * lint->n_architectures;
}

static bool is_too_costly(struct lint *lint)
{
	size_t n = count_conditions(lint);
	struct lint_place place;

	if (n <= CONDITIONS_MAX)
		return false;
	lint_place_value(lint, "syscalls", &place);
	lint_add(
		lint, LINT_FILTER_TOO_LARGE, DIAG_WARNING, &place,
		"remove conditions, or let the runtime try",
		"%zu conditions for all calls and architectures: libseccomp would take long, and is "
		"not asked for the filter",
		n);
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

void lint_filter(struct lint *lint)
{
	_cleanup_(diag_deinit) struct diag reasons = DIAG_INIT;
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	struct lint_place place;
	int r;

	/* What is an error already would be one here as well. */
	if (!lint->options->with_filter || lint->found.n_errors || is_too_costly(lint))
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
