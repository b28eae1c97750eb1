/* SPDX-License-Identifier: Apache-2.0 */

/* Denials of what container runtimes need for themselves, behind their filter. */

#include <string.h>

#include "deny_check.h"
#include "profile/bases.h"

static bool needs(const struct base_set *set, const char *name)
{
	for (size_t i = 0; i < set->n_needed; i++) {
		if (strcmp(set->needed[i], name) == 0)
			return true;
	}
	return false;
}

/* "crun, runc", each once: the versions of one follow each other. */
static void list_runtimes(const struct base_table *bases, const char *name, struct buffer *out)
{
	const char *last = "";

	for (size_t i = 0; i < bases->n_sets; i++) {
		const struct base_set *set = &bases->sets[i];

		if (strcmp(set->runtime, last) == 0 || !needs(set, name))
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

		list_runtimes(&base_table_builtin, name->text, &runtimes);
		if (buffer_error(&runtimes))
			check->no_memory = true;
		else if (runtimes.n_data)
			node_finding(check->diag, DIAG_WARNING, "deny-base", name, &way,
			             "deny it under a condition, or take it out of the denial",
			             "container runtimes themselves need %s (%s): no container "
			             "starts while it is denied",
			             name->text, runtimes.data);
	}
}
