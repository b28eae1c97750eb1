/* SPDX-License-Identifier: Apache-2.0 */

/* Conditions on arguments that do not say what they seem to say. */

#include <inttypes.h>
#include <string.h>

#include "lint_internal.h"
#include "profile/syscalls.h"

void lint_place_argument(const struct lint *lint, const struct rule *rule, size_t index,
                         struct lint_place *place)
{
	lint_place_rule(lint, rule, "args", place);
	if (place->path != &place->steps[2])
		return;
	place->steps[3] = (struct path){ .up = place->path, .index = index };
	place->path = &place->steps[3];
	if (rule->arguments[index].node)
		place->node = rule->arguments[index].node;
}

/* NULL: it depends on the argument. */
static const char *find_constant(const struct rule_argument *argument, enum lint_rule *rulep)
{
	const uint64_t value = argument->value;

	*rulep = LINT_CONSTANT_CONDITION;
	if (argument->comparison == COMPARE_MASKED_EQ && value == 0)
		return "a mask of 0 takes every argument: always holds";
	*rulep = LINT_IMPOSSIBLE_CONDITION;
	if (argument->comparison == COMPARE_MASKED_EQ && argument->value_two & ~value)
		return "valueTwo has bits that are not in the mask value: never holds by its "
		       "words, and libseccomp drops these bits";
	if (argument->comparison == COMPARE_LT && value == 0)
		return "nothing is less than 0: never holds";
	if (argument->comparison == COMPARE_GT && value == UINT64_MAX)
		return "nothing is greater than the largest number: never holds";
	*rulep = LINT_CONSTANT_CONDITION;
	if (argument->comparison == COMPARE_GE && value == 0)
		return "every argument is 0 or greater: always holds";
	if (argument->comparison == COMPARE_LE && value == UINT64_MAX)
		return "every argument is at most the largest number: always holds";
	return NULL;
}

/* Of libseccomp: x32 has 64 bits. */
static bool is_32_bit(const char *architecture)
{
	static const char *const words[] = { "ARM",    "M68K",        "MIPS",   "MIPS64N32",
		                             "MIPSEL", "MIPSEL64N32", "PARISC", "PPC",
		                             "S390",   "SH",          "SHEB",   "X86" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(architecture + strlen("SCMP_ARCH_"), words[i]) == 0)
			return true;
	}
	return false;
}

/* The upper half is all zeros, or all ones as in a negative number, which is the same number there. */
static bool fits_32_bits(uint64_t value)
{
	return value >> 32 == 0 || value >> 32 == UINT32_MAX;
}

static void judge_width(struct lint *lint, const struct rule_argument *argument,
                        const struct lint_place *place)
{
	const struct rule_words *words = &lint->compiled->architectures;
	const uint64_t wide = fits_32_bits(argument->value) ? argument->value_two : argument->value;

	if (fits_32_bits(wide))
		return;
	for (size_t i = 0; i < words->n_words; i++) {
		if (!is_32_bit(words->words[i].text))
			continue;
		lint_add(lint, LINT_WIDE_VALUE, DIAG_WARNING, place, NULL,
		         "a number of more than 32 bits: for %s libseccomp cuts it, and 0x%" PRIx64
		         " is 0x%" PRIx32,
		         words->words[i].text, wide, (uint32_t)wide);
		return;
	}
}

static void judge_value(struct lint *lint, const struct rule *rule, size_t i)
{
	const struct rule_argument *argument = &rule->arguments[i];
	struct lint_place place;
	enum lint_rule finding;
	const char *reason = find_constant(argument, &finding);

	lint_place_argument(lint, rule, i, &place);
	if (reason)
		lint_add(lint, finding, DIAG_WARNING, &place, NULL, "%s", reason);
	judge_width(lint, argument, &place);
	if (argument->value_two && argument->comparison != COMPARE_MASKED_EQ)
		lint_add(lint, LINT_UNUSED_VALUE_TWO, DIAG_WARNING, &place, NULL,
		         "valueTwo counts with SCMP_CMP_MASKED_EQ only, not with %s",
		         comparison_name(argument->comparison));
}

