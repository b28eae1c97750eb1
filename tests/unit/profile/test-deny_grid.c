/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a denial does to every kind of rule, over a grid of arguments, judged by the definition:
 * what the profile permits and the list denies fails with the first errno, all else is as it was.
 * Twice: by ruleset_decide(), and by the filter that libseccomp builds of the result, on an
 * architecture of 64 bits and one of 32.
 */

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>

#include "bpf.h"
#include "deny-trial.h"

/* libseccomp (2.5.4) loses what rules of a call have replaced. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp";
}

#define N_ALL_VALUES  8 /* of 3 bits */
#define N_SOME_VALUES 3
#define STRIDE        5  /* of threes of conditions, for time; each pair is there */
#define INT_STRIDE    11 /* of pairs, odd: each has its turn with one condition and with two */

struct grid {
	struct rule_argument conditions[128];
	size_t n_conditions;
	size_t n_rulesets, n_decisions, n_whole, n_by_default, n_unbuilt;
};

static void add_condition(struct grid *grid, enum comparison comparison, uint64_t value,
                          uint64_t two)
{
	grid->conditions[grid->n_conditions++] = (struct rule_argument){
		.comparison = comparison,
		.value = value,
		.value_two = two,
		.has_value_two = comparison == COMPARE_MASKED_EQ,
	};
}

/* Every operator with every value: for masks also what is masked, and a bit that is not. */
static void fill(struct grid *grid, uint64_t n_values)
{
	*grid = (struct grid){ 0 };
	for (uint64_t value = 0; value < n_values; value++) {
		for (int i = 0; i < COMPARE_MASKED_EQ; i++)
			add_condition(grid, (enum comparison)i, value, 0);
		for (uint64_t two = 0; two < n_values; two++) {
			if ((two & value) == two)
				add_condition(grid, COMPARE_MASKED_EQ, value, two);
		}
		add_condition(grid, COMPARE_MASKED_EQ, value, value | n_values);
	}
}

/* The definition. What rules cannot say is denied entirely. */
static struct decision expect(const struct trial *trial, const struct ruleset *source,
                              const uint64_t *arguments, bool *is_deniedp)
{
	struct decision decision = ruleset_decide(source, CALL, arguments);

	*is_deniedp = false;
	for (size_t i = 0; i < trial->n_entries && !*is_deniedp; i++) {
		if (!trial->is_whole && !entry_holds(trial, i, arguments))
			continue;
		*is_deniedp = true;
		if (action_is_permissive(decision.action))
			decision = (struct decision){ .action = ACTION_ERRNO,
				                      .errno_ret = trial->entries[i].errno_ret };
	}
	return decision;
}

static uint32_t returned(const struct decision *decision)
{
	switch (decision->action) {
	case ACTION_ALLOW:
		return SECCOMP_RET_ALLOW;
	case ACTION_LOG:
		return SECCOMP_RET_LOG;
	case ACTION_ERRNO:
		return SECCOMP_RET_ERRNO | decision->errno_ret;
	case ACTION_TRAP:
		return SECCOMP_RET_TRAP;
	case ACTION_KILL_PROCESS:
		return SECCOMP_RET_KILL_PROCESS;
	default:
		fail_msg("action %d", decision->action);
		return 0;
	}
}

static void fail_trial(const struct ruleset *source, const struct ruleset *denied,
                       const uint64_t *arguments, const char *by)
{
	_cleanup_(buffer_deinit) struct buffer before = BUFFER_INIT, after = BUFFER_INIT;

	assert_int_equal(ruleset_write(source, &before), 0);
	assert_int_equal(ruleset_write(denied, &after), 0);
	fail_msg("%s: (%llx, %llx)\n%s\n%s", by, (unsigned long long)arguments[0],
	         (unsigned long long)arguments[1], before.data, after.data);
}

static const uint64_t probes[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, UINT32_MAX, UINT64_C(1) << 32, UINT64_C(0x100000002), UINT64_MAX
};

#define N_PROBES ARRAY_SIZE(probes)

/* Where conditions are masks of lower bits, calls with more bits may be left to a default action
 * that denies (value_set_intersect()). */
