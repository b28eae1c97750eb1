/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/overlap.h"

#include <string.h>

#include "base/util.h"
#include "libseccomp.h"
#include "profile/syscalls.h"

/* The rules that count for a name: those of one call in libseccomp's tree. */
struct cursor {
	const struct ruleset *ruleset;
	const char *name;
	struct decision standard;
	size_t next;
};

/* Neither EQ nor MASKED_EQ: these alone lead on from one node only. */
static bool is_order(const struct rule_argument *argument)
{
	return argument->comparison != COMPARE_EQ && argument->comparison != COMPARE_MASKED_EQ;
}

static bool is_same_condition(const struct rule_argument *a, const struct rule_argument *b)
{
	return a->index == b->index && a->comparison == b->comparison && a->value == b->value &&
	       (a->comparison != COMPARE_MASKED_EQ ||
	        ((a->value_two ^ b->value_two) & a->value) == 0);
}

static bool has_condition(const struct rule *rule, const struct rule_argument *argument)
{
	for (size_t i = 0; i < rule->n_arguments; i++) {
		if (is_same_condition(&rule->arguments[i], argument))
			return true;
	}
	return false;
}

static bool is_same(const struct rule *a, const struct rule *b)
{
	if (a->n_arguments != b->n_arguments)
		return false;
	for (size_t i = 0; i < a->n_arguments; i++) {
		if (!has_condition(a, &b->arguments[i]) || !has_condition(b, &a->arguments[i]))
			return false;
	}
	return true;
}

/* Whether all conditions must hold, and there are several. */
static bool is_joined(const struct rule *rule)
{
	return rule->n_arguments > 1 && !rule_shares_index(rule);
}

static struct cursor begin(const struct ruleset *ruleset, const char *name)
{
	return (struct cursor){
		.ruleset = ruleset,
		.name = name,
		.standard = ruleset_default(ruleset),
	};
}

static const struct rule *take_next(struct cursor *cursor)
{
	while (cursor->next < cursor->ruleset->n_rules) {
		const struct rule *rule = &cursor->ruleset->rules[cursor->next++];
		struct decision decision = rule_decision(rule);

		if (!rule_has_name(rule, cursor->name) ||
		    decision_equal(&decision, &cursor->standard))
			continue;
		if (!rule_is_unconditional(rule, false))
			return rule;
		cursor->next = cursor->ruleset->n_rules;
	}
	return NULL;
}

/* A rule that says again what an earlier one says changes nothing. */
static bool is_repeated(const struct cursor *cursor, const struct rule *rule)
{
	struct cursor before = begin(cursor->ruleset, cursor->name);
	const struct rule *other;

	while ((other = take_next(&before)) && other != rule) {
		if (is_same(other, rule))
			return true;
	}
	return false;
}

static bool leads_on(const struct rule *rule, uint32_t index)
{
	for (size_t i = 0; i < rule->n_arguments; i++) {
		if (rule->arguments[i].index > index)
			return true;
	}
	return false;
}

/* What follows a condition that both have is put into the tree twice: once for each half. */
static bool is_endless(const struct rule *a, const struct rule *b, uint32_t *indexp)
{
	if (!is_joined(a) || !is_joined(b) || is_same(a, b))
		return false;
	for (size_t i = 0; i < a->n_arguments; i++) {
		const struct rule_argument *argument = &a->arguments[i];

		if (is_order(argument) && has_condition(b, argument) &&
		    leads_on(a, argument->index) && leads_on(b, argument->index)) {
			*indexp = argument->index;
			return true;
		}
	}
	return false;
}

static struct overlap find_endless(const struct ruleset *ruleset, const char *name)
{
	struct overlap overlap = { .kind = OVERLAP_ENDLESS };
	struct cursor cursor = begin(ruleset, name);

