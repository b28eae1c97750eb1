/* SPDX-License-Identifier: Apache-2.0 */

#include "deny_width.h"

#include <inttypes.h>

#include "deny_list.h"
#include "profile/syscalls.h"
#include "value_set.h"

static uint64_t largest(unsigned int n_bits)
{
	return n_bits < 64 ? (UINT64_C(1) << n_bits) - 1 : UINT64_MAX;
}

/* A negative number of so many bits, with its sign in all of 64. */
static bool is_negative(uint64_t value, unsigned int n_bits)
{
	return value >> (n_bits - 1) == UINT64_MAX >> (n_bits - 1);
}

static void add(struct value_sets *out, const struct rule_argument *argument)
{
	out->n_sets += value_set_of(argument, &out->sets[out->n_sets]);
}

static void add_masked(struct value_sets *out, uint64_t mask, uint64_t value)
{
	add(out, &(struct rule_argument){
			 .comparison = COMPARE_MASKED_EQ, .value = mask, .value_two = value });
}

/* From low to high, in blocks of which each is a mask. */
static void add_range(struct value_sets *out, uint64_t low, uint64_t high, uint64_t max)
{
	for (;;) {
		uint64_t rest = 0;

		while (rest < max && !(low & (rest + 1)) && (low | rest << 1 | 1) <= high)
			rest = rest << 1 | 1;
		add_masked(out, max & ~rest, low);
		if ((low | rest) >= high)
			return;
		low = (low | rest) + 1;
	}
}

/* The values of a register of which the kernel takes a number that fulfils the condition. False: they
 * are more than that, as the number that is asked for is none that the kernel can see. */
static bool find_lower(struct rule_argument argument, unsigned int n_bits, struct value_sets *out)
{
	const uint64_t max = largest(n_bits);
	struct value_sets equal = { .n_sets = 0 };
	bool is_masked = argument.comparison == COMPARE_MASKED_EQ, is_signed;
	uint64_t *number = is_masked ? &argument.value_two : &argument.value, low;

	out->n_sets = 0;
	if (is_negative(*number, n_bits))
		*number &= max;
	is_signed = *number > max >> 1;
	switch (argument.comparison) {
	case COMPARE_EQ:
	case COMPARE_MASKED_EQ:
		add_masked(out, is_masked ? argument.value & max : max, *number & max);
		break;
	case COMPARE_LT:
	case COMPARE_LE:
		add_range(out, 0,
		          *number > max ? max : *number - (argument.comparison == COMPARE_LT), max);
		break;
	case COMPARE_NE:
		add_masked(&equal, max, *number);
		if (*number > max)
			add_range(out, 0, max, max);
		else if (is_signed)
			value_set_complement(&equal.sets[0], out);
		else
			add(out, &argument);
		break;
	default:
		/* More than the largest is what the kernel never sees, and may be denied. */
		low = *number + (argument.comparison == COMPARE_GT);
		if (is_signed && low <= max)
			add_range(out, low, max, max);
		else
			add(out, &argument);
		return true;
	}
	return *number <= max;
}

/* Each box with each set. */
static void multiply(struct deny_parts *parts, unsigned int index, const struct value_sets *sets)
{
	for (size_t i = sets->n_sets; i > 0; i--) {
		for (size_t j = 0; j < parts->n_boxes; j++) {
			struct argument_box *box = &parts->boxes[(i - 1) * parts->n_boxes + j];

			*box = parts->boxes[j];
			argument_box_limit(box, index, &sets->sets[i - 1]);
		}
	}
	parts->n_boxes *= sets->n_sets;
}

void deny_parts_of(const char *name, const struct rule_argument *arguments, size_t n_arguments,
                   struct deny_parts *parts)
{
	parts->boxes[0] = ARGUMENT_BOX_ALL;
	parts->n_boxes = 1;
	parts->wider = parts->left_out = 0;
	for (size_t i = 0; i < n_arguments; i++) {
		unsigned int index = arguments[i].index;
		unsigned int n_bits = syscall_argument_bits(name, index);
		struct value_sets sets = { .n_sets = 0 };

		if (n_bits == 64)
			add(&sets, &arguments[i]);
		else if (!find_lower(arguments[i], n_bits, &sets))
			parts->wider |= 1U << index;
		if (parts->n_boxes * sets.n_sets > DENY_PARTS_MAX)
			parts->left_out |= 1U << index;
		else
			multiply(parts, index, &sets);
	}
}

static void warn_of_number(struct check *check, const struct node *node, const struct path *path,
                           const char *name, const struct rule_argument *argument)
{
	unsigned int n_bits = syscall_argument_bits(name, argument->index);
	bool has_lower = argument->comparison == COMPARE_EQ ||
	                 (argument->comparison == COMPARE_MASKED_EQ &&
	                  argument->value & largest(n_bits));

	node_finding(check->diag, DIAG_WARNING, "deny-upper-bits", node, path,
	             "compare with a number that the kernel can see",
	             "the kernel takes the lower %u bits of argument %" PRIu32
	             " of %s, and the number has more: every call%s is denied",
	             n_bits, argument->index, name,
	             has_lower ? " with the same lower bits" : ", whatever the argument,");
}

static void warn_of_left_out(struct check *check, const struct node *node, const struct path *path,
                             const char *name, uint32_t index)
{
	node_finding(check->diag, DIAG_WARNING, "deny-upper-bits", node, path,
	             "compare by SCMP_CMP_EQ or SCMP_CMP_MASKED_EQ",
	             "the kernel takes the lower %u bits of argument %" PRIu32
	             " of %s, and to compare these would take too many rules: calls are denied "
	             "whatever the argument",
	             syscall_argument_bits(name, index), index, name);
}

void deny_warn_width(struct check *check, const struct node *names, const struct node *arguments,
                     const struct path *path)
{
	struct rule_argument conditions[RULE_N_ARGUMENTS];
	size_t n = deny_read_arguments(arguments, conditions);
	unsigned int told = 0;

	for (size_t i = 0; i < names->n; i++) {
		const char *name = node_resolve(names->items[i])->text;
		struct deny_parts parts;

		deny_parts_of(name, conditions, n, &parts);
		for (size_t j = 0; j < n && check_may_warn(check); j++) {
			struct path way = { .up = path, .index = j };
			const struct node *node = node_resolve(arguments->items[j]);
			unsigned int bit = 1U << conditions[j].index;

			if (parts.wider & bit & ~told)
				warn_of_number(check, node, &way, name, &conditions[j]);
			else if (parts.left_out & bit & ~told)
				warn_of_left_out(check, node, &way, name, conditions[j].index);
		}
		told |= parts.wider | parts.left_out;
	}
}