/* Whether any of the conditions on one index holds, whatever the argument is. Asked at the values where
 * one of them changes its mind; masks do so in too many places. */
static bool union_is_total(const struct rule *rule, uint32_t index, uint64_t value)
{
	for (size_t i = 0; i < rule->n_arguments; i++) {
		const struct rule_argument *argument = &rule->arguments[i];

		if (argument->index == index && argument->comparison != COMPARE_MASKED_EQ &&
		    rule_argument_holds(argument, value))
			return true;
	}
	return false;
}

/* Nobody writes more by hand; each is compared with all others. */
#define UNION_MAX 100

static bool always_holds(const struct rule *rule, uint32_t index)
{
	if (rule->n_arguments > UNION_MAX)
		return false;
	for (size_t i = 0; i < rule->n_arguments; i++) {
		uint64_t value = rule->arguments[i].value;

		if (rule->arguments[i].index == index && (!union_is_total(rule, index, value) ||
		                                          !union_is_total(rule, index, value - 1) ||
		                                          !union_is_total(rule, index, value + 1)))
			return false;
	}
	return union_is_total(rule, index, 0) && union_is_total(rule, index, UINT64_MAX);
}

static void tell_repeated(struct lint *lint, const struct rule *rule, size_t i)
{
	const uint32_t index = rule->arguments[i].index;
	struct lint_place place;

	lint_place_argument(lint, rule, i, &place);
	if (always_holds(rule, index))
		lint_add(lint, LINT_CONSTANT_CONDITION, DIAG_ERROR, &place,
		         "write a rule for each range that is meant",
		         "two conditions on argument %" PRIu32 ", of which any may hold, and "
		         "one always does: the rule is for every call",
		         index);
	else
		lint_add(lint, LINT_REPEATED_INDEX, DIAG_WARNING, &place, NULL,
		         "a second condition on argument %" PRIu32 ": runtimes make a rule of "
		         "each condition, and any of them may hold",
		         index);
}

/* Of each index the first condition that another one is before. */
static void judge_indices(struct lint *lint, const struct rule *rule)
{
	unsigned int seen = 0, told = 0;

	for (size_t i = 0; i < rule->n_arguments; i++) {
		const unsigned int bit = 1U << rule->arguments[i].index;

		if (seen & bit && !(told & bit)) {
			told |= bit;
			tell_repeated(lint, rule, i);
		}
		seen |= bit;
	}
}

static bool asks_for_null(const struct rule_argument *argument)
{
	return argument->value == 0 &&
	       (argument->comparison == COMPARE_EQ || argument->comparison == COMPARE_NE);
}

/* Many conditions on one argument are one mistake. */
static bool is_first_of_index(const struct rule *rule, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (rule->arguments[j].index == rule->arguments[i].index &&
		    !asks_for_null(&rule->arguments[j]))
			return false;
	}
	return true;
}

static void judge_pointers(struct lint *lint, size_t from, size_t to, size_t i)
{
	const struct rule *rule = lint->names[from].rule;
	const struct rule_argument *argument = &rule->arguments[i];
	struct lint_list names = LINT_LIST_INIT;
	struct lint_place place;

	if (asks_for_null(argument) || !is_first_of_index(rule, i))
		return;
	for (size_t j = from; j < to; j++) {
		if (syscall_has_pointer(lint->names[j].text, argument->index))
			lint_list_add_name(&names, lint->names[j].text);
	}
	if (names.n) {
		lint_place_argument(lint, rule, i, &place);
		lint_add(lint, LINT_POINTER_ARGUMENT, DIAG_WARNING, &place, NULL,
		         "argument %" PRIu32
		         " is an address: a filter sees where something is, not "
		         "what: %s",
		         argument->index, lint_list_text(&names));
	}
	lint_list_deinit(&names);
}

void lint_arguments(struct lint *lint)
{
	for (size_t i = 0, end; i < lint->n_names; i = end) {
		const struct rule *rule = lint->names[i].rule;

		end = lint_end_of_rule(lint, i);
		for (size_t j = 0; j < rule->n_arguments; j++) {
			judge_value(lint, rule, j);
			judge_pointers(lint, i, end, j);
		}
		judge_indices(lint, rule);
	}
}
