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
 *   - with conditions on other arguments the rules may be such as libseccomp does not carry out
 *     (condition_uses.h). The same way out;
 *   - two conditional rules for socket with different actions are one condition with two actions
 *     there, which libseccomp refuses, and no container would start. The same way out.
 *
 * That rule must stand before the others, or they are refused before it is seen.
 */

#include <inttypes.h>
#include <string.h>

#include "condition_uses.h"
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

/* What rules say of one call. */
struct said {
	bool is_any;
	bool is_permissive;       /* some rule is */
	bool has_two;             /* rules have different actions */
	struct decision decision; /* of some */
};

static void say(struct said *said, const struct decision *decision)
{
	said->has_two |= said->is_any && !decision_equal(&said->decision, decision);
	said->is_permissive |= action_is_permissive(decision->action);
	said->is_any = true;
	said->decision = *decision;
}

/* Those that say the same as the default action do not count. */
static bool counts(const struct deny_work *work, const struct rule *rule, const char *name,
                   struct decision *decision)
{
	*decision = rule_decision(rule);
	return rule_has_name(rule, name) && !decision_equal(decision, &work->standard);
}

/* Which rule has no conditions, and so hides what comes behind it; else how many there are. */
static size_t find_end(const struct deny_work *work, const char *name, bool is_wide,
                       struct decision *decision)
{
	const struct ruleset *ruleset = work->ruleset;
	size_t i = 0;

	while (i < ruleset->n_rules && !(counts(work, &ruleset->rules[i], name, decision) &&
	                                 rule_is_unconditional(&ruleset->rules[i], !is_wide)))
		i++;
	return i;
}

/* A call behind the multiplexer: all rules are one condition there, with none or with others. */
static struct said find_behind(const struct deny_work *work, const char *name, size_t end)
{
	const struct ruleset *ruleset = work->ruleset;
	struct said said = { 0 };
	struct decision decision;

	for (size_t i = 0; i <= end && i < ruleset->n_rules; i++) {
		if (counts(work, &ruleset->rules[i], name, &decision))
			say(&said, &decision);
	}
	return said;
}

