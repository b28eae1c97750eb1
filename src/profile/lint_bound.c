/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What libseccomp (2.5.4 to 2.6.1) makes of a call without conditions is one jump for each
 * architecture. Each condition is compared by halves of 32 bits, as nodes of a tree, which are a load, a
 * mask and a jump each. A jump reaches 255 instructions: behind one whose targets are too far come
 * a long jump for each, or a copy of a return; but not where there is one for the same target
 * within reach, so that copies of a return are as far from each other. Equal nodes are shared,
 * which this does not count on, but for upper halves.
 *
 * That it is a bound is compared with libseccomp (tests/unit/profile/test-lint_bound.c).
 */

#include "lint_bound.h"

#include <errno.h>
#include <string.h>

#include "libseccomp.h"
#include "profile/filter.h"
#include "profile/syscalls.h"

#define OF_ARCHITECTURE 16 /* to find it, and the x32 bit */
#define OF_NODE         4  /* load, jump, two long jumps */
#define OF_MASKED_NODE  6  /* and a mask, and the load for a neighbour without it */
#define OF_CONDITIONAL  5  /* the number's jump, with two long ones, and loads */
#define REACH           250

/* Returns of so many kinds are counted; with more nothing is sure. */
#define DECISIONS_MAX 64

/* libseccomp has fewer. */
#define ARCHITECTURES_MAX 32

struct count {
	const struct lint *lint;
	struct lint_bound *bound;
	size_t n_architectures, n_multiplexing;
	struct decision decisions[DECISIONS_MAX]; /* that rules have, and the default */
	size_t n_decisions;
	uint8_t *families; /* for each of lint->calls, of multiplexers; 0: none */
};

/* The machine's is always among them. */
static void count_architectures(struct count *count)
{
	const struct rule_words *words = &count->lint->compiled->architectures;
	uint32_t tokens[ARCHITECTURES_MAX] = { seccomp_arch_native() };
	size_t n = 1;

	count->n_multiplexing = libseccomp_is_multiplexing(tokens[0]);
	for (size_t i = 0; i < words->n_words && n < ARCHITECTURES_MAX; i++) {
		uint32_t token = libseccomp_architecture(words->words[i].text);
		size_t j = 0;

		while (j < n && tokens[j] != token)
			j++;
		if (j < n)
			continue;
		tokens[n++] = token;
		count->n_multiplexing += libseccomp_is_multiplexing(token);
	}
	count->n_architectures = n;
}

static void add_decision(struct count *count, struct decision decision)
{
	for (size_t i = 0; i < count->n_decisions; i++) {
		if (decision_equal(&count->decisions[i], &decision))
			return;
	}
	if (count->n_decisions < DECISIONS_MAX)
		count->decisions[count->n_decisions++] = decision;
}

static void count_decisions(struct count *count)
{
	const struct ruleset *ruleset = count->lint->compiled;

	add_decision(count, ruleset_default(ruleset));
	for (size_t i = 0; i < ruleset->n_rules; i++)
		add_decision(count, rule_decision(&ruleset->rules[i]));
}

#define API_LOG 3 /* of libseccomp, as it has found the kernel: LOG and KILL_PROCESS */

/* Whether this kernel has the action, and libseccomp takes the number. */
static bool is_sure_decision(const struct decision *decision)
{
	switch (decision->action) {
	case ACTION_ERRNO:
	case ACTION_TRACE:
		return decision->errno_ret <= FILTER_ERRNO_MAX;
	case ACTION_KILL:
	case ACTION_KILL_THREAD:
	case ACTION_TRAP:
	case ACTION_ALLOW:
		return true;
	case ACTION_KILL_PROCESS:
	case ACTION_LOG:
		return seccomp_api_get() >= API_LOG;
	case ACTION_NOTIFY:
	case N_ACTIONS:
		break;
	}
	return false;
}

static bool is_order(const struct rule_argument *argument)
{
	return argument->comparison != COMPARE_EQ && argument->comparison != COMPARE_MASKED_EQ;
}

/* Such a condition leads on to the next one from several nodes, which multiply. */
static bool has_joined_order(const struct rule *rule)
{
	if (rule->n_arguments < 2 || rule_shares_index(rule))
		return false;
	for (size_t i = 0; i < rule->n_arguments; i++) {
		if (is_order(&rule->arguments[i]))
			return true;
	}
	return false;
}