static bool may_be_narrowed(const struct trial *trial, const uint64_t *arguments)
{
	bool has_upper = false, has_mask = trial->is_read;

	for (int i = 0; i < RULE_N_ARGUMENTS; i++)
		has_upper |= arguments[i] > UINT32_MAX;
	for (size_t i = 0; i < trial->n_rules; i++) {
		for (size_t j = 0; j < trial->rules[i].n_arguments; j++)
			has_mask |= trial->rules[i].arguments[j].comparison == COMPARE_MASKED_EQ;
	}
	for (size_t i = 0; i < trial->n_entries; i++) {
		for (size_t j = 0; j < trial->entries[i].n_arguments; j++)
			has_mask |= trial->entries[i].arguments[j].comparison == COMPARE_MASKED_EQ;
	}
	return has_upper && has_mask && !action_is_permissive(trial->standard);
}

/* A whole call may be denied that was denied otherwise. */
static bool is_as_expected(struct grid *grid, const struct trial *trial, bool is_denied,
                           const struct decision *expected, const struct decision *decision)
{
	if (decision_equal(expected, decision))
		return true;
	if (trial->is_whole)
		return !action_is_permissive(decision->action);
	/* Where conditions are on several arguments the default action may have to do. */
	grid->n_by_default++;
	return is_denied && decision->action == trial->standard;
}

static bool is_permitted(uint32_t result)
{
	return result == SECCOMP_RET_ALLOW || result == SECCOMP_RET_LOG;
}

/*
 * A filter decides as the result says. Where nothing was changed the profile's rules may overlap,
 * and what libseccomp makes of that is its own; but what is denied is not let through.
 */
static void compare_filter(struct grid *grid, const struct ruleset *source,
                           const struct ruleset *denied, bool is_denied,
                           const struct decision *decision, uint32_t result,
                           const uint64_t *arguments)
{
	grid->n_decisions++;
	if (denied->rules == source->rules ? is_denied && is_permitted(result)
	                                   : result != returned(decision))
		fail_trial(source, denied, arguments, "filter");
}

/* What is denied by the words of a condition, of all bits, and would not be of an int. */
static bool is_denied_in_words(struct grid *grid, const struct trial *trial,
                               const struct ruleset *source, const uint64_t *arguments,
                               const struct decision *decision)
{
	struct trial in_words = *trial;
	bool is_denied;
	struct decision expected;

	in_words.in_words = true;
	expected = expect(&in_words, source, arguments, &is_denied);
	return trial->is_read && is_denied &&
	       is_as_expected(grid, trial, is_denied, &expected, decision);
}

static void compare(struct grid *grid, const struct trial *trial, const struct ruleset *source,
                    const struct ruleset *denied, const struct filter *filter,
                    const uint64_t *arguments)
{
	struct seccomp_data data = { .nr = NUMBER_64, .arch = AUDIT_ARCH_X86_64 };
	bool is_denied;
	struct decision expected = expect(trial, source, arguments, &is_denied);
	struct decision decision = ruleset_decide(denied, CALL, arguments);

	if (!is_as_expected(grid, trial, is_denied, &expected, &decision) &&
	    (is_denied || !is_denied_in_words(grid, trial, source, arguments, &decision)) &&
	    !(decision.action == trial->standard && may_be_narrowed(trial, arguments)))
		fail_trial(source, denied, arguments, "ruleset_decide()");
	memcpy(data.args, arguments, sizeof(data.args));
	compare_filter(grid, source, denied, is_denied, &decision, bpf_run(filter, &data),
	               arguments);
	for (int i = 0; i < RULE_N_ARGUMENTS; i++) {
		if (arguments[i] > UINT32_MAX)
			return;
	}
	data.nr = NUMBER_32;
	data.arch = AUDIT_ARCH_I386;
	compare_filter(grid, source, denied, is_denied, &decision, bpf_run(filter, &data),
	               arguments);
}

static bool is_refused(const struct ruleset *ruleset)
{
	_cleanup_(filter_deinit) struct filter filter = { 0 };

	return filter_build(ruleset, NULL, &filter, NULL) == FILTER_E_REFUSED;
}

