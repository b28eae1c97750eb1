#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* For ruleset_read.c and what it reads with: one value, read without trust in what it holds. */

#include "profile/check.h"
#include "profile/ruleset.h"

struct ruleset_reader {
	struct check check;
	struct arena *arena; /* borrowed; of the ruleset */
};

/* The resolved value of a key, merge keys looked through; NULL where it is absent or null. */
const struct node *ruleset_reader_find(const struct node *mapping, const char *key);

/* An error for each key that differs from one of keys in its case alone: runtimes written in Go take
 * it for that key, and what it says would be lost here. */
void ruleset_reader_refuse_cases(struct ruleset_reader *reader, const struct node *mapping,
                                 const struct path *path, const char *const *keys, size_t n_keys);

/* A string that is not empty and has no NUL in it; else an error and NULL. */
const char *ruleset_reader_word(struct ruleset_reader *reader, const struct node *node,
                                const struct path *path);

/* A list of such strings; node NULL is an empty one. False after an error. */
bool ruleset_reader_words(struct ruleset_reader *reader, const struct node *node,
                          const struct path *path, struct rule_words *words);

/* The error of a word that is none of those allowed. near is what was meant, example what is allowed;
 * either may be NULL. */
void ruleset_reader_unknown(struct ruleset_reader *reader, enum lint_rule rule,
                            const struct node *node, const struct path *path, const char *what,
                            const char *word, const char *near, const char *example);

/* Room for n elements, zeroed; NULL without memory, which is remembered. */
void *ruleset_reader_alloc(struct ruleset_reader *reader, size_t n, size_t n_bytes);

/* Whether node is a sequence; else an error that says what is allowed. */
bool ruleset_reader_is_list(struct ruleset_reader *reader, const struct node *node,
                            const struct path *path, const char *allowed);

/* A mapping's errnoRet and errno (or defaultErrnoRet and defaultErrno), either may be NULL: a name wins. */
void ruleset_reader_errno(struct ruleset_reader *reader, const struct node *number,
                          const struct node *name, const struct path *path, const char *key,
                          bool *has_errnop, uint32_t *errnop);

void ruleset_reader_action(struct ruleset_reader *reader, const struct node *owner,
                           const struct node *node, const struct path *path, const char *key,
                           enum action *actionp);

/* Entry number index of `syscalls`. */
void ruleset_read_rule(struct ruleset_reader *reader, const struct node *node,
                       const struct path *path, size_t index, struct rule *rule);

/* `includes` or `excludes`; node may be NULL. */
void ruleset_read_condition(struct ruleset_reader *reader, const struct node *node,
                            const struct path *path, const char *key,
                            struct rule_condition *condition);

/* `x-seccompfs`. */
void ruleset_read_extension(struct ruleset_reader *reader, const struct node *node,
                            const struct path *path, struct ruleset *ruleset);
