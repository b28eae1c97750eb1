/* SPDX-License-Identifier: Apache-2.0 */

/* Denials of what container runtimes need for themselves, behind their filter. */

#include <string.h>

#include "deny_check.h"
#include "profile/bases.h"

/* What happens without a call, the worst last. */
enum need {
	NEED_NONE,
	NEED_SOMETIMES,
	NEED_WITHOUT_NNP,
	NEED_ALWAYS,
};

static const char *const without[] = {
	[NEED_SOMETIMES] = "not every container starts, or can be executed in",
	[NEED_WITHOUT_NNP] = "no container without noNewPrivileges starts",
	[NEED_ALWAYS] = "no container starts",
};

static bool has(const char *const *names, size_t n_names, const char *name)
{
	for (size_t i = 0; i < n_names; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static enum need need_of(const struct base_set *set, const char *name)
{
	if (has(set->needed, set->n_needed, name))
		return NEED_ALWAYS;
	if (has(set->needed_without_nnp, set->n_needed_without_nnp, name))
		return NEED_WITHOUT_NNP;
	return has(set->needed_sometimes, set->n_needed_sometimes, name) ? NEED_SOMETIMES
	                                                                 : NEED_NONE;
}

static enum need worst_need(const struct base_table *bases, const char *name)
{
	enum need worst = NEED_NONE;

	for (size_t i = 0; i < bases->n_sets; i++) {
		enum need need = need_of(&bases->sets[i], name);

		worst = need > worst ? need : worst;
	}
	return worst;
}

/* "crun, runc", each once, of which some version has this need: those of one follow each other. */
static void list_runtimes(const struct base_table *bases, const char *name, enum need need,
                          struct buffer *out)
{
	const char *last = "";

	for (size_t i = 0; i < bases->n_sets; i++) {
		const struct base_set *set = &bases->sets[i];

		if (strcmp(set->runtime, last) == 0 || need_of(set, name) != need)
			continue;
		buffer_printf(out, "%s%s", *last ? ", " : "", set->runtime);
		last = set->runtime;
	}
}

void deny_warn_needed(struct check *check, const struct node *names, const struct node *arguments,
                      const struct path *path)
{
	if (arguments && arguments->kind == NODE_SEQUENCE && arguments->n > 0)
		return;
	for (size_t i = 0; i < names->n && check_may_warn(check); i++) {
		const struct node *name = node_resolve(names->items[i]);
		_cleanup_(buffer_deinit) struct buffer runtimes = BUFFER_INIT;
		struct path way = { .up = path, .index = i };
		enum need need = worst_need(&base_table_builtin, name->text);

		if (need == NEED_NONE)
			continue;
		list_runtimes(&base_table_builtin, name->text, need, &runtimes);
		if (buffer_error(&runtimes)) {
			check->no_memory = true;
			return;
		}
		node_finding(check->diag, DIAG_WARNING, "deny-base", name, &way,
		             "deny it under a condition, or take it out of the denial",
		             "container runtimes themselves need %s (%s): %s while it is denied",
		             name->text, runtimes.data, without[need]);
	}
}