static void compare_all(struct grid *grid, const struct trial *trial, const struct ruleset *source,
                        const struct ruleset *denied, size_t n_probes)
{
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	int r = filter_build(denied, NULL, &filter, NULL);

	/* No container starts with what libseccomp refuses; that must not come of a denial. */
	if (r == FILTER_E_REFUSED && is_refused(source)) {
		grid->n_unbuilt++;
		return;
	}
	if (r != 0)
		fail_trial(source, denied, probes, "libseccomp refuses");
	for (size_t i = 0; i < n_probes; i++) {
		const uint64_t arguments[RULE_N_ARGUMENTS] = { probes[i % N_PROBES],
			                                       probes[i / N_PROBES % N_PROBES],
			                                       probes[i / N_PROBES / N_PROBES] };

		compare(grid, trial, source, denied, &filter, arguments);
	}
}

static void try(struct grid *grid, struct trial *trial, size_t n_probes)
{
	static struct rule_name architectures[] = { { .text = "SCMP_ARCH_X86_64" },
		                                    { .text = "SCMP_ARCH_X86" } };
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(deny_list_unrefp) struct deny_list *list = make_list(trial);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct ruleset source = {
		.default_action = trial->standard,
		.has_architectures = true,
		.architectures = { architectures, 2 },
		.has_rules = true,
		.rules = trial->rules,
		.n_rules = trial->n_rules,
	};
	struct ruleset denied = source;
	bool is_changed;

	assert_int_equal(ruleset_deny(arena, &denied, list, NULL, &is_changed, NULL, &diag), 0);
	grid->n_rulesets++;
	for (size_t i = 0; i < diag.n_entries; i++)
		trial->is_whole |= strcmp(diag.entries[i].rule, "deny-entirely") == 0;
	grid->n_whole += trial->is_whole;
	compare_all(grid, trial, &source, &denied, n_probes);
}

static void print(const struct grid *grid, const char *what)
{
	printf("# %s: %zu rulesets, %zu denied entirely, %zu refused as before, %zu decisions of "
	       "filters\n",
	       what, grid->n_rulesets, grid->n_whole, grid->n_unbuilt, grid->n_decisions);
}

/* What a profile can be besides a rule with a condition. */
static const struct {
	enum action standard, action;
} kinds[] = {
	{ ACTION_ERRNO, ACTION_ALLOW },
	{ ACTION_ALLOW, ACTION_ERRNO },
	{ ACTION_LOG, ACTION_KILL_PROCESS },
	{ ACTION_KILL_PROCESS, ACTION_LOG },
};

/* Every condition of a rule with every condition of a denial. */
static void test_pairs(void **state)
{
	struct grid grid;

	fill(&grid, N_ALL_VALUES);
	for (size_t i = 0; i < grid.n_conditions * grid.n_conditions; i++) {
		struct trial trial = { .standard = kinds[i % 2].standard };

		add_rule(&trial, kinds[i % 2].action, &grid.conditions[i / grid.n_conditions], 1);
		add_entry(&trial, 2, &grid.conditions[i % grid.n_conditions], 1);
		try(&grid, &trial, N_PROBES);
	}
	print(&grid, "pairs");
}

/* Every denial, of a call that is permitted or denied without condition, and by nothing at all. */
static void test_unconditional(void **state)
{
	struct grid grid;

	fill(&grid, N_ALL_VALUES);
	for (size_t i = 0; i < grid.n_conditions; i++) {
		for (size_t kind = 0; kind < 2 * ARRAY_SIZE(kinds); kind++) {
			struct trial trial = { .standard = kinds[kind / 2].standard };

			if (kind % 2)
				add_rule(&trial, kinds[kind / 2].action, NULL, 0);
			add_entry(&trial, 2, &grid.conditions[i], 1);
			try(&grid, &trial, N_PROBES);
		}
	}
	print(&grid, "without condition");
}

/* Two rules with different actions, also such that both hold; two entries with different errnos. */
static void test_two_rules_and_entries(void **state)
{
	static const enum action actions[][2] = {
		{ ACTION_ALLOW, ACTION_LOG },
		{ ACTION_TRAP, ACTION_ALLOW },
		{ ACTION_LOG, ACTION_ERRNO },
	};
	struct grid grid;
	size_t n;

	fill(&grid, N_SOME_VALUES);
	n = grid.n_conditions;
	for (size_t i = 0; i < n * n * n; i += STRIDE) {
		struct trial trial = { .standard = kinds[i % ARRAY_SIZE(kinds)].standard };
		const enum action *pair = actions[i % ARRAY_SIZE(actions)];

		add_rule(&trial, pair[0], &grid.conditions[i % n], 1);
		add_rule(&trial, pair[1], &grid.conditions[i / n % n], 1);
		add_entry(&trial, 2, &grid.conditions[i / n / n], 1);
		add_entry(&trial, 3, &grid.conditions[(i * 7 + i / n) % n], 1);
		try(&grid, &trial, N_PROBES);
	}
	print(&grid, "two rules, two entries");
}

