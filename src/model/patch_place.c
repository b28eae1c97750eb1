/* SPDX-License-Identifier: Apache-2.0 */

#include "patch_place.h"

#include <string.h>

/* The next part of a path (`machine.seccompProfiles[1]`) or of a JSON pointer
 * (`/machine/seccompProfiles/1`): what stands between the marks. False at the end. */
static bool next_part(const char **textp, const char **beginp, size_t *n_partp)
{
	const char *begin = *textp + strspn(*textp, "./[]\"");
	size_t n = strcspn(begin, "./[]\"");

	*beginp = begin;
	*n_partp = n;
	*textp = begin + n;
	return n > 0;
}

/* Whether one leads to, or through, what the other leads to. The parts are compared only as far as
 * is needed to choose a place; escapes do not matter for that. */
static bool paths_meet(const char *a, const char *b)
{
	const char *part_a;
	const char *part_b;
	size_t n_a;
	size_t n_b;

	while (next_part(&a, &part_a, &n_a) && next_part(&b, &part_b, &n_b)) {
		if (n_a != n_b || memcmp(part_a, part_b, n_a) != 0)
			return false;
	}
	return true;
}

static const struct node *find_operation(const struct node *operations, const char *path)
{
	const struct node *found = NULL;

	operations = node_resolve(operations);
	for (size_t i = 0; i < operations->n; i++) {
		const struct node *operation = operations->items[i];
		const struct node *pointer = node_resolve(node_find(operation, "path"));

		if (!found || (pointer && pointer->kind == NODE_SCALAR &&
		               !node_is_text(node_resolve(node_find(operation, "op")), "test") &&
		               paths_meet(path, pointer->text)))
			found = operation;
	}
	return found;
}

void patch_place_errors(const struct node *operations, const struct diag *found, struct diag *diag)
{
	for (size_t i = 0; i < found->n_entries; i++) {
		const struct diag_entry *entry = &found->entries[i];
		struct place place = { entry->source, entry->line, entry->column };
		bool is_placed = entry->source && strcmp(entry->source, PATCH_SOURCE_NAME) == 0;

		if (operations && !is_placed)
			place = node_place(
				find_operation(operations, entry->path ? entry->path : ""));
		diag_add_entry_at(diag, entry, &place);
	}
}