/* The multiplexer itself: of rules with conditions those that meet box. */
static struct said find_direct(const struct deny_work *work, const char *name, size_t end,
                               const struct argument_box *box)
{
	struct said said = { 0 };
	struct decision decision;

	for (size_t i = 0; i < end; i++) {
		const struct rule *rule = &work->ruleset->rules[i];
		struct argument_box one;

		if (counts(work, rule, name, &decision) &&
		    (rule_shares_index(rule) ||
		     (argument_box_of(rule->arguments, rule->n_arguments, &one) &&
		      argument_box_meets(&one, box))))
			say(&said, &decision);
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
	size_t end;                 /* the rule for it without conditions; else behind all */
	struct decision decision;   /* of that */
	bool is_denied;             /* by that */
	bool is_changed;            /* something was denied of it */
	const struct denial *cause; /* the denial that needs it denied entirely; NULL: none */
	const char *through;        /* the call that would get through */
	bool is_contradicted;       /* or for which rules do not go together */
	bool is_inexact; /* or what libseccomp makes of all rules together is not known */
};

/* A denial of the multiplexer itself that a rule for a call behind it would undo. */
static const struct denial *find_undone(const struct multiplexer *multiplexer,
                                        const struct said *said, const struct argument_box *box)
{
	for (size_t i = 0; i < multiplexer->n_denials && said->is_permissive; i++) {
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

/* Whether rules with different actions are for one condition, or meet. What the profile had so before is
 * not ours. */
static bool is_contradicted(const struct multiplexer *multiplexer, const struct said *said,
                            const struct argument_box *box)
{
	struct said direct = find_direct(multiplexer->work, multiplexer->name, multiplexer->end,
	                                 box);

	return said->has_two ||
	       (said->is_any && direct.is_any &&
	        (direct.has_two || !decision_equal(&said->decision, &direct.decision)));
}

/* A call behind the multiplexer that some rule names. */
static void look_at(struct multiplexer *multiplexer, const char *name, uint64_t number)
{
	struct argument_box box = box_of(multiplexer->name, number, multiplexer->is_wide);
	struct said said = find_behind(multiplexer->work, name, multiplexer->end);
	bool contradicts = is_contradicted(multiplexer, &said, &box);
	const struct denial *cause = NULL, *denials;
	size_t n_denials;

	denials = deny_list_find(multiplexer->list, name, &n_denials);
	/* Denied by a rule without conditions it is denied; but for what does not go together before. */
	if (!multiplexer->is_denied)
		cause = find_undone(multiplexer, &said, &box);
	if (!cause && !multiplexer->is_denied && said.is_permissive)
		cause = denials;
	contradicts = contradicts && !cause;
	if (contradicts)
		cause = denials ? denials : multiplexer->is_changed ? find_any(multiplexer) : NULL;
	if (!cause || multiplexer->cause)
		return;
	multiplexer->cause = cause;
	multiplexer->through = name;
	multiplexer->is_contradicted = contradicts;
}

/* A rule as it stands in the tree of the multiplexer: of one for a call behind it the condition on the first
 * argument is on the number. */
static void add_uses(struct multiplexer *multiplexer, const struct rule *rule,
                     const uint64_t *numberp, struct condition_uses *uses)
{
	struct deny_work *work = multiplexer->work;
	struct rule_argument *arguments = arena_alloc_array(work->arena, rule->n_arguments * 2 + 1,
	                                                    sizeof(*arguments));
	bool is_each = rule_shares_index(rule);
	size_t n = 0;

	if (!arguments) {
		work->no_memory = true;
		return;
	}
	for (size_t i = 0; i == 0 || i < rule->n_arguments; i++) {
		const struct rule_argument *argument = &rule->arguments[i];

		if (numberp && (i == 0 || is_each))
			arguments[n++] = (struct rule_argument){ .comparison = COMPARE_EQ,
				                                 .value = *numberp };
		if (i < rule->n_arguments && !(numberp && argument->index == 0))
			arguments[n++] = *argument;
		if (!is_each && i + 1 < rule->n_arguments)
			continue;
		condition_uses_add(uses, arguments, n);
		arguments += n;
		n = 0;
	}
}

/*
 * Rules for the multiplexer and those for calls behind it share one tree. Where something in it is permitted,
 * what is denied must not be by what libseccomp makes of them.
 */
static bool is_inexact(struct multiplexer *multiplexer)
{
	const struct ruleset *ruleset = multiplexer->work->ruleset;
	struct condition_uses uses = { 0 };
	bool has_permissive = false;

	/* A rule without conditions hides all others. */
	for (size_t i = 0; i < ruleset->n_rules && multiplexer->end == ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];
		struct decision decision = rule_decision(rule);

		if (decision_equal(&decision, &multiplexer->work->standard))
			continue;
		for (size_t j = 0; j < rule->names.n_words; j++) {
			const char *name = rule->names.words[j].text;
			uint64_t number;
			bool is_itself = strcmp(name, multiplexer->name) == 0;

			if (!is_itself && !is_reached_through(name, multiplexer->name, &number))
				continue;
			add_uses(multiplexer, rule, is_itself ? NULL : &number, &uses);
			has_permissive |= action_is_permissive(rule->action);
		}
	}
	return (has_permissive || action_is_permissive(multiplexer->work->standard.action)) &&
	       !condition_uses_are_exact(&uses);
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
	if (multiplexer->is_inexact)
		node_finding(work->diag, DIAG_WARNING, "deny-multiplexer", work->ruleset->node,
		             work->path, DENY_REMEDY,
		             "seccompDeny (%s): %s is denied entirely, since libseccomp may not do "
		             "what the rules for calls that are reached through it say together",
		             cause->reason, multiplexer->name);
	else if (multiplexer->is_contradicted)
		node_finding(work->diag, DIAG_WARNING, "deny-multiplexer", work->ruleset->node,
		             work->path, DENY_REMEDY,
		             "seccompDeny (%s): %s is denied entirely, since rules for %s have "
		             "different actions, which libseccomp cannot tell apart there",
		             cause->reason, multiplexer->name, multiplexer->through);
	else
		node_finding(
			work->diag, DIAG_WARNING, "deny-multiplexer", work->ruleset->node,
			work->path, DENY_REMEDY,
			"seccompDeny (%s): %s is denied entirely, since through it %s would be "
			"permitted whatever its arguments",
			cause->reason, multiplexer->name, multiplexer->through);
}

static void mend(struct multiplexer *multiplexer)
{
	struct deny_work *work = multiplexer->work;
	struct deny_rule rule = {
		.at = DENY_AT_FRONT,
		.name = multiplexer->name,
		.decision = choose_decision(work, multiplexer->cause),
		.has_errno = true,
	};

	if (multiplexer->is_denied) {
		rule.decision = multiplexer->decision;
		rule.has_errno = work->ruleset->rules[multiplexer->end].has_errno;
	} else {
		compile_note_denied(work->notes, multiplexer->name, " entirely",
		                    "seccompDeny (%s): %s is denied entirely",
		                    multiplexer->cause->reason, multiplexer->name);
		warn(multiplexer);
	}
	deny_take_out_everywhere(work, multiplexer->name);
	deny_make(work, &rule);
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
		multiplexer.end = find_end(work, multiplexer.name, multiplexer.is_wide,
		                           &multiplexer.decision);
		multiplexer.is_denied = multiplexer.end < work->ruleset->n_rules &&
		                        !action_is_permissive(multiplexer.decision.action);
		look_at_all(&multiplexer);
		if (!multiplexer.cause && is_inexact(&multiplexer)) {
			multiplexer.cause = find_any(&multiplexer);
			multiplexer.is_inexact = true;
		}
		if (multiplexer.cause)
			mend(&multiplexer);
		else if (multiplexer.is_changed)
			tell_of_wider(&multiplexer);
	}
	deny_finish(work);
}
