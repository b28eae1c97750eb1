#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What denials must do to one profile, by the definition (docs/deny.md), for calls at and beside the
 * values of all conditions: by ruleset_decide(), and, where the rules are few, by the filters that
 * libseccomp builds before and after.
 */

#include <seccomp.h>

#include "../unit/profile/bpf.h"
#include "../unit/profile/points.h"
#include "profile/overlap.h"
#include "profile/syscalls.h"
#include "profile_input.h"

/* libseccomp takes long for many rules, and longest for conditions that are no equality: then only
 * the rules are looked at. */
#define ORACLE_NAMES_MAX        48
#define ORACLE_CONDITIONS_MAX   16
#define ORACLE_ARCHITECTURES    3
#define ORACLE_COMBINATIONS_MAX 128 /* of the values of one call's arguments */

/* libseccomp loses nodes of its tree where a later rule makes them needless. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp";
}

struct oracle {
	const struct profile_input *input;
	const struct ruleset *before, *after;
	const struct diag *diag;  /* what was said of the denials */
	struct filter was, is;    /* owned; without instructions: not built */
	struct decision standard; /* the default action */
	const char *name;         /* of the call that is looked at */
	bool is_multiplexer;      /* socketcall, ipc: also denied for what they lead to */
	bool is_entire;      /* a warning says that the call is denied whatever its arguments */
	bool has_lower_mask; /* some condition is a mask of lower bits */
	bool is_exact, keeps_number; /* libseccomp does what the rules before say of the name */
	int number;                  /* of the native architecture; < 0: not there */
};

static inline void oracle_deinit(struct oracle *oracle)
{
	filter_deinit(&oracle->was);
	filter_deinit(&oracle->is);
}

static inline bool oracle_says_entire(const struct oracle *oracle)
{
	_cleanup_(buffer_deinit) struct buffer words = BUFFER_INIT;

	buffer_printf(&words, ": %s is denied entirely", oracle->name);
	for (size_t i = 0; i < oracle->diag->n_entries; i++) {
		if (strstr(oracle->diag->entries[i].message, words.data))
			return true;
	}
	return false;
}

static inline bool rule_has_lower_mask(const struct rule *rule)
{
	for (size_t i = 0; i < rule->n_arguments; i++) {
		if (rule->arguments[i].comparison == COMPARE_MASKED_EQ &&
		    rule->arguments[i].value <= UINT32_MAX)
			return true;
	}
	return false;
}

/* Whether it holds in the lower bits of both. */
static inline bool argument_holds_in(const struct rule_argument *argument, uint64_t value,
                                     uint64_t bits)
{
	struct rule_argument lower = *argument;

	lower.value &= bits;
	lower.value_two &= bits;
	return rule_argument_holds(&lower, value & bits);
}

/* What the kernel takes of an argument is 64 bits, 32, or 16: which of these, this oracle does not know. */
static const uint64_t oracle_widths[] = { UINT64_MAX, UINT32_MAX, UINT16_MAX };

static inline bool entry_holds(const struct rule *entry, const uint64_t *arguments, bool is_sure)
{
	for (size_t i = 0; i < entry->n_arguments; i++) {
		const struct rule_argument *argument = &entry->arguments[i];
		size_t n = 0;

		for (size_t j = 0; j < ARRAY_SIZE(oracle_widths); j++)
			n += argument_holds_in(argument, arguments[argument->index],
			                       oracle_widths[j]);
		if (is_sure ? n < ARRAY_SIZE(oracle_widths) : n == 0)
			return false;
	}
	return true;
}

/* Whether an entry denies the call: is_sure: by any width. */
static inline bool oracle_denies(const struct oracle *oracle, const uint64_t *arguments,
                                 bool is_sure)
{
	for (size_t i = 0; i < oracle->input->n_entries; i++) {
		const struct rule *entry = &oracle->input->entries[i];

		if (rule_has_name(entry, oracle->name) && entry_holds(entry, arguments, is_sure))
			return true;
	}
	return false;
}

/* Whether the call fails as an entry wants it that may deny it. */
static inline bool oracle_has_errno(const struct oracle *oracle, const uint64_t *arguments,
                                    const struct decision *after)
{
	for (size_t i = 0; i < oracle->input->n_entries; i++) {
		const struct rule *entry = &oracle->input->entries[i];

		if (rule_has_name(entry, oracle->name) && entry_holds(entry, arguments, false) &&
		    after->action == ACTION_ERRNO && after->errno_ret == entry->errno_ret)
			return true;
	}
	return false;
}

static inline bool has_upper_bits(const uint64_t *arguments)
{
	for (size_t i = 0; i < RULE_N_ARGUMENTS; i++) {
		if (arguments[i] > UINT32_MAX)
			return true;
	}
	return false;
}