static bool is_doubtful_call(const struct lint *lint, const struct lint_call *call)
{
	const struct rule *first = NULL;

	for (const struct lint_use *use = call->uses; use; use = use->next) {
		struct decision decision = rule_decision(use->rule);

		if (lint_is_default(lint, use->rule))
			continue;
		first = first ? first : use->rule;
		if (!lint_same_decision(first, use->rule) || !is_sure_decision(&decision) ||
		    has_joined_order(use->rule))
			return true;
	}
	return false;
}

/* Whether libseccomp need not be asked for what no call has part in. */
static bool is_sure_frame(const struct lint *lint)
{
	struct decision standard = ruleset_default(lint->compiled);

	return !lint->compiled->has_architectures && is_sure_decision(&standard);
}

static size_t upper_nodes(enum comparison comparison)
{
	return comparison == COMPARE_EQ || comparison == COMPARE_NE ||
	                       comparison == COMPARE_MASKED_EQ
	               ? 1
	               : 2;
}

/* Nodes of a call that have been counted: upper halves that are 0, by index and comparison. */
struct shared {
	uint8_t has[RULE_N_ARGUMENTS];
};

static bool shares_upper(struct shared *shared, const struct rule *rule,
                         const struct rule_argument *argument)
{
	unsigned int bit = 1U << argument->comparison;
	bool is_alone = rule->n_arguments == 1 || rule_shares_index(rule);
	bool is_counted = shared->has[argument->index] & bit;

	if (!is_alone || argument->value >> 32 ||
	    (argument->comparison == COMPARE_MASKED_EQ && argument->value_two >> 32))
		return false;
	shared->has[argument->index] |= (uint8_t)bit;
	return is_counted;
}

/* What conditions add, at most and about (n_slow). */
static void count_conditions(const struct lint_call *call, bool is_doubtful, size_t *mostp,
                             size_t *slowp)
{
	struct shared shared = { { 0 } };

	for (const struct lint_use *use = call->uses; use; use = use->next) {
		const struct rule *rule = use->rule;

		for (size_t i = 0; i < rule->n_arguments; i++) {
			const struct rule_argument *argument = &rule->arguments[i];
			bool is_masked = argument->comparison == COMPARE_MASKED_EQ;
			bool is_short = shares_upper(&shared, rule, argument);
			size_t n = 1 + (is_short ? 0 : upper_nodes(argument->comparison));

			*mostp += n * (is_masked ? OF_MASKED_NODE : OF_NODE);
			*slowp += is_masked ? 3 * n : is_short ? 1 : 2 * n;
			*slowp += is_doubtful; /* a return of its own */
		}
	}
}

/* Calls that are reached through one, and itself: a rule for one of them can meet those for the others. */
static const char *const multiplexers[] = { NULL, "socketcall", "ipc" };

static uint8_t find_family(const struct lint_call *call)
{
	uint64_t number;
	const char *found = syscall_multiplexer(call->name, &number);
	uint8_t i = found || strcmp(call->name, "socketcall") == 0 || strcmp(call->name, "ipc") == 0
	                    ? ARRAY_SIZE(multiplexers) - 1
	                    : 0;

	while (i > 0 && strcmp(found ? found : call->name, multiplexers[i]) != 0)
		i--;
	return i;
}

static void mark(struct lint_bound *bound, size_t i)
{
	bound->n_doubtful += !bound->is_doubtful[i];
	bound->is_doubtful[i] = true;
}

/* Where a multiplexer has rules of its own all that go through it are judged with it, or none is in
 * doubt. */
static void mark_family(struct count *count, uint8_t family)
{
	const struct lint *lint = count->lint;
	const struct lint_call *head = lint_find_call(lint, multiplexers[family]);
	bool is_doubtful = false;

	for (size_t i = 0; i < lint->n_calls; i++) {
		const struct lint_call *call = &lint->calls[i];

		if (count->families[i] != family)
			continue;
		is_doubtful = is_doubtful || count->bound->is_doubtful[i];
		for (const struct lint_use *use = call->uses; head && use; use = use->next) {
			is_doubtful = is_doubtful ||
			              !lint_same_decision(use->rule, head->uses->rule);
		}
	}
	for (size_t i = 0; is_doubtful && i < lint->n_calls; i++) {
		if (count->families[i] == family)
			mark(count->bound, i);
	}
}

