/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is counted of a filter against what libseccomp makes of it: never fewer instructions, and never a
 * rule that it refuses though nobody would ask. For rulesets at random, of few values so that
 * conditions meet.
 */

#include "../document/random.h"
#include "lint_bound.h"
#include "profile/filter.h"
#include "ruleset-cases.h"
#include "syscall_table.h"

#include <stdio.h>

/* libseccomp 2.5.4 loses some memory when it refuses a rule. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp\n";
}

static const struct facts facts = { .architecture = "SCMP_ARCH_X86_64" };
static const struct lint_options options = { .facts = &facts };

struct measured {
	struct lint_bound bound;
	size_t n_most; /* with what is in doubt */
	size_t n;      /* that libseccomp makes */
	bool is_refused;
};

/* What is not for libseccomp to say: nothing of that size is asked for. */
static bool is_beyond(const struct diag *reasons)
{
	return reasons->n_entries && strstr(reasons->entries[0].message, "it has too many rules");
}

/* Compares what is said of the calls in doubt with what is said of all. */
static void measure(const char *text, struct measured *measured)
{
	_cleanup_(parsed_deinit) struct parsed parsed = { 0 };
	_cleanup_(filter_deinit) struct filter part = { 0 }, whole = { 0 };
	_cleanup_(diag_deinit) struct diag reasons = DIAG_INIT;
	struct lint lint = { .options = &options };
	const struct ruleset *doubtful;
	int r;

	assert_int_equal(parse(text, &parsed, NULL), 0);
	lint.source = lint.compiled = parsed.ruleset;
	lint.arena = parsed.arena;
	assert_int_equal(lint_index(&lint), 0);
	assert_int_equal(lint_bound(&lint, &measured->bound), 0);
	doubtful = lint_bound_doubtful(&lint, &measured->bound);
	assert_non_null(doubtful);
	r = filter_build(doubtful, NULL, &part, NULL);
	assert_true(r == 0 || measured->bound.is_to_be_asked);
	measured->is_refused = r;
	if (filter_build(parsed.ruleset, NULL, &whole, &reasons) != r && !is_beyond(&reasons))
		fail_msg("%d of the calls in doubt, %s of all: %s", r,
		         reasons.n_entries ? reasons.entries[0].message : "nothing", text);
	measured->n = whole.n_instructions;
	measured->n_most = measured->bound.n_most + lint_bound_among_others(part.n_instructions);
	if (measured->n > measured->n_most)
		fail_msg("%zu instructions, counted were %zu: %s", measured->n, measured->n_most,
		         text);
}

struct shape {
	size_t n_rules, n_names;         /* rules, and names to draw from */
	size_t n_values;                 /* values to draw from */
	unsigned int percent_of_actions; /* that are not ALLOW */
	unsigned int percent_of_orders;
	size_t n_arguments;
	bool has_upper;
	bool is_conditional; /* each rule */
};

static void append_word(struct random *random, const char *const *words, size_t n,
                        struct buffer *out)
{
	buffer_append_string(out, words[random_below(random, n)]);
}

#define append_word(random, words, out) (append_word)(random, words, ARRAY_SIZE(words), out)

static const char *draw_name(struct random *random, const struct shape *shape)
{
	static const char *const families[] = { "socketcall", "socket", "connect", "bind",
		                                "ipc",        "semop",  "shmat",   "nosuchcall" };

	if (random_chance(random, 10))
		return families[random_below(random, ARRAY_SIZE(families))];
	return syscall_table[random_below(random, shape->n_names) * syscall_n_table /
	                     shape->n_names]
	        .name;
}

static void append_conditions(struct random *random, const struct shape *shape, struct buffer *out)
{
	static const char *const orders[] = { "NE", "LT", "LE", "GE", "GT" };
	static const char *const equals[] = { "EQ", "EQ", "EQ", "MASKED_EQ" };
	size_t least = shape->is_conditional;
	size_t n = least + random_below(random, shape->n_arguments + 1 - least);
	size_t first = random_below(random, RULE_N_ARGUMENTS);

	buffer_append_string(out, ", args: [");
	for (size_t i = 0; i < n; i++) {
		uint64_t value = random_below(random, shape->n_values);

		if (shape->has_upper && random_chance(random, 50))
			value |= (uint64_t)random_below(random, shape->n_values) << 32;
		buffer_printf(out, "{index: %zu, value: %llu, valueTwo: %llu, op: SCMP_CMP_",
		              (first + i) % RULE_N_ARGUMENTS, (unsigned long long)value,
		              (unsigned long long)(value & random_next(random)));
		if (random_chance(random, shape->percent_of_orders))
			append_word(random, orders, out);
		else
			append_word(random, equals, out);
		buffer_append_string(out, "}, ");
	}
	buffer_append_string(out, "]");
}

