/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a base brings to sources made at random, by the filters that libseccomp builds with it and
 * without: for each number and for arguments at and beside every value of a condition. A call of
 * the base is let through, but where a rule of the source says otherwise: one without conditions, or
 * one with conditions that hold and that is no allowance. Every other call is decided as without the
 * base.
 */

#include "differential.h"
#include "evaluate.h"
#include "random_source.h"

#include "sources.h"

#include "compile_base.h"
#include "value_set.h"

#define RANDOM_SOURCES 2500
#define RULES_MAX      8 /* of one */

/* Those that random_name() gives, but for calls that are reached through another one. */
static const char *const seen[] = { "arch_prctl", "bpf",         "clone", "futex",
	                            "keyctl",     "mmap",        "mount", "mseal",
	                            "openat2",    "personality", "prctl", "ptrace",
	                            "read",       "setns",       "umask", "write" };
static const struct base_set sets[] = { { "runc", "1.1.5", .seen = seen,
	                                  .n_seen = ARRAY_SIZE(seen) } };
static const struct base_table bases = { sets, ARRAY_SIZE(sets) };
struct counts {
	size_t n_sources, n_given, n_kept, n_others; /* calls */
	size_t n_beyond; /* names for which there are no rules: as without the base */
};

/* What the source says of a call of the base beyond allowances under conditions. */
enum word {
	WORD_NONE,
	WORD_SAID,
	WORD_UNCERTAIN, /* rules that hold at once differ: libseccomp promises neither */
};

struct pair {
	const struct ruleset *source; /* evaluated */
	struct served without, with;
	const struct differential_architecture *architecture;
	struct counts *counts;
};

/* As libseccomp takes it: bits of valueTwo that are not in the mask do not count, nor upper ones on
 * 32 bits. */
static bool holds(const struct rule *rule, const uint64_t *arguments, bool is_32_bit)
{
	uint64_t bits = is_32_bit ? UINT32_MAX : UINT64_MAX;
	bool any = rule_shares_index(rule);

	for (size_t i = 0; i < rule->n_arguments; i++) {
		struct rule_argument argument = rule->arguments[i];

		argument.value &= bits;
		argument.value_two &= argument.value;
		if (rule_argument_holds(&argument, arguments[argument.index]) == any)
			return any;
	}
	return !any;
}

static enum word word_of(const struct pair *pair, const char *name, const uint64_t *arguments)
{
	const struct ruleset *source = pair->source;
	struct decision said = { .action = ACTION_ALLOW };
	bool has_allowance = false;
	enum word word = WORD_NONE;

	for (size_t i = 0; i < source->n_rules; i++) {
		const struct rule *rule = &source->rules[i];
		struct decision decision = rule_decision(rule);

		if (!rule_has_name(rule, name))
			continue;
		if (rule_is_unconditional(rule, false))
			return WORD_SAID;
		if (!holds(rule, arguments, pair->architecture->is_32_bit))
			continue;
		has_allowance |= rule->action == ACTION_ALLOW;
		if (rule->action == ACTION_ALLOW)
			continue;
		if (word != WORD_NONE && !decision_equal(&said, &decision))
			word = WORD_UNCERTAIN;
		else if (word == WORD_NONE)
			word = WORD_SAID;
		said = decision;
	}
	return word == WORD_SAID && has_allowance ? WORD_UNCERTAIN : word;
}

static bool is_in_base(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		if (name && strcmp(seen[i], name) == 0)
			return true;
	}
	return false;
}

static uint32_t run(const struct pair *pair, const struct served *served, int number,
                    const uint64_t *arguments)
{
	struct seccomp_data data = { .nr = number, .arch = pair->architecture->token };

	memcpy(data.args, arguments, sizeof(data.args));
	return node_run(&served->filter, data);
}

/* False: it is not as it should be. */
static bool check_arguments(struct pair *pair, int number, const uint64_t *arguments, bool is_given)
{
	const char *name = pair->architecture->calls[number];
	uint32_t before = run(pair, &pair->without, number, arguments);
	uint32_t after = run(pair, &pair->with, number, arguments);
	enum word word;

	if (!is_given) {
		pair->counts->n_others++;
		return before == after;
	}
	word = word_of(pair, name, arguments);
	pair->counts->n_kept += word == WORD_SAID;
	pair->counts->n_given += word == WORD_NONE;
	if (word == WORD_NONE)
		return after == SECCOMP_RET_ALLOW;
	return word == WORD_UNCERTAIN || before == after;
}