/* Conditions on two arguments, of the rule and of the denial. */
static void test_two_arguments(void **state)
{
	struct grid grid;
	size_t n;

	fill(&grid, N_SOME_VALUES);
	n = grid.n_conditions;
	for (size_t i = 0; i < n * n * n; i += STRIDE) {
		struct rule_argument of_rule[2], of_entry[2];
		struct trial trial = { .standard = kinds[i % 2].standard };
		size_t n_of_rule = i % 3 ? 2 : 1;

		of_rule[0] = grid.conditions[i % n];
		of_rule[1] = grid.conditions[(i * 5 + i / n) % n];
		of_rule[1].index = 1;
		of_entry[0] = grid.conditions[i / n % n];
		of_entry[1] = grid.conditions[i / n / n];
		of_entry[1].index = 1;
		add_rule(&trial, kinds[i % 2].action, of_rule, n_of_rule);
		add_entry(&trial, 2, of_entry, 2);
		try(&grid, &trial, N_PROBES * N_PROBES);
	}
	print(&grid, "two arguments");
}

/* Of calls that are permitted without a condition, or by the default action. */
static void test_three_arguments(void **state)
{
	struct grid grid;
	size_t n;

	fill(&grid, N_SOME_VALUES);
	n = grid.n_conditions;
	for (size_t i = 0; i < n * n; i++) {
		struct rule_argument of_entry[3];
		struct trial trial = { .standard = kinds[i % 2].standard };

		of_entry[0] = grid.conditions[i % n];
		of_entry[1] = grid.conditions[i / n];
		of_entry[2] = grid.conditions[(i * 5 + i / n) % n];
		for (uint32_t j = 0; j < 3; j++)
			of_entry[j].index = j;
		if (i % 2 == 0)
			add_rule(&trial, kinds[i % 2].action, NULL, 0);
		add_entry(&trial, 2, of_entry, 3);
		try(&grid, &trial, N_PROBES * N_PROBES * N_PROBES);
	}
	print(&grid, "three arguments");
}

/* Two conditions on one index, of which either suffices. */
static void test_one_index(void **state)
{
	struct grid grid;
	size_t n;

	fill(&grid, N_SOME_VALUES);
	n = grid.n_conditions;
	for (size_t i = 0; i < n * n * n; i += STRIDE) {
		struct rule_argument of_rule[2];
		struct trial trial = { .standard = kinds[i % 2].standard };

		of_rule[0] = grid.conditions[i % n];
		of_rule[1] = grid.conditions[i / n % n];
		add_rule(&trial, kinds[i % 2].action, of_rule, 2);
		add_entry(&trial, 2, &grid.conditions[i / n / n], 1);
		try(&grid, &trial, N_PROBES);
	}
	print(&grid, "one index");
}

/* Denials of ints, of each kind of rule, and by two conditions. */
static void test_ints(void **state)
{
	struct grid grid;
	size_t n;

	fill(&grid, N_ALL_VALUES);
	n = grid.n_conditions;
	for (size_t i = 0; i < n * n; i += INT_STRIDE) {
		for (size_t kind = 0; kind < 3 * ARRAY_SIZE(kinds); kind++) {
			struct trial trial = { .standard = kinds[kind / 3].standard,
				               .is_read = true };
			struct rule_argument of_entry[2] = { grid.conditions[i % n],
				                             grid.conditions[i / n] };

			of_entry[1].index = 1;
			if (kind % 3)
				add_rule(&trial, kinds[kind / 3].action, &grid.conditions[i / n],
				         kind % 3 - 1);
			add_entry(&trial, 2, of_entry, i % 2 + 1);
			try(&grid, &trial, i % 2 ? N_PROBES * N_PROBES : N_PROBES);
		}
	}
	print(&grid, "ints");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_unconditional),
		cmocka_unit_test(test_two_rules_and_entries),
		cmocka_unit_test(test_two_arguments),
		cmocka_unit_test(test_three_arguments),
		cmocka_unit_test(test_one_index),
		cmocka_unit_test(test_ints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