	while ((overlap.rule = take_next(&cursor))) {
		struct cursor before = begin(ruleset, name);

		while ((overlap.earlier = take_next(&before)) && overlap.earlier != overlap.rule) {
			if (is_endless(overlap.earlier, overlap.rule, &overlap.index))
				return overlap;
		}
	}
	return (struct overlap){ .kind = OVERLAP_EXACT };
}

/* What the rules for a name say of one argument. */
struct use {
	const struct rule *first, *last; /* that have a condition on it */
	size_t n;                        /* conditions */
	uint32_t upper;                  /* half of the last value */
	bool has_order;
	bool has_inequality; /* LT, LE, GE, GT */
	bool has_uppers;     /* that differ */
	bool has_joined;     /* with other conditions */
};

static void add_use(struct use *use, const struct rule *rule, const struct rule_argument *argument)
{
	uint32_t upper = (uint32_t)(argument->value >> 32);

	use->first = use->first ? use->first : rule;
	use->last = rule;
	use->has_uppers = use->has_uppers || (use->n > 0 && upper != use->upper);
	use->upper = upper;
	use->n++;
	use->has_order = use->has_order || is_order(argument);
	use->has_inequality = use->has_inequality ||
	                      (is_order(argument) && argument->comparison != COMPARE_NE);
	use->has_joined = use->has_joined || is_joined(rule);
}

static struct use find_use(const struct ruleset *ruleset, const char *name, uint32_t index)
{
	struct cursor cursor = begin(ruleset, name);
	struct use use = { 0 };
	const struct rule *rule;

	while ((rule = take_next(&cursor))) {
		if (is_repeated(&cursor, rule))
			continue;
		for (size_t i = 0; i < rule->n_arguments; i++) {
			if (rule->arguments[i].index == index)
				add_use(&use, rule, &rule->arguments[i]);
		}
	}
	return use;
}

struct overlap ruleset_overlap(const struct ruleset *ruleset, const char *name)
{
	struct overlap overlap = find_endless(ruleset, name);

	for (uint32_t index = 0; index < RULE_N_ARGUMENTS && !overlap.kind; index++) {
		struct use use = find_use(ruleset, name, index);

		if (use.n > 1 && use.has_order &&
		    (use.has_joined || (use.has_inequality && use.has_uppers)))
			overlap = (struct overlap){ OVERLAP_INEXACT, index, use.last, use.first };
	}
	return overlap;
}

/* Where rules that may be endless have a name in common. */
static bool find_name(const struct ruleset *ruleset, const struct rule *rule,
                      const struct rule *earlier, struct overlap *overlap,
                      const struct rule_name **namep)
{
	for (size_t i = 0; i < rule->names.n_words; i++) {
		const struct rule_name *name = &rule->names.words[i];

		if (!rule_has_name(earlier, name->text))
			continue;
		*overlap = find_endless(ruleset, name->text);
		*namep = name;
		if (overlap->kind)
			return true;
	}
	return false;
}

struct overlap ruleset_find_endless(const struct ruleset *ruleset, const struct rule_name **namep)
{
	struct overlap overlap = { .kind = OVERLAP_EXACT };
	uint32_t index;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		for (size_t j = 0; j < i; j++) {
			if (is_endless(&ruleset->rules[j], &ruleset->rules[i], &index) &&
			    find_name(ruleset, &ruleset->rules[i], &ruleset->rules[j], &overlap,
			              namep))
				return overlap;
		}
	}
	return overlap;
}

static bool has_architecture(const struct ruleset *ruleset, uint32_t token)
{
	if (token == seccomp_arch_native())
		return true;
	for (size_t i = 0; i < ruleset->architectures.n_words; i++) {
		if (libseccomp_architecture(ruleset->architectures.words[i].text) == token)
			return true;
	}
	return false;
}

