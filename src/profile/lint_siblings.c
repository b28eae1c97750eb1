/* SPDX-License-Identifier: Apache-2.0 */

/* Denials that a program gets around by another call. */

#include <errno.h>
#include <string.h>

#include "lint_internal.h"
#include "profile/syscalls.h"

/* On s390 the flags are the second argument; nobody filters the other one, an address. */
#define CLONE_FLAGS_INDEX_MAX 1

/* A rule with ENOSYS sends programs to another call on purpose. A condition narrows as a denial does;
 * that of clone is judge_clone3()'s. */
static bool is_narrowed_on_purpose(const struct lint *lint, const struct lint_name *name)
{
	const struct rule *rule = name->rule;

	if (!name->use || lint_reach_of(lint, name->text) == REACH_ALWAYS)
		return false;
	if (!lint_is_denial(rule))
		return !rule_is_unconditional(rule, false) && strcmp(name->text, "clone") != 0;
	return !(rule->action == ACTION_ERRNO && rule->errno_ret == ENOSYS);
}

static void add_missed(struct lint *lint, const struct lint_name *name, struct lint_list *list)
{
	const char *const *sibling = syscall_siblings(name->text);
	enum lint_reach reach = lint_reach_of(lint, name->text);
	struct lint_list missed = LINT_LIST_INIT;

	for (; sibling && *sibling; sibling++) {
		if (strcmp(*sibling, name->text) != 0 && lint_reach_of(lint, *sibling) > reach &&
		    lint_is_callable(lint, *sibling))
			lint_list_add(&missed, "%s", *sibling);
	}
	if (missed.n)
		lint_list_add(list, "%s (but not %s)", name->text, lint_list_text(&missed));
	lint_list_deinit(&missed);
}

static void judge_rule(struct lint *lint, size_t from, size_t to)
{
	struct lint_list list = LINT_LIST_INIT;
	const struct lint_name *first = NULL;
	struct lint_place place;

	for (size_t i = from; i < to; i++) {
		size_t n_before = list.n;

		if (is_narrowed_on_purpose(lint, &lint->names[i]))
			add_missed(lint, &lint->names[i], &list);
		if (list.n > n_before && !first)
			first = &lint->names[i];
	}
	if (first) {
		lint_place_name(lint, first, &place);
		lint_add(lint, LINT_MISSED_SIBLING, DIAG_WARNING, &place,
		         lint_is_denial(first->rule) ? NULL : "give these calls a rule too",
		         "%s, while calls that do the same are let through: %s",
		         lint_is_denial(first->rule) ? "denied" : "let through by conditions only",
		         lint_list_text(&list));
	}
	lint_list_deinit(&list);
}

/* A deny list with the multiplexer alone: only 32-bit programs use it. Whoever gave the call itself a rule
 * closes the detour. */
static void judge_lone_multiplexer(struct lint *lint, const char *multiplexer, const char *call)
{
	struct lint_place place;

	if (!action_is_permissive(lint->compiled->default_action) ||
	    lint_reach_of(lint, multiplexer) != REACH_NEVER || lint_find_call(lint, call) ||
	    !lint_is_callable(lint, call))
		return;
	for (size_t i = 0; i < lint->n_names; i++) {
		const struct lint_name *name = &lint->names[i];

		if (strcmp(name->text, multiplexer) != 0 || name->use != name->call->decider)
			continue;
		lint_place_name(lint, name, &place);
		lint_add(lint, LINT_MISSED_SIBLING, DIAG_WARNING, &place, NULL,
		         "denied, while calls that do the same are let through: %s (but not %s)",
		         multiplexer, call);
		return;
	}
}

/*
 * 32-bit programs reach some calls through one, its arguments in memory. libseccomp makes of a rule for
 * such a call one for the multiplexer too, without conditions on the first argument, and with the others
 * on arguments that are something else there. A rule for the multiplexer without conditions hides it.
 */
enum detour {
	DETOUR_NONE,
	DETOUR_OPEN,      /* the multiplexer has a rule of its own, which lets it through */
	DETOUR_UNCHECKED, /* the rule is there, its conditions are not */
};