static void check_number(struct differential *draw, struct pair *pair, int number)
{
	const char *name = pair->architecture->calls[number];
	bool is_given = is_in_base(name);
	struct points points;
	size_t n;
	struct rule *rest;
	size_t n_rest;

	if (is_given && ruleset_overlap(pair->source, name).kind != OVERLAP_EXACT)
		return;
	if (is_given && base_call_judge(pair->without.arena, pair->without.ruleset, name, &rest,
	                                &n_rest) == BASE_CALL_BEYOND) {
		pair->counts->n_beyond++;
		is_given = false;
	}
	points_init(&points, pair->source);
	n = points_combinations(&points);
	for (size_t i = 0; i < n && i < (is_given ? COMBINATIONS_MAX : 20); i++) {
		uint64_t arguments[RULE_N_ARGUMENTS];

		for (size_t j = 0; j < RULE_N_ARGUMENTS; j++) {
			arguments[j] = points.values[j][differential_draw(draw, points.n[j])];
			if (pair->architecture->is_32_bit)
				arguments[j] = (uint32_t)arguments[j];
		}
		if (check_arguments(pair, number, arguments, is_given))
			continue;
		fprintf(stderr, "%s", draw->source);
		fail_msg("%s, %s, %#llx %#llx %#llx: without the base %#x, with it %#x",
		         pair->architecture->name, name, (unsigned long long)arguments[0],
		         (unsigned long long)arguments[1], (unsigned long long)arguments[2],
		         run(pair, &pair->without, number, arguments),
		         run(pair, &pair->with, number, arguments));
	}
}

static void check_pair(struct differential *draw, struct pair *pair)
{
	for (size_t i = 0; i < 2; i++) { /* the machine's own, and one of 32 bits */
		pair->architecture = &draw->architectures[i];
		if ((i > 0 && !has_architecture(pair->source, pair->architecture->name)) ||
		    ruleset_loses_number(pair->source, pair->architecture->name) ||
		    ruleset_loses_number(pair->with.ruleset, pair->architecture->name))
			continue;
		for (int number = 0; number < NUMBERS_MAX; number++)
			check_number(draw, pair, number);
	}
	pair->counts->n_sources++;
}

static struct facts here(void)
{
	return (struct facts){
		test_node()->architectures[0].name,
		test_node()->go,
		6,
		1,
		CAPABILITIES_DEFAULT,
		&bases,
	};
}

static void render(const struct node *value, struct buffer *bytes)
{
	const struct facts facts = here();
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct profile_options options = { VALIDATE_STRICT, COMPILE_ON, &facts };
	int r = profile_render(NULL, value, &options, NULL, NULL, bytes, &diag);

	print_errors(&diag);
	assert_int_equal(r, 0);
}

static struct stream *read_with(const char *base, const char *text, struct buffer *whole)
{
	struct stream *stream = NULL;

	buffer_printf(whole, "{x-seccompfs: {base: %s}, %s", base, text + 1);
	assert_int_equal(yaml_read_bytes("random", whole->data, whole->n_data, &stream, NULL, NULL),
	                 0);
	return stream;
}

static void check_source(struct differential *draw, const char *text, struct counts *counts)
{
	_cleanup_(buffer_deinit) struct buffer none = BUFFER_INIT, runc = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer before = BUFFER_INIT, after = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *without = read_with("none", text, &none);
	_cleanup_(stream_freep) struct stream *with = read_with("runc", text, &runc);
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct pair pair = { .counts = counts };
	const struct facts facts = here();

	assert_non_null(arena);
	render(without->documents[0].root, &before);
	render(with->documents[0].root, &after);
	pair.source = evaluate(arena, without->documents[0].root, &facts);
	draw->source = runc.data;
	if (pair.source->default_action == ACTION_ALLOW ||
	    pair.source->default_action == ACTION_LOG) {
		assert_string_equal(before.data, after.data);
		return;
	}
	if (serve(&before, &pair.without)) {
		assert_true(serve(&after, &pair.with));
		check_pair(draw, &pair);
		served_deinit(&pair.with);
	}
	served_deinit(&pair.without);
}

static void test_random_sources(void **state)
{
	struct differential draw;
	struct counts counts = { 0 };

	differential_init(&draw);
	for (size_t i = 0; i < RANDOM_SOURCES; i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

		random_write(&draw, RULES_MAX, &text);
		if (!strstr(text.data, "x-seccompfs"))
			check_source(&draw, text.data, &counts);
	}
	print_message(
		"# %zu sources, calls: %zu given by the base, %zu as rules say, %zu others; %zu "
		"names beyond rules\n",
		counts.n_sources, counts.n_given, counts.n_kept, counts.n_others, counts.n_beyond);
	assert_true(counts.n_sources > 1000 && counts.n_given > 100000 && counts.n_kept > 10000);
	assert_true(counts.n_beyond < counts.n_sources);
	differential_deinit(&draw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_sources),
	};

	filter_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
