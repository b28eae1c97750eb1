/* SPDX-License-Identifier: Apache-2.0 */

#include "condition_uses.h"

static bool is_order(const struct rule_argument *argument)
{
	return argument->comparison != COMPARE_EQ && argument->comparison != COMPARE_MASKED_EQ;
}

static uint64_t compared_value(const struct rule_argument *argument)
{
	return argument->comparison == COMPARE_MASKED_EQ ? argument->value_two & argument->value
	                                                 : argument->value;
}

static bool is_same(const struct rule_argument *a, const struct rule_argument *b)
{
	return a->index == b->index && a->comparison == b->comparison && a->value == b->value &&
	       compared_value(a) == compared_value(b);
}

static bool has(const struct rule_argument *arguments, size_t n_arguments,
                const struct rule_argument *wanted)
{
	for (size_t i = 0; i < n_arguments; i++) {
		if (is_same(&arguments[i], wanted))
			return true;
	}
	return false;
}

/* Whether b has all conditions of a on arguments before index. */
static bool has_before(const struct rule_argument *a, size_t n_a, const struct rule_argument *b,
                       size_t n_b, uint32_t index)
{
	for (size_t i = 0; i < n_a; i++) {
		if (a[i].index < index && !has(b, n_b, &a[i]))
			return false;
	}
	return true;
}

static bool leads_on(const struct rule_argument *arguments, size_t n_arguments, uint32_t index)
{
	for (size_t i = 0; i < n_arguments; i++) {
		if (arguments[i].index > index)
			return true;
	}
	return false;
}

static void add(struct condition_use *use, const struct rule_argument *argument,
                const struct rule_argument *arguments, size_t n_arguments)
{
	uint32_t index = argument->index;
	uint32_t upper_half = (uint32_t)(compared_value(argument) >> 32);

	if (use->n == 0) {
		use->before = arguments;
		use->n_before = n_arguments;
		use->upper_half = upper_half;
	}
	use->n++;
	use->has_upper_halves |= use->upper_half != upper_half;
	use->has_other_before |= !has_before(use->before, use->n_before, arguments, n_arguments,
	                                     index) ||
	                         !has_before(arguments, n_arguments, use->before, use->n_before,
	                                     index);
	if (!is_order(argument))
		return;
	use->has_order = true;
	use->has_inequality |= argument->comparison != COMPARE_NE;
	use->has_way_on |= leads_on(arguments, n_arguments, index);
}

void condition_uses_add(struct condition_uses *uses, const struct rule_argument *arguments,
                        size_t n_arguments)
{
	for (size_t i = 0; i < n_arguments; i++)
		add(&uses->uses[arguments[i].index], &arguments[i], arguments, n_arguments);
}

bool condition_uses_are_exact(const struct condition_uses *uses)
{
	for (unsigned int i = 0; i < RULE_N_ARGUMENTS; i++) {
		const struct condition_use *use = &uses->uses[i];

		if (use->n > 1 && use->has_order &&
		    (use->has_way_on || use->has_other_before ||
		     (use->has_inequality && use->has_upper_halves)))
			return false;
	}
	return true;
}
