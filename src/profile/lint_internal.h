#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the groups of rules (lint_*.c) share: every name of the source with what became of it, every call
 * of the compiled rules with the rules that mention it, and a way to say what was found.
 */

#include "base/buffer.h"
#include "profile/lint.h"
#include "profile/lint_rules.h"

/* Whether a call gets to the kernel. */
enum lint_reach {
	REACH_NEVER,
	REACH_SOMETIMES, /* a condition decides */
	REACH_ALWAYS,
};

/* One mention of a call in the compiled rules. */
struct lint_use {
	const struct rule *rule;
	const struct rule_name *name;
	struct lint_use *next; /* in the order of the rules */
};

/* A call that compiled rules mention. */
struct lint_call {
	const char *name;
	struct lint_use *uses; /* never empty */
	struct lint_use *last;
	/* The first unconditional rule that is not the default action anyway: it decides, whatever
	 * else is said. NULL: there is none. */
	const struct lint_use *decider;
	enum lint_reach reach;
	/* While names are matched: the first use without conditions that no name of the source has
	 * taken, and the first with. */
	const struct lint_use *next[2];
};

/* A name in the source. */
struct lint_name {
	const struct rule *rule;
	size_t index; /* in rule->names */
	const char *text;
	const struct node *node;
	const struct lint_call *call; /* NULL: no compiled rule mentions it */
	const struct lint_use
		*use; /* of this very name; NULL: left out by a condition, or merged */
};

struct lint {
	const struct ruleset *source, *compiled;
	const struct path *path;
	const struct lint_options *options;
	struct arena *arena;
	struct lint_name *names; /* in the order of the source */
	size_t n_names;
	struct lint_call *calls; /* in the order of the compiled rules */
	size_t n_calls;
	uint32_t *slots;         /* index of calls and 1, by hash; 0: free */
	size_t n_slots;          /* a power of two */
	uint32_t *architectures; /* syscall_architecture() of the machine and of the profile's */
	size_t n_architectures;
	struct diag found; /* not sorted yet */
	int fault;         /* 0 or -errno */
};

/* 0 or -ENOMEM. */
_must_check_ int lint_index(struct lint *lint);

/* NULL: no compiled rule mentions it. */
const struct lint_call *lint_find_call(const struct lint *lint, const char *name);

/* Also of a call that no rule mentions. */
enum lint_reach lint_reach_of(const struct lint *lint, const char *name);

/* Whether a program on one of the profile's architectures can make the call, as far as libseccomp knows. */
bool lint_is_callable(const struct lint *lint, const char *name);

/* Whether runtimes leave the rule out since it says what the default action says. */
bool lint_is_default(const struct lint *lint, const struct rule *rule);

/* What a rule answers: equal for rules between which nothing is to be chosen. */
bool lint_same_decision(const struct rule *a, const struct rule *b);

static inline bool lint_is_denial(const struct rule *rule)
{
	return !action_is_permissive(rule->action);
}

/* The names of the source that belong to one rule: names[*fromp] to names[return - 1]. */
size_t lint_end_of_rule(const struct lint *lint, size_t from);

/* ERROR where a runtime that the rule is about was named, else WARNING. */
enum diag_severity lint_runtime_severity(const struct lint *lint, unsigned int runtimes);

/* Names in a message: "a, b and 7 more". */
#define LINT_LISTED_MAX 12

struct lint_list {
	struct buffer text;
	size_t n;
};

#define LINT_LIST_INIT ((struct lint_list){ 0 })

void lint_list_deinit(struct lint_list *list);
void lint_list_add(struct lint_list *list, const char *format, ...) _printf_(2, 3);
/* What a text calls a system call may be anything: without control characters, and cut. */
void lint_list_add_name(struct lint_list *list, const char *name);
/* Borrowed until the list changes. */
const char *lint_list_text(struct lint_list *list);

/* Where a finding is: a node, and the way to it from the value. */
struct lint_place {
	const struct node *node;
	struct path steps[4];
	const struct path *path;
};

/* The value itself; a key of it, where it is there. */
void lint_place_value(const struct lint *lint, const char *key, struct lint_place *place);
/* An entry of `syscalls`, of the source or compiled; a key of it, where it is there. */
void lint_place_rule(const struct lint *lint, const struct rule *rule, const char *key,
                     struct lint_place *place);
/* A condition of such an entry. */
void lint_place_argument(const struct lint *lint, const struct rule *rule, size_t index,
                         struct lint_place *place);
void lint_place_name(const struct lint *lint, const struct lint_name *name,
                     struct lint_place *place);

/* Warnings of one profile that are kept before they are sorted; errors must find room behind them. */
#define LINT_WARNINGS_MAX 500

/* Whether further findings are only counted: then they need no words that cost time. */
static inline bool lint_is_full(const struct lint *lint, enum diag_severity severity)
{
	return lint->found.n_entries >= DIAG_ENTRIES_MAX ||
	       (severity == DIAG_WARNING && lint->found.n_warnings >= LINT_WARNINGS_MAX);
}

/* Adds a finding. remedy NULL: that of the rule. */
void lint_add(struct lint *lint, enum lint_rule rule, enum diag_severity severity,
              const struct lint_place *place, const char *remedy, const char *format, ...)
	_printf_(6, 7);

/* The groups. */
void lint_names(struct lint *lint);
void lint_reach(struct lint *lint);
void lint_conditions(struct lint *lint);
void lint_arguments(struct lint *lint);
void lint_widths(struct lint *lint);
void lint_overlaps(struct lint *lint);
void lint_tree(struct lint *lint);
void lint_defaults(struct lint *lint);
void lint_architectures(struct lint *lint);
void lint_siblings(struct lint *lint);
void lint_dangers(struct lint *lint);
void lint_notify(struct lint *lint);
void lint_runtimes(struct lint *lint);
void lint_size(struct lint *lint);
void lint_filter(struct lint *lint);
