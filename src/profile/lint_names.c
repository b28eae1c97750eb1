/* SPDX-License-Identifier: Apache-2.0 */

/* Names that no runtime on this machine makes anything of. */

#include <errno.h>
#include <string.h>

#include "document/quote.h"
#include "lint_internal.h"
#include "profile/check.h"
#include "profile/syscalls.h"

/* The best answer of those of the architectures that the profile is for. */
static enum syscall_knowledge look_up(const struct lint *lint, const char *name)
{
	const struct rule_words *more = &lint->compiled->architectures;
	enum syscall_knowledge answer;

	if (lint_is_callable(lint, name))
		return SYSCALL_NATIVE;
	answer = syscall_look_up(name, lint->options->facts->architecture);
	for (size_t i = 0; i < more->n_words && answer == SYSCALL_ELSEWHERE; i++)
		answer = syscall_look_up(name, more->words[i].text);
	return answer;
}

static void add_quoted(struct lint *lint, const struct lint_name *name, struct lint_list *list,
                       size_t *n_suggestedp)
{
	_cleanup_(buffer_deinit) struct buffer quoted = BUFFER_INIT;
	const char *near = NULL;

	quote_append(&quoted, name->text, strlen(name->text));
	if (buffer_error(&quoted)) {
		lint->fault = -ENOMEM;
		return;
	}
	/* Each costs a comparison with every name that there is. */
	if (list->n < LINT_LISTED_MAX && (*n_suggestedp)++ < CHECK_SUGGESTIONS_MAX)
		near = syscall_suggest(name->text);
	if (near)
		lint_list_add(list, "%s (did you mean %s?)", quoted.data, near);
	else
		lint_list_add(list, "%s", quoted.data);
}

/* One finding of a kind: the place is that of the first name. */
struct group {
	enum lint_rule rule;
	const struct lint_name *first;
	struct lint_list list;
};

static void group_add(struct group *group, const struct lint_name *name)
{
	if (!group->first)
		group->first = name;
	lint_list_add_name(&group->list, name->text);
}

static void group_tell(struct lint *lint, struct group *group, const char *reason)
{
	struct lint_place place;

	if (group->first) {
		lint_place_name(lint, group->first, &place);
		lint_add(lint, group->rule, DIAG_WARNING, &place, NULL, "%s: %s", reason,
		         lint_list_text(&group->list));
	}
	lint_list_deinit(&group->list);
}

static bool is_for_every_node(const struct rule *rule)
{
	return !rule->includes.node && !rule->excludes.node;
}

/* Those of one rule, which is where a misspelling is corrected. Single names of other architectures are
 * what a rule that is the same on all nodes has; a rule of nothing else does nothing. */
static void judge_rule(struct lint *lint, size_t from, size_t to, struct group *newer,
                       size_t *n_suggestedp)
{
	struct group unknown = { .rule = LINT_UNKNOWN_SYSCALL };
	struct group foreign = { .rule = LINT_FOREIGN_SYSCALL };

	for (size_t i = from; i < to; i++) {
		const struct lint_name *name = &lint->names[i];

		switch (look_up(lint, name->text)) {
		case SYSCALL_NATIVE:
			break;
		case SYSCALL_NEWER:
			if (name->use)
				group_add(newer, name);
			break;
		case SYSCALL_ELSEWHERE:
			group_add(&foreign, name);
			break;
		case SYSCALL_UNKNOWN:
			if (!unknown.first)
				unknown.first = name;
			add_quoted(lint, name, &unknown.list, n_suggestedp);
			break;
		}
	}
	if (foreign.list.n == to - from && is_for_every_node(lint->names[from].rule))
		group_tell(lint, &foreign,
		           "no architecture of the profile has such calls: the rule does nothing");
	lint_list_deinit(&foreign.list);
	group_tell(lint, &unknown, "no system call of any architecture, runtimes leave it out");
}

void lint_names(struct lint *lint)
{
	bool is_open = action_is_permissive(lint->compiled->default_action);
	struct group newer = { .rule = LINT_NEWER_SYSCALL };
	size_t n_suggested = 0;

	for (size_t i = 0, end; i < lint->n_names; i = end) {
		end = lint_end_of_rule(lint, i);
		judge_rule(lint, i, end, &newer, &n_suggested);
	}
	group_tell(
		lint, &newer,
		is_open ? "newer than this machine's libseccomp: runtimes leave the name out, and "
			  "the call goes through"
			: "newer than this machine's libseccomp: runtimes leave the name out, and "
			  "the default action decides");
}
