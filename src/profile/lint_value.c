/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/lint_value.h"

#include <errno.h>

bool profile_is_linted(const struct profile_options *options)
{
	return options->validate == VALIDATE_STRICT && options->facts;
}

int lint_value(const struct node *value, const struct profile_options *options,
               uint64_t *filter_work, const struct path *path, struct diag *diag)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct lint_options lint = {
		.facts = options->facts,
		.with_filter = true,
		.filter_work = filter_work,
	};
	struct profile_work work;
	int r;

	if (!arena)
		return -ENOMEM;
	r = profile_build(arena, node_resolve(value), options, NULL, path, &work, NULL, NULL);
	if (r)
		return r < 0 ? r : 0;
	if (!work.source)
		return lint_unread(node_resolve(value), path, diag);
	return lint_profile(work.source, work.compiled, path, &lint, diag);
}

int lint_denied(const struct node *value, const struct profile_options *options,
                const struct deny_list *deny, uint64_t *filter_work, const struct path *path,
                struct diag *diag)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct lint_options lint = {
		.facts = options->facts,
		.with_filter = true,
		.filter_work = filter_work,
		.has_denials = true,
	};
	struct profile_work work;
	int r;

	if (!arena)
		return -ENOMEM;
	r = profile_build(arena, node_resolve(value), options, deny, path, &work, NULL, NULL);
	if (r || !work.is_denied)
		return r < 0 ? r : 0;
	return lint_filter_of(work.served, path, &lint, diag);
}
