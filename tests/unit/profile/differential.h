#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A ruleset against a filter: for every number of every architecture, and for arguments at and
 * beside every value of a condition, what the one says is what the other returns.
 *
 * What is made at random is the same each time. SECCOMPFS_TEST_SEED=N makes another.
 */

#include "bpf.h"
#include "libseccomp_model.h"
#include "node.h"
#include "points.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <linux/audit.h>
#include <seccomp.h>

#include "profile/overlap.h"

/* libseccomp loses nodes of its tree where a later rule makes them needless. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp";
}

#define NUMBERS_MAX 512 /* of system calls, from 0 on; libseccomp 2.6 ends below 480 */

struct differential_architecture {
	const char *name; /* "SCMP_ARCH_X86_64"; NULL behind the last */
	uint32_t token;
	bool is_32_bit;
	char *calls[NUMBERS_MAX]; /* owned; NULL: no call has the number */
};

struct differential_counts {
	size_t n_filters;
	size_t n_calls;    /* compared */
	size_t n_modelled; /* of those, where libseccomp reads a rule otherwise (libseccomp_model.h) */
	size_t n_inexact;    /* names on an architecture left out: overlap.h */
	size_t n_numberless; /* architectures left out: ruleset_loses_number() */
	size_t n_confused;   /* filters left out: accumulator.h */
	size_t n_conflicts;  /* calls left out: conditional rules of different actions hold */
};

struct differential {
	struct differential_architecture architectures[NODE_ARCHITECTURES_MAX + 1];
	struct differential_counts counts;
	uint64_t seed;
	const char *source; /* shown when a comparison fails; may be NULL */
};

static inline void differential_init(struct differential *differential)
{
	const struct node_architecture *architectures = test_node()->architectures;
	const char *seed = getenv("SECCOMPFS_TEST_SEED");

	*differential = (struct differential){ .seed = seed ? strtoul(seed, NULL, 10) : 1 };
	for (size_t i = 0; i < NODE_ARCHITECTURES_MAX && architectures[i].name; i++) {
		struct differential_architecture *to = &differential->architectures[i];
		int first = architectures[i].token == SCMP_ARCH_X32 ? 0x40000000 : 0;

		to->name = architectures[i].name;
		to->token = architectures[i].token;
		to->is_32_bit = architectures[i].is_32_bit;
		for (int number = 0; number < NUMBERS_MAX; number++)
			to->calls[number] = seccomp_syscall_resolve_num_arch(to->token,
			                                                     first + number);
	}
}

static inline void differential_deinit(struct differential *differential)
{
	for (size_t i = 0; differential->architectures[i].name; i++) {
		for (size_t number = 0; number < NUMBERS_MAX; number++)
			free(differential->architectures[i].calls[number]);
	}
}

static inline uint32_t differential_draw(struct differential *differential, size_t n)
{
	uint64_t *seed = &differential->seed;

	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)(((*seed * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % n);
}

/* SECCOMP_RET_* with data. */
static inline uint32_t differential_result(const struct decision *decision)
{
	static const uint32_t results[] = {
		[ACTION_KILL] = SECCOMP_RET_KILL_THREAD,
		[ACTION_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[ACTION_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[ACTION_TRAP] = SECCOMP_RET_TRAP,
		[ACTION_ERRNO] = SECCOMP_RET_ERRNO,
		[ACTION_TRACE] = SECCOMP_RET_TRACE,
		[ACTION_NOTIFY] = SECCOMP_RET_USER_NOTIF,
		[ACTION_LOG] = SECCOMP_RET_LOG,
		[ACTION_ALLOW] = SECCOMP_RET_ALLOW,
	};

	return results[decision->action] | decision->errno_ret;
}

/* Whether conditional rules of different actions hold: of that libseccomp promises nothing. */
static inline bool is_conflict(const struct ruleset *ruleset, const uint64_t *arguments)
{
	struct decision standard = ruleset_default(ruleset), found = { .rule = NULL };

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];
		struct decision decision = rule_decision(rule);
		bool holds = true;

		if (decision_equal(&decision, &standard))
			continue;
		if (rule->n_arguments == 0)
			return false;
		for (size_t j = 0; j < rule->n_arguments; j++)
			holds = holds && rule_argument_holds(&rule->arguments[j],
			                                     arguments[rule->arguments[j].index]);
		if (holds && found.rule && !decision_equal(&found, &decision))
			return true;
		if (holds)
			found = decision;
	}
	return false;
}

static inline bool has_unconditional(const struct ruleset *ruleset)
{
	struct decision standard = ruleset_default(ruleset);

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		struct decision decision = rule_decision(&ruleset->rules[i]);

		if (ruleset->rules[i].n_arguments == 0 && !decision_equal(&decision, &standard))
			return true;
	}
	return false;
}

