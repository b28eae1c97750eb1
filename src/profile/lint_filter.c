/* SPDX-License-Identifier: Apache-2.0 */

/* The filter that libseccomp makes of the whole profile. */

#include "lint_internal.h"
#include "profile/filter.h"

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
	if (!lint->options->with_filter || lint->found.n_errors)
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
