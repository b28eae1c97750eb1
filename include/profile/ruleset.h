#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A profile as rules: what a value says, read once, in a form that can be compiled, judged, overlaid and
 * written. All of it lives in an arena, shares strings with the tree that it was read from, and is
 * changed only by whoever builds it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/diag.h"
#include "document/node.h"

enum action {
	ACTION_KILL, /* as a profile spells it; the same as KILL_THREAD */
	ACTION_KILL_THREAD,
	ACTION_KILL_PROCESS,
	ACTION_TRAP,
	ACTION_ERRNO,
	ACTION_TRACE,
	ACTION_NOTIFY,
	ACTION_LOG,
	ACTION_ALLOW,
	N_ACTIONS,
};

enum comparison {
	COMPARE_NE,
	COMPARE_LT,
	COMPARE_LE,
	COMPARE_EQ,
	COMPARE_GE,
	COMPARE_GT,
	COMPARE_MASKED_EQ, /* (argument & value) == value_two */
	N_COMPARISONS,
};

#define RULE_ERRNO_MAX     4095 /* MAX_ERRNO of Linux */
#define RULE_N_ARGUMENTS   6    /* indices of arguments are 0 to 5 */
#define RULE_ERRNO_DEFAULT 1    /* EPERM, of ERRNO and TRACE without errnoRet */

struct rule_name {
	const char *text;
	const struct node *node; /* for its place; NULL: an overlay put it here */
};

/* Conditions of one rule: with each on an index of its own all must hold. Where two are on the same
 * index runtimes make a rule of each: any may hold. */
struct rule_argument {
	uint32_t index; /* of the argument, 0 to 5 */
	enum comparison comparison;
	uint64_t value;
	uint64_t value_two;
	bool has_value_two;
	const struct node *node; /* may be NULL */
};

struct rule_words {
	struct rule_name *words;
	size_t n_words;
};

/* `includes` or `excludes`: Moby's conditions, for which a node and a container decide. */
struct rule_condition {
	const struct node *node; /* NULL: there is none */
	struct rule_words capabilities;
	struct rule_words architectures; /* Go's names: "amd64" */
	const char *kernel;              /* minKernel, "4.8"; NULL: none */
};

struct rule {
	const struct node *node; /* the entry of `syscalls`; NULL: made by an overlay */
	size_t index;            /* in `syscalls`, for paths and messages */
	struct rule_words names; /* never empty in what is served */
	enum action action;
	bool has_errno;
	uint32_t errno_ret; /* where has_errno; `errno` names are numbers here */
	struct rule_argument *arguments;
	size_t n_arguments;
	struct rule_condition includes, excludes; /* gone when compiled */
};

struct architecture_map {
	const struct node *node;
	struct rule_name architecture; /* "SCMP_ARCH_X86_64" */
	struct rule_words more;        /* subArchitectures */
};

struct ruleset {
	const struct node *node; /* the value */
	enum action default_action;
	uint32_t default_errno; /* where has_default_errno */
	bool is_plain; /* only keys of the OCI specification: served as it stands, nothing to compile */
	bool has_default_errno;
	bool has_architectures;
	bool has_flags;
	bool has_rules;        /* whether `syscalls` is there */
	bool has_capabilities; /* else those of the node's facts count */
	struct rule_words architectures;
	struct architecture_map *maps; /* archMap; gone when compiled */
	size_t n_maps;
	struct rule_words flags;
	const char *listener_path;     /* NULL: none */
	const char *listener_metadata; /* NULL: none */
	struct rule *rules;
	size_t n_rules;
	/* x-seccompfs; stays when compiled, for places */
	const struct node *extension; /* NULL: there is none */
	const char *base;             /* "runc", "crun", "none"; NULL: not said */
	uint64_t capabilities;
};

enum {
	RULESET_E_INVALID = 1, /* the reasons are in diag */
};

/*
 * Reads a value, a mapping that has passed the rules (profile_check_value() with VALIDATE_STRICT), or
 * refuses what it cannot read, with the reason: nothing is guessed. path is that of the value and may
 * be NULL. *rulesetp lives in the arena. 0, RULESET_E_INVALID, -ENOMEM.
 */
_must_check_ int ruleset_read(struct arena *arena, const struct node *value,
                              const struct path *path, struct ruleset **rulesetp,
                              struct diag *diag);

/* A copy whose rules and lists may be changed without changing the other's; NULL without memory. */
struct ruleset *ruleset_copy(struct arena *arena, const struct ruleset *ruleset);

/*
 * The bytes of a file, in the canonical form of document/canonical_json.h, with keys of the OCI
 * specification only. After ruleset_compile(). 0 or -ENOMEM.
 */
_must_check_ int ruleset_write(const struct ruleset *ruleset, struct buffer *out);

const char *action_name(enum action action); /* "SCMP_ACT_ALLOW" */
bool action_parse(const char *name, enum action *actionp);
/* Whether a call with this action can reach the kernel, now or later: ALLOW, LOG, TRACE, NOTIFY. */
bool action_is_permissive(enum action action);
const char *comparison_name(enum comparison comparison); /* "SCMP_CMP_EQ" */
bool comparison_parse(const char *name, enum comparison *comparisonp);

/* What is decided about one call. */
struct decision {
	enum action action;
	uint32_t errno_ret;      /* of ERRNO and TRACE */
	const struct rule *rule; /* that decides; NULL: the default action */
};

/*
 * What a compiled ruleset says of one call on an architecture that it has: name as libseccomp resolves
 * the number. An unconditional rule of that name decides (the first of several; by
 * rule_is_unconditional(), of 64 bits), else the conditional ones, else the default. Where conditional
 * rules of different actions hold at once the first decides here; libseccomp promises nothing then
 * (docs/lint.md).
 */
struct decision ruleset_decide(const struct ruleset *ruleset, const char *name,
                               const uint64_t arguments[RULE_N_ARGUMENTS]);

/* What the rule, or the default action, says where it counts. */
struct decision rule_decision(const struct rule *rule);
struct decision ruleset_default(const struct ruleset *ruleset);

/* Whether both are the same to libseccomp. A rule that says the same as the default action is left out
 * by runtimes. */
bool decision_equal(const struct decision *a, const struct decision *b);

bool rule_has_name(const struct rule *rule, const char *name);

/* Whether two conditions of the rule are on one index: then any of its conditions suffices. */
bool rule_shares_index(const struct rule *rule);

/* Whether libseccomp makes of the rule one without conditions: it has none, or those that it has look at
 * no bit. Architectures of 32 bits do not look at the upper ones. */
bool rule_is_unconditional(const struct rule *rule, bool on_32_bits);

/* Whether the condition holds for the argument, as libseccomp reads it: bits of value_two that are not in
 * the mask do not count. */
bool rule_argument_holds(const struct rule_argument *argument, uint64_t value);