static enum detour find_detour(const struct lint *lint, const struct lint_name *name,
                               const struct lint_call *multiplexer, const char *multiplexer_name)
{
	const bool is_decided = multiplexer && multiplexer->decider;
	const char *through;
	uint64_t number;

	/* A name once, and nearly all names of an allow list need no further look. */
	if (!name->use || name->use != name->call->uses || name->call->reach == REACH_ALWAYS)
		return DETOUR_NONE;
	if (is_decided ? multiplexer->reach == REACH_NEVER : name->call->reach == REACH_NEVER)
		return DETOUR_NONE;
	through = syscall_multiplexer(name->text, &number);
	if (!through || strcmp(through, multiplexer_name) != 0)
		return DETOUR_NONE;
	return is_decided ? DETOUR_OPEN : DETOUR_UNCHECKED;
}

static void tell_detour(struct lint *lint, const struct lint_name *first, enum detour detour,
                        const char *multiplexer, const char *names)
{
	struct lint_place place;

	lint_place_name(lint, first, &place);
	if (detour == DETOUR_OPEN)
		lint_add(lint, LINT_MULTIPLEXER, DIAG_WARNING, &place, NULL,
		         "32-bit programs get around the rule through %s, which is let through: %s",
		         multiplexer, names);
	else
		lint_add(lint, LINT_MULTIPLEXER, DIAG_WARNING, &place,
		         "deny the multiplexer with an errno that is not the default's, remove the "
		         "32-bit architecture, or accept it",
		         "32-bit programs make the call through %s, where conditions on its "
		         "arguments do not count: %s",
		         multiplexer, names);
}

static void judge_multiplexer(struct lint *lint, const char *multiplexer)
{
	const struct lint_call *call = lint_find_call(lint, multiplexer);
	const struct lint_name *first = NULL;
	struct lint_list list = LINT_LIST_INIT;
	enum detour found = DETOUR_NONE;

	if (!lint_is_callable(lint, multiplexer))
		return;
	/* All are of one kind: the multiplexer decides which. */
	for (size_t i = 0; i < lint->n_names; i++) {
		enum detour detour = find_detour(lint, &lint->names[i], call, multiplexer);

		if (detour == DETOUR_NONE)
			continue;
		first = first ? first : &lint->names[i];
		found = detour;
		lint_list_add_name(&list, lint->names[i].text);
	}
	if (first)
		tell_detour(lint, first, found, multiplexer, lint_list_text(&list));
	lint_list_deinit(&list);
}

/* clone by its flags, clone3 with any: its flags are in memory. */
static void judge_clone3(struct lint *lint)
{
	const struct lint_call *clone = lint_find_call(lint, "clone");
	struct lint_place place;

	if (!clone || lint_reach_of(lint, "clone") != REACH_SOMETIMES ||
	    lint_reach_of(lint, "clone3") != REACH_ALWAYS || !lint_is_callable(lint, "clone3"))
		return;
	for (size_t i = 0; i < lint->n_names; i++) {
		const struct lint_name *name = &lint->names[i];

		if (name->call != clone || !name->use || !name->rule->n_arguments ||
		    name->rule->arguments[0].index > CLONE_FLAGS_INDEX_MAX)
			continue;
		lint_place_name(lint, name, &place);
		lint_add(
			lint, LINT_CLONE3_FLAGS, DIAG_WARNING, &place, NULL,
			"clone is filtered by its flags, and clone3, whose flags no filter sees, is "
			"let through");
		return;
	}
}

void lint_siblings(struct lint *lint)
{
	for (size_t i = 0, end; i < lint->n_names; i = end) {
		end = lint_end_of_rule(lint, i);
		judge_rule(lint, i, end);
	}
	judge_multiplexer(lint, "socketcall");
	judge_multiplexer(lint, "ipc");
	judge_lone_multiplexer(lint, "socketcall", "socket");
	judge_lone_multiplexer(lint, "ipc", "shmget");
	judge_clone3(lint);
}