struct comparison_at {
	const struct ruleset *ruleset; /* as written */
	const struct filter *filter;
	const struct differential_architecture *architecture;
	int number;
	const char *name; /* NULL: no call */
	struct model model;
};

static inline void fail_comparison(const struct differential *differential,
                                   const struct comparison_at *at, const struct seccomp_data *data,
                                   uint32_t wanted, uint32_t found)
{
	if (differential->source)
		fprintf(stderr, "%s", differential->source);
	fail_msg(
		"%s, number %d (%s), %#llx %#llx %#llx %#llx %#llx %#llx: the source says %#x, the "
		"filter %#x",
		at->architecture->name, at->number, at->name ? at->name : "none",
		(unsigned long long)data->args[0], (unsigned long long)data->args[1],
		(unsigned long long)data->args[2], (unsigned long long)data->args[3],
		(unsigned long long)data->args[4], (unsigned long long)data->args[5], wanted,
		found);
}

static inline void compare_arguments(struct differential *differential,
                                     const struct comparison_at *at, const uint64_t *arguments)
{
	bool is_x32 = at->architecture->token == SCMP_ARCH_X32;
	struct seccomp_data data = {
		.nr = at->number,
		.arch = is_x32 ? AUDIT_ARCH_X86_64 : at->architecture->token,
	};
	struct decision written = ruleset_default(at->ruleset), modelled = written;
	uint64_t read[RULE_N_ARGUMENTS]; /* by libseccomp */
	uint32_t result;

	for (size_t i = 0; i < RULE_N_ARGUMENTS; i++) {
		read[i] = at->architecture->is_32_bit ? (uint32_t)arguments[i] : arguments[i];
		data.args[i] = is_x32 ? arguments[i] : read[i];
	}
	if (at->name && is_conflict(&at->model.ruleset, read)) {
		differential->counts.n_conflicts++;
		return;
	}
	if (at->name) {
		written = ruleset_decide(at->ruleset, at->name, (const uint64_t *)data.args);
		modelled = at->model.differs || is_x32
		                   ? ruleset_decide(&at->model.ruleset, at->name, read)
		                   : written;
	}
	result = node_run(at->filter, data);
	differential->counts.n_calls++;
	differential->counts.n_modelled += !decision_equal(&written, &modelled);
	if (result != differential_result(&modelled))
		fail_comparison(differential, at, &data, differential_result(&modelled), result);
}

static inline void compare_points(struct differential *differential, const struct comparison_at *at,
                                  const struct points *points)
{
	size_t n = points_combinations(points);
	bool is_whole = n <= COMBINATIONS_MAX;

	for (size_t i = 0; i < n && i < COMBINATIONS_MAX; i++) {
		uint64_t arguments[RULE_N_ARGUMENTS];
		size_t rest = i;

		for (size_t j = 0; j < RULE_N_ARGUMENTS; j++) {
			size_t at_point = is_whole ? rest % points->n[j]
			                           : differential_draw(differential, points->n[j]);

			arguments[j] = points->values[j][at_point];
			rest /= points->n[j];
		}
		compare_arguments(differential, at, arguments);
	}
}

