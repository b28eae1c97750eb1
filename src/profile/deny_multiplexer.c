/* SPDX-License-Identifier: Apache-2.0 */

/*
 * On 32-bit x86 and a few more, `socket` is also reached through socketcall, with 1 as its first
 * argument and its own arguments in memory, where no filter sees them; and semop and its like
 * through ipc. Of a rule for socket libseccomp makes one for socketcall as well: first argument
 * 1, conditions on it dropped, those on others taken over although they mean nothing there. So
 *
 *   - what is denied of socket is denied of socketcall, whatever the arguments;
 *   - a rule that permits socket under a condition permits all of it there. Only a rule without
 *     conditions overrides that, so then socketcall is denied entirely;
 *   - two conditional rules for socket with different actions are one condition with two actions
 *     there, which libseccomp refuses, and no container would start. The same way out.
 *
 * That rule must stand before the others, or they are refused before it is seen.
 */

#include <inttypes.h>
#include <string.h>

#include "deny_work.h"
#include "profile/syscalls.h"

#define DENY_REMEDY "leave 32-bit architectures out of the profile if no program needs them"

#define ERRNO_PERMITTED_NOT 1  /* EPERM */
#define ERRNO_NO_CALL       38 /* ENOSYS */

const char *const deny_multiplexers[] = { "socketcall", "ipc", NULL };

static bool is_reached_through(const char *name, const char *multiplexer, uint64_t *numberp)
{
	const char *found = syscall_multiplexer(name, numberp);

	return found && strcmp(found, multiplexer) == 0;
}

/* The calls of the multiplexer with that number, as the kernel reads it. */
static struct argument_box box_of(const char *multiplexer, uint64_t number, bool is_wide)
{
	struct rule_argument argument = {
		.comparison = COMPARE_MASKED_EQ,
		.value = strcmp(multiplexer, "ipc") == 0 ? UINT16_MAX : UINT32_MAX,
		.value_two = number,
	};
	struct argument_box box;

	if (argument.value == UINT32_MAX && !is_wide) {
		argument.comparison = COMPARE_EQ;
		argument.value = number;
	}
	argument_box_of(&argument, 1, &box);
	return box;
}

/* Where it takes all bits that there are, one number of 32 is said by EQ, as box_of() does. */
static void spare_mask(struct argument_box *box)
{
	struct value_set *set = &box->sets[0];
	struct rule_argument argument = { .comparison = COMPARE_EQ, .value = set->value };

	if (box->limited & 1 && set->kind == VALUE_SET_MASKED && set->mask == UINT32_MAX)
		value_set_of(&argument, set);
}

static bool has_equal(const struct denial *denials, size_t n, const struct denial *denial)
{
	for (size_t i = 0; i < n; i++) {
		if (argument_box_equal(&denials[i].box, &denial->box))
			return true;
	}
	return false;
}

size_t deny_multiplexer_denials(struct deny_work *work, const struct deny_list *list,
                                const char *multiplexer, struct denial **denialsp)
{
	size_t n_own, n = 0;
	const struct denial *own = deny_list_find(list, multiplexer, &n_own);
	struct denial *denials;
	uint64_t number;
	bool is_wide;

	if (!deny_architectures_multiplex(&work->architectures, multiplexer, &is_wide))
		return 0;
	denials = arena_alloc_array(work->arena, list->n_denials + n_own, sizeof(*denials));
	if (!denials) {
		work->no_memory = true;
		return 0;
	}
	for (; n < n_own; n++) {
		denials[n] = own[n];
		if (!is_wide)
			spare_mask(&denials[n].box);
	}
	for (size_t i = 0; i < list->n_denials; i++) {
		const struct denial *denial = &list->denials[i];

		if (!is_reached_through(denial->name, multiplexer, &number))
			continue;
		denials[n] = *denial;
		denials[n].name = multiplexer;
		denials[n].box = box_of(multiplexer, number, is_wide);
		n += !has_equal(denials, n, &denials[n]);
	}
	*denialsp = denials;
	return n;
}

/* What the rules say of one call, as libseccomp counts them. */
struct said {
	bool is_unconditional;
	bool is_permissive; /* some rule with conditions is */
	bool has_two;       /* rules with conditions have different actions */
	bool is_any;
	struct decision decision; /* of the one, or of some */
	size_t at;                /* of the unconditional one */
};

