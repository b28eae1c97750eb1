/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/lint_value.h"

#include <errno.h>

bool profile_is_linted(const struct profile_options *options)
{
	return options->validate == VALIDATE_STRICT && options->facts;
}

/* A condition takes libseccomp no less than a name. */
static size_t count_names(const struct ruleset *ruleset)
{
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_rules; i++)
		n += ruleset->rules[i].names.n_words * (1 + ruleset->rules[i].n_arguments);
	return n;
}

int lint_value(const struct node *value, const struct profile_options *options, size_t n_filter_max,
               const struct path *path, struct lint_outcome *outcome, struct diag *diag)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct lint_options lint = { .facts = options->facts };
	struct profile_work work;
	int r;

	*outcome = (struct lint_outcome){ 0 };
	if (!arena)
		return -ENOMEM;
	r = profile_build(arena, node_resolve(value), options, NULL, path, &work, NULL, NULL);
	if (r || !work.source)
		return r < 0 ? r : 0;
	outcome->is_compiled = !work.keeps_bytes;
	outcome->n_names = count_names(work.compiled);
	lint.with_filter = outcome->n_names <= n_filter_max;
	return lint_profile(work.source, work.compiled, path, &lint, diag);
}