static inline void compare_number(struct differential *differential, struct arena *arena,
                                  struct comparison_at *at)
{
	const struct model_call call = {
		.name = at->name,
		.is_32_bit = at->architecture->is_32_bit,
		.is_multiplexer = at->name && (strcmp(at->name, "socketcall") == 0 ||
		                               strcmp(at->name, "ipc") == 0),
	};
	struct points points;

	at->model = (struct model){ .ruleset = { .n_rules = 0 } };
	if (at->name)
		at->model = model_make(arena, at->ruleset, &call);
	points_init(&points, &at->model.ruleset);
	if (at->name && !has_unconditional(&at->model.ruleset) &&
	    ruleset_overlap(&at->model.ruleset, at->name).kind != OVERLAP_EXACT) {
		differential->counts.n_inexact++;
		return;
	}
	compare_points(differential, at, &points);
}

static inline void compare_architecture(struct differential *differential,
                                        const struct ruleset *ruleset, const struct filter *filter,
                                        const struct differential_architecture *architecture)
{
	static const int unknown[] = { 600, 4095, 100000 };
	int first = architecture->token == SCMP_ARCH_X32 ? 0x40000000 : 0;
	struct comparison_at at = { .ruleset = ruleset,
		                    .filter = filter,
		                    .architecture = architecture };

	for (int i = 0; i < NUMBERS_MAX + (int)ARRAY_SIZE(unknown); i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new(0);

		assert_non_null(arena);
		at.number = first + (i < NUMBERS_MAX ? i : unknown[i - NUMBERS_MAX]);
		at.name = i < NUMBERS_MAX ? architecture->calls[i] : NULL;
		compare_number(differential, arena, &at);
	}
}

/* A filter kills what is of an architecture that the profile does not name. */
static inline void compare_foreign(struct differential *differential, const struct filter *filter,
                                   const struct differential_architecture *architecture)
{
	bool is_x32 = architecture->token == SCMP_ARCH_X32;

	for (int number = 0; number < NUMBERS_MAX; number += 7) {
		struct seccomp_data data = {
			.nr = number | (is_x32 ? 0x40000000 : 0),
			.arch = is_x32 ? AUDIT_ARCH_X86_64 : architecture->token,
		};

		assert_int_equal(node_run(filter, data), SECCOMP_RET_KILL_THREAD);
		differential->counts.n_calls++;
	}
}

static inline bool has_architecture(const struct ruleset *ruleset, const char *name)
{
	for (size_t i = 0; i < ruleset->architectures.n_words; i++) {
		if (strcmp(ruleset->architectures.words[i].text, name) == 0)
			return true;
	}
	return false;
}

/* ruleset is plain, and may have what is_plain does not say. */
static inline void differential_compare(struct differential *differential,
                                        const struct ruleset *ruleset, const struct filter *filter)
{
	for (size_t i = 0; differential->architectures[i].name; i++) {
		const struct differential_architecture *architecture =
			&differential->architectures[i];

		if (architecture->token != seccomp_arch_native() &&
		    !has_architecture(ruleset, architecture->name))
			compare_foreign(differential, filter, architecture);
		else if (ruleset_loses_number(ruleset, architecture->name))
			differential->counts.n_numberless++;
		else
			compare_architecture(differential, ruleset, filter, architecture);
	}
	differential->counts.n_filters++;
}

static inline void differential_print(const struct differential *differential, const char *what)
{
	const struct differential_counts *counts = &differential->counts;

	print_message(
		"# %s: %zu filters, %zu calls compared; of those %zu where libseccomp reads a "
		"rule otherwise; left out: %zu calls with rules of different actions that "
		"hold, %zu names with inexact rules, %zu architectures without the number, %zu "
		"filters that compare another argument\n",
		what, counts->n_filters, counts->n_calls, counts->n_modelled, counts->n_conflicts,
		counts->n_inexact, counts->n_numberless, counts->n_confused);
}