/* Of conditional rules those that meet box count. */
static struct said find_said(const struct deny_work *work, const char *name,
                             const struct argument_box *box)
{
	struct said said = { 0 };

	for (size_t i = 0; i < work->ruleset->n_rules; i++) {
		const struct rule *rule = &work->ruleset->rules[i];
		struct decision decision = rule_decision(rule);
		struct argument_box one;

		if (!rule_has_name(rule, name) || decision_equal(&decision, &work->standard))
			continue;
		if (rule_is_unconditional(rule, true))
			return (struct said){ .is_unconditional = true,
				              .is_any = true,
				              .decision = decision,
				              .at = i };
		if (box && !rule_shares_index(rule) &&
		    (!argument_box_of(rule->arguments, rule->n_arguments, &one) ||
		     !argument_box_meets(&one, box)))
			continue;
		said.has_two |= said.is_any && !decision_equal(&said.decision, &decision);
		said.is_permissive |= action_is_permissive(decision.action);
		said.is_any = true;
		said.decision = decision;
	}
	return said;
}

struct multiplexer {
	struct deny_work *work;
	const struct deny_list *list;
	const char *name;
	bool is_wide;
	const struct denial *denials; /* of itself in the list, or NULL */
	size_t n_denials;
	bool is_denied;             /* by a rule without conditions */
	bool is_changed;            /* something was denied of it */
	const struct denial *cause; /* the denial that needs it denied entirely; NULL: none */
	const char *through;        /* the call that would get through */
};

/* A denial of the multiplexer itself that a rule for a call behind it would undo. */
static const struct denial *find_undone(const struct multiplexer *multiplexer,
                                        const struct said *said, const struct argument_box *box)
{
	if (!said->is_permissive &&
	    !(said->is_unconditional && action_is_permissive(said->decision.action)))
		return NULL;
	for (size_t i = 0; i < multiplexer->n_denials; i++) {
		if (argument_box_meets(&multiplexer->denials[i].box, box))
			return &multiplexer->denials[i];
	}
	return NULL;
}

/* The first denial that has to do with the multiplexer. */
static const struct denial *find_any(const struct multiplexer *multiplexer)
{
	uint64_t number;

	for (size_t i = 0; i < multiplexer->list->n_denials; i++) {
		const struct denial *denial = &multiplexer->list->denials[i];

		if (strcmp(denial->name, multiplexer->name) == 0 ||
		    is_reached_through(denial->name, multiplexer->name, &number))
			return denial;
	}
	return NULL;
}

/* A denial of a call behind the multiplexer that does not hold there, or that makes no filter. */
static const struct denial *find_lost(const struct multiplexer *multiplexer, const char *name,
                                      const struct said *said, const struct argument_box *box)
{
	struct said direct = find_said(multiplexer->work, multiplexer->name, box);
	size_t n_denials;
	const struct denial *denials = deny_list_find(multiplexer->list, name, &n_denials);
	bool is_contradicted = said->is_any && direct.is_any &&
	                       (direct.has_two ||
	                        !decision_equal(&said->decision, &direct.decision));

	if (!denials && is_contradicted && multiplexer->is_changed)
		return find_any(multiplexer);
	return said->is_permissive || said->has_two || is_contradicted ? denials : NULL;
}

/* A call behind the multiplexer that some rule names. */
static void look_at(struct multiplexer *multiplexer, const char *name, uint64_t number)
{
	struct argument_box box = box_of(multiplexer->name, number, multiplexer->is_wide);
	struct said said = find_said(multiplexer->work, name, NULL);
	const struct denial *cause;
	size_t n;

	/* It overrides all, but if two rules contradict each other before it. */
	if (multiplexer->is_denied)
		cause = said.has_two ? deny_list_find(multiplexer->list, name, &n) : NULL;
	else
		cause = find_undone(multiplexer, &said, &box);
	if (!cause && !multiplexer->is_denied)
		cause = find_lost(multiplexer, name, &said, &box);
	if (cause && !multiplexer->cause) {
		multiplexer->cause = cause;
		multiplexer->through = name;
	}
}

