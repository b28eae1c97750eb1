/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Conditions that a program passes by bits which the kernel does not look at: a filter compares 64, and the kernel
 * takes 32 of an int. What is allowed by EQ, LT, LE or a mask of lower bits is safe, since with others above
 * them no condition holds.
 */

#include <inttypes.h>

#include "libseccomp.h"
#include "lint_internal.h"
#include "profile/syscalls.h"

static uint64_t largest(unsigned int n_bits)
{
	return (UINT64_C(1) << n_bits) - 1;
}

/* Whether a condition of a rule that denies fails for a call of which the kernel sees that it holds. */
static bool denial_is_passed(const struct rule_argument *argument, unsigned int n_bits)
{
	switch (argument->comparison) {
	case COMPARE_EQ:
	case COMPARE_LT:
	case COMPARE_LE:
		return true;
	case COMPARE_MASKED_EQ:
		return argument->value > largest(n_bits);
	default:
		return false;
	}
}

/* Whether a condition of a rule that permits holds for a call of which the kernel sees that it does not. */
static bool permission_is_passed(const struct rule_argument *argument, unsigned int n_bits)
{
	switch (argument->comparison) {
	case COMPARE_NE:
	case COMPARE_GT:
		return argument->value <= largest(n_bits);
	case COMPARE_GE:
		return argument->value > 0 && argument->value <= largest(n_bits);
	default:
		return false;
	}
}

/* Whether some rule denies all calls with upper bits. */
static bool denies_upper_bits(const struct lint_call *call, uint32_t index, unsigned int n_bits)
{
	for (const struct lint_use *use = call->uses; use; use = use->next) {
		const struct rule *rule = use->rule;

		if (!lint_is_denial(rule) || (rule->n_arguments > 1 && !rule_shares_index(rule)))
			continue;
		for (size_t i = 0; i < rule->n_arguments; i++) {
			const struct rule_argument *argument = &rule->arguments[i];

			if (argument->index == index &&
			    (argument->comparison == COMPARE_GT ||
			     argument->comparison == COMPARE_GE) &&
			    argument->value <= largest(n_bits) + 1)
				return true;
		}
	}
	return false;
}

/* Where libseccomp compares 64 bits. */
static bool is_compared_wide(const struct lint *lint, const char *name)
{
	for (size_t i = 0; i < lint->n_architectures; i++) {
		uint32_t token = lint->architectures[i];

		if (!libseccomp_is_32_bit(token) && syscall_is_native(name, token))
			return true;
	}
	return false;
}

/* How many bits the kernel takes, where others let a program pass; else 64. */
static unsigned int find_passed(const struct lint *lint, const struct lint_name *name,
                                const struct rule_argument *argument)
{
	unsigned int n_bits = syscall_argument_bits(name->text, argument->index);
	bool is_open = action_is_permissive(lint->compiled->default_action), is_passed;

	if (n_bits == 64 || !name->use || name->call->decider)
		return 64;
	if (lint_is_denial(name->rule))
		is_passed = is_open && denial_is_passed(argument, n_bits) &&
		            !denies_upper_bits(name->call, argument->index, n_bits);
	else
		is_passed = !is_open && permission_is_passed(argument, n_bits);
	return is_passed && is_compared_wide(lint, name->text) ? n_bits : 64;
}

static void judge(struct lint *lint, size_t from, size_t to, size_t i)
{
	const struct rule *rule = lint->names[from].rule;
	const struct rule_argument *argument = &rule->arguments[i];
	_cleanup_(lint_list_deinit) struct lint_list names = LINT_LIST_INIT;
	unsigned int n_bits = 64;
	struct lint_place place;

	for (size_t j = from; j < to; j++) {
		unsigned int n = find_passed(lint, &lint->names[j], argument);

		if (n == 64)
			continue;
		n_bits = n;
		lint_list_add_name(&names, lint->names[j].text);
	}
	if (!names.n)
		return;
	lint_place_argument(lint, rule, i, &place);
	lint_add(lint, LINT_UPPER_BITS, DIAG_WARNING, &place, NULL,
	         "the kernel takes the lower %u bits of argument %" PRIu32
	         ", a filter compares 64: with others above them a call %s: %s",
	         n_bits, argument->index,
	         lint_is_denial(rule) ? "is not denied" : "is let through whatever the lower are",
	         lint_list_text(&names));
}

void lint_widths(struct lint *lint)
{
	for (size_t i = 0, end; i < lint->n_names; i = end) {
		const struct rule *rule = lint->names[i].rule;

		end = lint_end_of_rule(lint, i);
		for (size_t j = 0; j < rule->n_arguments && !lint_is_default(lint, rule); j++)
			judge(lint, i, end, j);
	}
}