/* Whether the call may be denied although nothing says for sure that it is. */
static inline bool oracle_may_deny(const struct oracle *oracle, const struct decision *after,
                                   const uint64_t *arguments)
{
	return !action_is_permissive(after->action) &&
	       (oracle->is_entire || oracle->is_multiplexer || oracle->input->is_wider ||
	        oracle_denies(oracle, arguments, false) ||
	        strcmp(oracle->name, "nfsservctl") == 0 ||
	        (oracle->has_lower_mask && has_upper_bits(arguments) &&
	         decision_equal(after, &oracle->standard)));
}

/* What was looked at, for who has to mend it. */
static inline void oracle_fail(const struct oracle *oracle, const uint64_t *arguments,
                               const char *what)
{
	_cleanup_(buffer_deinit) struct buffer before = BUFFER_INIT, after = BUFFER_INIT;

	if (ruleset_write(oracle->before, &before) == 0 &&
	    ruleset_write(oracle->after, &after) == 0)
		fprintf(stderr, "%s\n%s\n", before.data, after.data);
	diag_print(oracle->diag, stderr, "");
	fprintf(stderr, "%s(%#llx, %#llx, %#llx, %#llx, %#llx, %#llx)\n", oracle->name,
	        (unsigned long long)arguments[0], (unsigned long long)arguments[1],
	        (unsigned long long)arguments[2], (unsigned long long)arguments[3],
	        (unsigned long long)arguments[4], (unsigned long long)arguments[5]);
	require(false, what);
}

static inline void oracle_check_rules(const struct oracle *oracle, const uint64_t *arguments)
{
	const struct decision before = ruleset_decide(oracle->before, oracle->name, arguments);
	const struct decision after = ruleset_decide(oracle->after, oracle->name, arguments);

	if (!action_is_permissive(before.action)) {
		if (action_is_permissive(after.action))
			oracle_fail(oracle, arguments, "what is denied stays denied");
	} else if (!oracle_denies(oracle, arguments, true)) {
		if (!decision_equal(&before, &after) && !oracle_may_deny(oracle, &after, arguments))
			oracle_fail(oracle, arguments, "what nobody denies stays as it was");
	} else if (oracle->number >= 0) {
		if (action_is_permissive(after.action))
			oracle_fail(oracle, arguments, "what the list denies is denied");
		if (!oracle->is_entire && !oracle->is_multiplexer && !oracle->input->is_wider &&
		    !oracle_has_errno(oracle, arguments, &after) &&
		    !decision_equal(&after, &oracle->standard))
			oracle_fail(oracle, arguments, "an entry that holds gives the errno");
	}
}

static inline bool result_is_permissive(uint32_t result)
{
	uint32_t action = BPF_ACTION(result);

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
	       action == SECCOMP_RET_TRACE || action == SECCOMP_RET_USER_NOTIF;
}

static inline void oracle_check_filters(const struct oracle *oracle, const uint64_t *arguments)
{
	struct seccomp_data data = { .nr = oracle->number, .arch = seccomp_arch_native() };

	if (!oracle->is.n_instructions || oracle->number < 0)
		return;
	memcpy(data.args, arguments, sizeof(data.args));
	if (!result_is_permissive(bpf_run(&oracle->is, &data)))
		return;
	if (oracle_denies(oracle, arguments, true))
		oracle_fail(oracle, arguments, "what the list denies, a filter denies");
	if (oracle->was.n_instructions && oracle->is_exact && oracle->keeps_number &&
	    !result_is_permissive(bpf_run(&oracle->was, &data)))
		oracle_fail(oracle, arguments, "what a filter denied, it goes on to deny");
}

static inline void oracle_add_points(const struct oracle *oracle, const struct rule *rules,
                                     size_t n_rules, struct points *points)
{
	for (size_t i = 0; i < n_rules; i++) {
		for (size_t j = 0; j < rules[i].n_arguments; j++) {
			if (rule_has_name(&rules[i], oracle->name))
				points_add_condition(points, &rules[i].arguments[j]);
		}
	}
}

static inline void oracle_check_points(const struct oracle *oracle, const struct points *points)
{
	size_t n = points_combinations(points);
	bool is_whole = n <= ORACLE_COMBINATIONS_MAX;
	uint32_t draw = 1;

	for (size_t i = 0; i < n && i < ORACLE_COMBINATIONS_MAX; i++) {
		uint64_t arguments[RULE_N_ARGUMENTS];
		size_t rest = i;

		for (size_t j = 0; j < RULE_N_ARGUMENTS; j++) {
			draw = draw * 1664525 + 1013904223;
			arguments[j] =
				points->values[j][(is_whole ? rest : draw >> 8) % points->n[j]];
			rest /= points->n[j];
		}
		oracle_check_rules(oracle, arguments);
		oracle_check_filters(oracle, arguments);
	}
}