static void mark_doubtful(struct count *count)
{
	const struct lint *lint = count->lint;

	for (size_t i = 0; i < lint->n_calls; i++) {
		if (is_doubtful_call(lint, &lint->calls[i]))
			mark(count->bound, i);
	}
	for (uint8_t i = 1; count->n_multiplexing && i < ARRAY_SIZE(multiplexers); i++)
		mark_family(count, i);
}

static bool has_conditions(const struct lint_call *call)
{
	for (const struct lint_use *use = call->uses; use; use = use->next) {
		if (use->rule->n_arguments)
			return true;
	}
	return false;
}

/* Equal chains of several architectures are shared, so each is expected once. */
static void count_call(const struct count *count, size_t i)
{
	const struct lint_call *call = &count->lint->calls[i];
	struct lint_bound *bound = count->bound;
	size_t n_most = 1, n_slow = 1 + count->n_architectures / 4;

	if (!call->decider && has_conditions(call)) {
		n_most = OF_CONDITIONAL;
		count_conditions(call, bound->is_doubtful[i], &n_most, &n_slow);
	}
	n_most *= count->n_architectures;
	if (count->families[i])
		n_most += count->n_multiplexing * (OF_CONDITIONAL + 2 * OF_NODE);
	bound->n_slow += n_slow;
	if (bound->is_doubtful[i])
		bound->n_doubtful_slow += n_slow;
	else
		bound->n_most += n_most;
}

/* Runtimes leave out what libseccomp does not know, which takes its time to find out. */
static void count_calls(const struct count *count, bool leaves_out)
{
	const struct lint *lint = count->lint;
	struct lint_bound *bound = count->bound;

	bound->n_most = bound->n_slow = OF_ARCHITECTURE * count->n_architectures;
	bound->n_doubtful_slow = 0;
	for (size_t i = 0; i < lint->n_calls; i++) {
		if (leaves_out &&
		    seccomp_syscall_resolve_name(lint->calls[i].name) == __NR_SCMP_ERROR)
			continue;
		count_call(count, i);
	}
	bound->n_most += count->n_decisions * (bound->n_most / REACH + 2);
	if (count->n_decisions == DECISIONS_MAX)
		bound->n_most += FILTER_INSTRUCTIONS_MAX;
}

int lint_bound(const struct lint *lint, struct lint_bound *bound)
{
	struct count count = {
		.lint = lint,
		.bound = bound,
		.families = arena_alloc_array(lint->arena, lint->n_calls + 1, 1),
	};

	*bound = (struct lint_bound){
		.is_doubtful = arena_alloc_array(lint->arena, lint->n_calls + 1, sizeof(bool)),
	};
	if (!bound->is_doubtful || !count.families)
		return -ENOMEM;
	for (size_t i = 0; i < lint->n_calls; i++)
		count.families[i] = find_family(&lint->calls[i]);
	count_architectures(&count);
	count_decisions(&count);
	mark_doubtful(&count);
	bound->is_to_be_asked = bound->n_doubtful > 0 || !is_sure_frame(lint);
	count_calls(&count, false);
	if (bound->n_most > FILTER_INSTRUCTIONS_MAX)
		count_calls(&count, true);
	return 0;
}

struct ruleset *lint_bound_doubtful(const struct lint *lint, const struct lint_bound *bound)
{
	struct ruleset *ruleset = ruleset_copy(lint->arena, lint->compiled);

	if (ruleset && bound->n_doubtful == 0)
		ruleset->n_rules = 0;
	for (size_t i = 0; ruleset && i < ruleset->n_rules; i++) {
		struct rule_words *names = &ruleset->rules[i].names;
		size_t n = 0;

		for (size_t j = 0; j < names->n_words; j++) {
			const struct lint_call *call = lint_find_call(lint, names->words[j].text);

			if (bound->is_doubtful[call - lint->calls])
				names->words[n++] = names->words[j];
		}
		names->n_words = n;
	}
	return ruleset;
}
