#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the checks of a config and of a profile share: a mapping against a table of its keys, words
 * against a list, and messages that say what was found and what is allowed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "document/node.h"
#include "profile/lint_rules.h"

/* A suggestion costs a comparison with every candidate: beyond so many errors nobody reads them. */
#define CHECK_SUGGESTIONS_MAX 100

/* Of one diag: errors must find room in it. */
#define CHECK_WARNINGS_MAX 100

struct check {
	struct diag *diag;   /* borrowed, may be NULL */
	struct arena *arena; /* owned; made by the first merge key */
	bool failed;         /* an error was added */
	bool no_memory;
	bool compiles; /* of a profile: keys of Moby's format are carried out, or refused elsewhere */
	/* of a profile, for warnings that are given once */
	bool has_foreign_key;
};

#define CHECK_INIT(d) ((struct check){ .diag = (d) })

void check_deinit(struct check *check);

/* 0, invalid when an error was added, or -ENOMEM. */
_must_check_ int check_result(const struct check *check, int invalid);

/* As node_finding(), with the id and the remedy of a rule (LINT_*). */
#define check_finding(check, severity, rule, node, path, ...)                        \
	node_finding((check)->diag, (severity), lint_rules[rule].id, (node), (path), \
	             lint_rules[rule].remedy, __VA_ARGS__)
/* As check_error(), where the rule's remedy is not the best that can be said. */
#define check_error_remedied(check, rule, remedy, node, path, ...)                           \
	do {                                                                                 \
		(check)->failed = true;                                                      \
		node_finding((check)->diag, DIAG_ERROR, lint_rules[rule].id, (node), (path), \
		             (remedy), __VA_ARGS__);                                         \
	} while (0)
#define check_error(check, rule, node, path, ...)                                \
	do {                                                                     \
		(check)->failed = true;                                          \
		check_finding(check, DIAG_ERROR, rule, node, path, __VA_ARGS__); \
	} while (0)
#define check_warning(check, rule, node, path, ...)                                        \
	do {                                                                               \
		if (check_may_warn(check))                                                 \
			check_finding(check, DIAG_WARNING, rule, node, path, __VA_ARGS__); \
	} while (0)

bool check_may_warn(const struct check *check);
bool check_may_suggest(const struct check *check);

/* Whether the next error would be kept; if not, its words need not be made. */
bool check_is_kept(const struct check *check);

/* "found WHAT NODE IS, allowed is ALLOWED" */
void check_found(struct check *check, const struct node *node, const struct path *path,
                 const char *allowed);

typedef void (*check_fn)(struct check *check, const struct node *node, const struct path *path);

struct check_key {
	const char *name;
	check_fn check; /* gets the resolved value; NULL: anything goes */
	unsigned int flags;
};

#define CHECK_KEY_REQUIRED 1U /* must be there; null is for its check to refuse */
#define CHECK_KEY_LOOSE \
	2U /* never suggested, not listed: a name that is nearly it is no misspelling */

struct check_mapping {
	const char *what; /* "a mapping with ..." for the message when it is none */
	const struct check_key *keys;
	size_t n_keys;
	bool is_closed; /* every unknown key is an error; else those near a known one, the rest
	                   warnings */
};

/*
 * Checks a mapping, merge keys carried out. found has room for n_keys values: the resolved value
 * of each key, NULL where it is absent. False when node is no mapping or memory ran out: found
 * is all NULL then.
 */
bool check_keys(struct check *check, const struct node *node, const struct path *path,
                const struct check_mapping *mapping, const struct node **found);

/* The entries of a mapping with merge keys carried out; borrowed from the tree or check->arena.
 * False without memory. */
bool check_flatten(struct check *check, const struct node *mapping, const struct entry **entriesp,
                   size_t *n_entriesp);

/* Calls item for every (resolved) item; what is no sequence is an error: allowed names what is. */
void check_items(struct check *check, const struct node *node, const struct path *path,
                 const char *allowed, check_fn item);

/* An integer from 0 to max. */
void check_integer(struct check *check, const struct node *node, const struct path *path,
                   uint64_t max);

/* Whether an optional key has a value: not absent and not null. */
bool check_is_given(const struct node *node);

void check_string(struct check *check, const struct node *node, const struct path *path);
void check_string_not_empty(struct check *check, const struct node *node, const struct path *path);

struct check_words {
	enum lint_rule rule;
	const char *what;   /* "action" */
	const char *prefix; /* that all of them have */
	const char *const *words;
	size_t n_words;
};

bool check_is_word(const struct node *node, const struct check_words *words);
void check_word(struct check *check, const struct node *node, const struct path *path,
                const struct check_words *words);
