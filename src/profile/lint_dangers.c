/* SPDX-License-Identifier: Apache-2.0 */

/* Calls that reach beyond a container. */

#include <string.h>

#include "lint_internal.h"
#include "profile/facts.h"
#include "profile/syscalls.h"

/* What a rule is for by a capability is known to need it; one that every container has tells nothing. */
static bool asks_for_capability(const struct rule *rule)
{
	const struct rule_words *wanted = &rule->includes.capabilities;
	unsigned int number;

	for (size_t i = 0; i < wanted->n_words; i++) {
		if (!capability_parse(wanted->words[i].text, &number) ||
		    !(CAPABILITIES_DEFAULT & UINT64_C(1) << number))
			return true;
	}
	return false;
}

/* With SCMP_ACT_NOTIFY an agent decides. */
static bool is_let_through(const struct rule *rule)
{
	return action_is_permissive(rule->action) && rule->action != ACTION_NOTIFY;
}

static bool is_plainly_allowed(const struct lint_name *name)
{
	return name->use && name->use == name->call->decider && is_let_through(name->rule) &&
	       !asks_for_capability(name->rule);
}

static void judge_rule(struct lint *lint, size_t from, size_t to)
{
	const struct lint_name *first = NULL;
	struct lint_list list = LINT_LIST_INIT;
	struct lint_place place;

	for (size_t i = from; i < to; i++) {
		const struct lint_name *name = &lint->names[i];
		const char *danger = is_plainly_allowed(name) ? syscall_danger(name->text) : NULL;

		if (!danger)
			continue;
		first = first ? first : name;
		lint_list_add(&list, "%s (%s)", name->text, danger);
	}
	if (first) {
		lint_place_name(lint, first, &place);
		lint_add(lint, LINT_DANGEROUS_CALL, DIAG_WARNING, &place, NULL,
		         "let through, though it reaches beyond the container: %s",
		         lint_list_text(&list));
	}
	lint_list_deinit(&list);
}

/* Those that a person knows come first in a list that is cut. */
static const char *const notable[] = {
	"mount",       "setns",           "unshare",    "bpf",
	"init_module", "finit_module",    "kexec_load", "open_by_handle_at",
	"pivot_root",  "perf_event_open", "reboot",
};

static bool is_notable(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(notable); i++) {
		if (strcmp(notable[i], name) == 0)
			return true;
	}
	return false;
}

static void add_open(const struct lint *lint, const char *name, struct lint_list *list)
{
	const struct lint_call *call = lint_find_call(lint, name);

	if (call && call->decider && !is_let_through(call->decider->rule))
		return;
	if (lint_reach_of(lint, name) == REACH_ALWAYS && lint_is_callable(lint, name))
		lint_list_add(list, "%s", name);
}

/* One finding for all: whoever lets everything through knows that it is much. */
static void judge_default(struct lint *lint)
{
	struct lint_list list = LINT_LIST_INIT;
	struct lint_place place;
	const char *name;

	for (size_t i = 0; i < ARRAY_SIZE(notable); i++)
		add_open(lint, notable[i], &list);
	for (size_t i = 0; (name = syscall_dangerous(i)); i++) {
		if (!is_notable(name))
			add_open(lint, name, &list);
	}
	lint_place_value(lint, "defaultAction", &place);
	if (list.n && lint->compiled->default_action == ACTION_LOG)
		lint_add(
			lint, LINT_PERMISSIVE_DEFAULT, DIAG_WARNING, &place, NULL,
			"lets calls through and logs them: a profile for recording, which protects "
			"nothing");
	else if (list.n)
		lint_add(
			lint, LINT_PERMISSIVE_DEFAULT, DIAG_WARNING, &place, NULL,
			"lets through what no rule denies, new calls of later kernels too, and %zu "
			"that reach beyond the container: %s",
			list.n, lint_list_text(&list));
	lint_list_deinit(&list);
}

void lint_dangers(struct lint *lint)
{
	if (action_is_permissive(lint->compiled->default_action)) {
		if (lint->compiled->default_action != ACTION_NOTIFY)
			judge_default(lint);
		return;
	}
	for (size_t i = 0, end; i < lint->n_names; i = end) {
		end = lint_end_of_rule(lint, i);
		judge_rule(lint, i, end);
	}
}
