#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A ruleset while denials are worked into it, one call after the other: a call is taken out of the
 * rules that have to change, and rules of its own are made in their places.
 */

#include "deny_list.h"

/* Rules made for one call, and for all of one profile: a filter has FILTER_INSTRUCTIONS_MAX
 * instructions, and a condition on a 64-bit architecture takes up to five. */
#define DENY_RULES_PER_CALL 128
#define DENY_RULES_MAX      512

#define DENY_ARCHITECTURES_MAX 32

/* Those that a filter of the ruleset is for. The native one is always among them. */
struct deny_architectures {
	uint32_t tokens[DENY_ARCHITECTURES_MAX]; /* of libseccomp */
	size_t n_tokens;
	bool has_unknown; /* one that libseccomp does not know: it may have any call */
	bool has_32_bit;
};

#define DENY_AT_FRONT SIZE_MAX

struct deny_rule {
	size_t at; /* behind which of the rules; their number: behind all; DENY_AT_FRONT */
	const char *name;
	struct decision decision;
	bool has_errno;
	const struct rule_argument *arguments;
	size_t n_arguments;
};

struct deny_work {
	struct arena *arena;
	struct ruleset *ruleset;
	const struct path *path;  /* of the profile */
	struct decision standard; /* the default action */
	struct deny_architectures architectures;
	struct compile_notes *notes;
	struct diag *diag;
	struct deny_rule *made;
	size_t n_made, n_allocated;
	bool is_own;               /* the ruleset's rules are ours to change */
	unsigned int multiplexers; /* bit N: deny_multiplexers[N] was denied something */
	bool is_changed;
	bool no_memory;
};

/* Takes a call out of one rule, or of all. */
void deny_take_out(struct deny_work *work, size_t at, const char *name);
void deny_take_out_everywhere(struct deny_work *work, const char *name);

/* Makes a rule; arguments are copied. One that says the same as the default action is left out. */
void deny_make(struct deny_work *work, const struct deny_rule *rule);

/* Puts what was made into its places, and drops rules without names. */
void deny_finish(struct deny_work *work);

void deny_architectures_find(const struct ruleset *ruleset, struct deny_architectures *found);
/* Whether the call exists on one of them, maybe through a multiplexer or for a newer libseccomp. */
bool deny_architectures_know(const struct deny_architectures *architectures, const char *name);
/* Whether one of them has the multiplexer; *is_widep: one whose arguments have 64 bits. */
bool deny_architectures_multiplex(const struct deny_architectures *architectures,
                                  const char *multiplexer, bool *is_widep);

enum deny_outcome {
	DENY_NOTHING,    /* nothing had to change */
	DENY_EXACTLY,    /* as it was asked for */
	DENY_BY_DEFAULT, /* by the default action, not with an errno of its own */
	DENY_WHOLE,      /* whatever the arguments, since rules cannot say it */
};

/* Denies what n_denials of one call say, in turn. */
enum deny_outcome deny_call(struct deny_work *work, const struct denial *denials, size_t n_denials);

/* After deny_finish(): what libseccomp makes of rules for calls that are reached through a
 * multiplexer must not let through what is denied. */
void deny_mend_multiplexers(struct deny_work *work, const struct deny_list *list);

/* What the list denies of a multiplexer, in the arena: itself, and the calls that are reached
 * through it. Returns how many, 0 on architectures that have none. */
size_t deny_multiplexer_denials(struct deny_work *work, const struct deny_list *list,
                                const char *multiplexer, struct denial **denialsp);

/* "socketcall" and "ipc", NULL-terminated. */
extern const char *const deny_multiplexers[];