static void append_action(struct random *random, const struct shape *shape, struct buffer *out)
{
	static const char *const actions[] = { "LOG",   "KILL_PROCESS", "TRAP",
		                               "TRACE", "KILL",         "ERRNO" };

	buffer_append_string(out, "action: SCMP_ACT_");
	if (!random_chance(random, shape->percent_of_actions))
		buffer_append_string(out, "ALLOW");
	else if (random_chance(random, 50))
		append_word(random, actions, out);
	else
		buffer_printf(out, "ERRNO, errnoRet: %zu", random_below(random, 60));
}

static void append_architectures(struct random *random, struct buffer *out)
{
	static const char *const architectures[] = {
		"",
		"X86_64",
		"X86_64, SCMP_ARCH_X86",
		"X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32",
		"X86_64, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_PPC64LE",
	};
	const char *some = architectures[random_below(random, ARRAY_SIZE(architectures))];

	if (*some)
		buffer_printf(out, "architectures: [SCMP_ARCH_%s], ", some);
}

static void append_ruleset(struct random *random, const struct shape *shape, struct buffer *out)
{
	buffer_append_string(out, "{defaultAction: SCMP_ACT_ERRNO, ");
	append_architectures(random, out);
	buffer_append_string(out, "syscalls: [");
	for (size_t i = 0; i < shape->n_rules; i++) {
		size_t n = random_chance(random, 20) ? 1 + random_below(random, 40) : 1;

		buffer_append_string(out, "{names: [");
		for (size_t j = 0; j < n; j++)
			buffer_printf(out, "\"%s\", ", draw_name(random, shape));
		buffer_append_string(out, "], ");
		append_action(random, shape, out);
		append_conditions(random, shape, out);
		buffer_append_string(out, "}, ");
	}
	buffer_append_string(out, "]}");
}

struct totals {
	size_t n, n_free, n_refused, n_large;
	double nearest; /* of what was made to what was counted */
};

static void run_shape(struct random *random, const struct shape *shape, size_t n,
                      struct totals *totals)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
		struct measured measured;
		double part;

		append_ruleset(random, shape, &text);
		measure(text.data, &measured);
		part = (double)measured.n / (double)measured.n_most;
		totals->nearest = part > totals->nearest ? part : totals->nearest;
		totals->n_free += !measured.bound.is_to_be_asked;
		totals->n_refused += measured.is_refused;
		totals->n_large += measured.n > 500;
		totals->n++;
	}
}

static void test_at_random(void **state)
{
	static const struct shape shapes[] = {
		{ 6, 4, 4, 30, 20, 2, true },           { 12, 6, 3, 10, 0, 3, true },
		{ 30, 20, 1000, 0, 0, 1, false },       { 60, 400, 1000, 40, 10, 1, true },
		{ 200, 40, 3000, 0, 0, 2, true },       { 150, 30, 3000, 0, 100, 1, true },
		{ 8, 3, 5, 0, 40, 2, false },           { 300, 400, 8, 60, 0, 0, false },
		{ 40, 200, 3000, 0, 0, 1, true },       { 40, 30, 3000, 0, 50, 1, true },
		{ 20, 30, 3000, 0, 0, 3, true },        { 20, 500, 3, 0, 100, 1, false },
		{ 250, 60, 3000, 0, 0, 1, true, true }, { 120, 90, 200, 0, 50, 1, true, true },
		{ 40, 30, 3000, 0, 0, 3, false, true },
	};
	struct random random = { 0x5ecc0 };
	struct totals totals = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		run_shape(&random, &shapes[i], shapes[i].n_rules > 100 ? 8 : 60, &totals);
	print_message("# %zu rulesets: %zu not asked for, %zu refused, %zu large; at most %.0f%% "
	              "of what was counted\n",
	              totals.n, totals.n_free, totals.n_refused, totals.n_large,
	              100 * totals.nearest);
	assert_true(totals.n_free > 50 && totals.n_refused > 20 && totals.n_large > 30);
}

/* Runtimes leave them out, and so does the count where it matters. */
static void test_names_that_nobody_knows(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	struct measured measured;

	(void)state;
	buffer_append_string(&text, "{defaultAction: SCMP_ACT_ERRNO, syscalls: [{action: "
	                            "SCMP_ACT_ALLOW, names: [read");
	for (int i = 0; i < 6000; i++)
		buffer_printf(&text, ", nosuchcall%d", i);
	buffer_append_string(&text, "]}]}");
	measure(text.data, &measured);
	assert_true(measured.bound.n_most < 100 && !measured.bound.is_to_be_asked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_random),
		cmocka_unit_test(test_names_that_nobody_knows),
	};

	filter_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