/* x86_64, whose filter loads the number to tell it from x32, unless both are wanted. */
static bool loads_number(const struct ruleset *ruleset, uint32_t token)
{
	return (token == SCMP_ARCH_X86_64 || token == SCMP_ARCH_X32) &&
	       (!has_architecture(ruleset, SCMP_ARCH_X86_64) ||
	        !has_architecture(ruleset, SCMP_ARCH_X32));
}

/* Behind the last number of any architecture, and where the first is. */
#define NUMBERS_MAX  600
#define MIPS_NUMBERS 4000

/* For a call that is reached through another one libseccomp gives no number of its own: whether there
 * is one its list of numbers tells. */
static bool has_own_number(uint32_t token, const char *name)
{
	int first = token == SCMP_ARCH_MIPS || token == SCMP_ARCH_MIPSEL ? MIPS_NUMBERS : 0;

	for (int number = first; number < first + NUMBERS_MAX; number++) {
		_cleanup_(freep) char *found = seccomp_syscall_resolve_num_arch(token, number);

		if (found && strcmp(found, name) == 0)
			return true;
	}
	return false;
}

enum owner {
	OWNER_NONE,    /* not in the filter */
	OWNER_ITSELF,  /* the architecture has the call */
	OWNER_ANOTHER, /* it has not, and libseccomp keeps a rule for it all the same */
};

static enum owner find_owner(uint32_t token, const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(token, name);
	uint64_t ignored;

	if (number >= 0)
		return OWNER_ITSELF;
	if (number == __NR_SCMP_ERROR)
		return OWNER_NONE;
	/* Of the others it leaves out at once what is for a call that the architecture does not have. */
	if (!libseccomp_is_multiplexing(token))
		return OWNER_ANOTHER;
	if (!syscall_multiplexer(name, &ignored))
		return OWNER_NONE;
	return has_own_number(token, name) ? OWNER_ITSELF : OWNER_ANOTHER;
}

/* Most rulesets have such a rule for a call whose number is known at once. */
static bool has_plain_rule(const struct ruleset *ruleset, uint32_t token)
{
	struct decision standard = ruleset_default(ruleset);

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];
		struct decision decision = rule_decision(rule);

		if (!rule_is_unconditional(rule, false) || decision_equal(&decision, &standard))
			continue;
		for (size_t j = 0; j < rule->names.n_words; j++) {
			if (seccomp_syscall_resolve_name_arch(token, rule->names.words[j].text) >=
			    0)
				return true;
		}
	}
	return false;
}

static bool loses_number(const struct ruleset *ruleset, uint32_t token)
{
	struct decision standard = ruleset_default(ruleset);
	bool has_foreign = false;

	if (loads_number(ruleset, token))
		return false;
	/* x32 comes behind x86_64, in the same part of the filter. */
	if (token == SCMP_ARCH_X32)
		token = SCMP_ARCH_X86_64;
	if (has_plain_rule(ruleset, token))
		return false;
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];
		struct decision decision = rule_decision(rule);

		for (size_t j = 0; j < rule->names.n_words && !decision_equal(&decision, &standard);
		     j++) {
			enum owner owner = find_owner(token, rule->names.words[j].text);

			if (owner == OWNER_ITSELF && rule_is_unconditional(rule, false))
				return false;
			has_foreign = has_foreign || owner == OWNER_ANOTHER;
		}
	}
	return has_foreign;
}

bool ruleset_loses_number(const struct ruleset *ruleset, const char *architecture)
{
	return loses_number(ruleset, libseccomp_architecture(architecture));
}

bool ruleset_loses_more_numbers(const struct ruleset *ruleset, const struct ruleset *before)
{
	uint32_t native = seccomp_arch_native();

	for (size_t i = 0; i < ruleset->architectures.n_words; i++) {
		const char *architecture = ruleset->architectures.words[i].text;

		if (ruleset_loses_number(ruleset, architecture) &&
		    !(before && ruleset_loses_number(before, architecture)))
			return true;
	}
	return loses_number(ruleset, native) && !(before && loses_number(before, native));
}