static inline void oracle_check_name(struct oracle *oracle, const char *name)
{
	const struct profile_input *input = oracle->input;
	const struct ruleset *before = oracle->before;
	struct points points;

	oracle->name = name;
	oracle->is_multiplexer = strcmp(name, "socketcall") == 0 || strcmp(name, "ipc") == 0;
	oracle->is_entire = oracle_says_entire(oracle);
	oracle->number = seccomp_syscall_resolve_name(name);
	oracle->is_exact = ruleset_overlap(before, name).kind == OVERLAP_EXACT;
	oracle->has_lower_mask = false;
	for (size_t i = 0; i < before->n_rules; i++)
		oracle->has_lower_mask |= rule_has_lower_mask(&before->rules[i]);
	/* What an entry says of an int is a mask. */
	for (size_t i = 0; i < input->n_entries; i++)
		oracle->has_lower_mask |= input->entries[i].n_arguments > 0;
	points_init(&points, &(struct ruleset){ 0 });
	oracle_add_points(oracle, before->rules, before->n_rules, &points);
	oracle_add_points(oracle, input->entries, input->n_entries, &points);
	oracle_check_points(oracle, &points);
}

static inline void oracle_check_names(struct oracle *oracle, const struct rule *rules,
                                      size_t n_rules)
{
	for (size_t i = 0; i < n_rules; i++) {
		for (size_t j = 0; j < rules[i].names.n_words; j++)
			oracle_check_name(oracle, rules[i].names.words[j].text);
	}
}

static inline bool is_small(const struct ruleset *ruleset)
{
	size_t n_names = 0, n_conditions = 0;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		n_names += rule->names.n_words;
		n_conditions += rule->names.n_words * rule->n_arguments;
	}
	return n_names <= ORACLE_NAMES_MAX && n_conditions <= ORACLE_CONDITIONS_MAX &&
	       ruleset->architectures.n_words <= ORACLE_ARCHITECTURES;
}

static inline void oracle_build(const struct ruleset *ruleset, struct filter *filter)
{
	int r;

	if (!is_small(ruleset))
		return;
	r = filter_build(ruleset, NULL, filter, NULL);
	require(r == 0 || r == FILTER_E_REFUSED, "libseccomp builds a filter or says no");
	require(r || bpf_is_valid(filter), "the kernel takes the filter");
}

/* The rules as libseccomp reads them: of MASKED_EQ only the bits in the mask count, and one without
 * any is no condition. */
static inline struct ruleset *oracle_read(struct arena *arena, const struct ruleset *ruleset)
{
	struct ruleset *read = ruleset_copy(arena, ruleset);

	require(read != NULL, "there is memory");
	for (size_t i = 0; i < read->n_rules; i++) {
		struct rule *rule = &read->rules[i];
		const struct rule_argument *arguments = rule->arguments;
		size_t n = 0;

		rule->arguments = arena_alloc_array(arena, rule->n_arguments + 1,
		                                    sizeof(*arguments));
		for (size_t j = 0; j < rule->n_arguments; j++) {
			struct rule_argument *argument = &rule->arguments[n];

			*argument = arguments[j];
			if (argument->comparison == COMPARE_MASKED_EQ)
				argument->value_two &= argument->value;
			n += argument->comparison != COMPARE_MASKED_EQ || argument->value != 0;
		}
		rule->n_arguments = n;
	}
	return read;
}

/* before: a ruleset; after: what it is with the denials of the input, diag: what was said then. */
static inline void deny_oracle(const struct profile_input *input, const struct ruleset *before,
                               const struct ruleset *after, const struct diag *diag)
{
	static const struct rule_name others[] = { { "no such call", NULL },
		                                   { "socketcall", NULL },
		                                   { "ipc", NULL },
		                                   { "nfsservctl", NULL } };
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(oracle_deinit) struct oracle oracle = {
		.input = input,
		.before = oracle_read(arena, before),
		.after = oracle_read(arena, after),
		.diag = diag,
		.standard = ruleset_default(before),
		.keeps_number = !ruleset_loses_more_numbers(before, NULL),
	};

	oracle_build(after, &oracle.is);
	if (after != before && oracle.is.n_instructions)
		oracle_build(before, &oracle.was);
	oracle_check_names(&oracle, before->rules, before->n_rules);
	oracle_check_names(&oracle, input->entries, input->n_entries);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		oracle_check_name(&oracle, others[i].text);
}