static void look_at_all(struct multiplexer *multiplexer)
{
	const struct ruleset *ruleset = multiplexer->work->ruleset;
	uint64_t number;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		for (size_t j = 0; j < ruleset->rules[i].names.n_words; j++) {
			const char *name = ruleset->rules[i].names.words[j].text;

			if (is_reached_through(name, multiplexer->name, &number))
				look_at(multiplexer, name, number);
		}
	}
}

/* Another than the default action, or runtimes leave the rule out. */
static struct decision choose_decision(const struct deny_work *work, const struct denial *cause)
{
	struct decision decision = { .action = ACTION_ERRNO, .errno_ret = cause->errno_ret };

	if (decision_equal(&decision, &work->standard))
		decision.errno_ret = cause->errno_ret == ERRNO_NO_CALL ? ERRNO_PERMITTED_NOT
		                                                       : ERRNO_NO_CALL;
	return decision;
}

static void warn(const struct multiplexer *multiplexer)
{
	const struct deny_work *work = multiplexer->work;
	const struct denial *cause = multiplexer->cause;

	/* It may be what was asked for. */
	if (!cause->box.limited && strcmp(cause->name, multiplexer->name) == 0)
		return;
	node_finding(
		work->diag, DIAG_WARNING, "deny-multiplexer", work->ruleset->node, work->path,
		DENY_REMEDY,
		"seccompDeny (%s): %s is denied entirely, since through it %s would be permitted "
		"whatever its arguments",
		cause->reason, multiplexer->name, multiplexer->through);
}

static void mend(struct multiplexer *multiplexer)
{
	struct deny_work *work = multiplexer->work;
	struct said own = find_said(work, multiplexer->name, NULL);
	struct deny_rule rule = {
		.at = DENY_AT_FRONT,
		.name = multiplexer->name,
		.decision = choose_decision(work, multiplexer->cause),
		.has_errno = true,
	};

	if (multiplexer->is_denied) {
		rule.decision = own.decision;
		rule.has_errno = work->ruleset->rules[own.at].has_errno;
	} else {
		compile_note_denied(work->notes, multiplexer->name, " entirely",
		                    "seccompDeny (%s): %s is denied entirely",
		                    multiplexer->cause->reason, multiplexer->name);
		warn(multiplexer);
	}
	deny_take_out_everywhere(work, multiplexer->name);
	deny_make(work, &rule);
}

static bool is_denied(const struct deny_work *work, const char *name)
{
	struct said said = find_said(work, name, NULL);

	return said.is_unconditional && !action_is_permissive(said.decision.action);
}

/* What is denied under a condition is denied without it there. */
static void tell_of_wider(const struct multiplexer *multiplexer)
{
	const struct deny_work *work = multiplexer->work;
	uint64_t number;

	for (size_t i = 0; i < multiplexer->list->n_denials; i++) {
		const struct denial *denial = &multiplexer->list->denials[i];

		if (!denial->box.limited ||
		    !is_reached_through(denial->name, multiplexer->name, &number))
			continue;
		node_finding(work->diag, DIAG_WARNING, "deny-multiplexer", work->ruleset->node,
		             work->path, DENY_REMEDY,
		             "seccompDeny (%s): where it is reached through %s, %s is denied "
		             "whatever its arguments",
		             denial->reason, multiplexer->name, denial->name);
		return;
	}
}

void deny_mend_multiplexers(struct deny_work *work, const struct deny_list *list)
{
	for (size_t i = 0; deny_multiplexers[i]; i++) {
		struct multiplexer multiplexer = {
			.work = work,
			.list = list,
			.name = deny_multiplexers[i],
			.is_changed = work->multiplexers >> i & 1,
		};

		multiplexer.denials = deny_list_find(list, multiplexer.name,
		                                     &multiplexer.n_denials);
		if (!deny_architectures_multiplex(&work->architectures, multiplexer.name,
		                                  &multiplexer.is_wide))
			continue;
		multiplexer.is_denied = is_denied(work, multiplexer.name);
		look_at_all(&multiplexer);
		if (multiplexer.cause)
			mend(&multiplexer);
		else if (multiplexer.is_changed)
			tell_of_wider(&multiplexer);
	}
	deny_finish(work);
}
