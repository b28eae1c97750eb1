#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The rules of the OCI runtime specification (config-linux.md, "Seccomp") for a profile. Keys that
 * Moby's and podman's format adds (archMap, includes, excludes, name, comment, errno) are known and
 * their types are checked. Where nobody compiles them (check.compiles), a warning says that runtimes
 * ignore those that would matter, and `name` in the place of `names` is an error.
 */

#include "profile/check.h"
#include "profile/profile.h"

/* As profile_check_value(), without null keys, which rendering finds as well. False when there is
 * nothing that could be rendered. */
bool profile_check_form(struct check *check, const struct node *owner, const struct node *value,
                        const struct profile_options *options, const struct path *path);

/* False when one was found, or anything before. */
bool profile_check_null_keys(struct check *check, const struct node *value,
                             const struct path *path);

/* The whole value, a mapping. */
void profile_check_rules(struct check *check, const struct node *value, const struct path *path);

/* For rules.c, from syscall.c: one entry of `syscalls`. */
void profile_check_syscall(struct check *check, const struct node *node, const struct path *path);

/* One warning a profile: a key of Moby's that changes what the profile means. */
void profile_warn_foreign(struct check *check, const struct node *node, const struct path *path);

/* action may be NULL or no string: then nothing is said here. */
void profile_check_errno(struct check *check, const struct node *errno_node,
                         const struct node *action, const struct path *path, const char *key);

/* As profile_check_errno(), of `errno`: matters only where it is compiled. */
void profile_check_errno_name(struct check *check, const struct node *name,
                              const struct node *action, const struct path *path, const char *key);

void profile_check_action(struct check *check, const struct node *node, const struct path *path);

/* Of a condition on an argument: `index`; `value` and `valueTwo`. */
void profile_check_index(struct check *check, const struct node *node, const struct path *path);
void profile_check_value_of_argument(struct check *check, const struct node *node,
                                     const struct path *path);

/* A list of one or more, each of which name checks. */
void profile_check_names(struct check *check, const struct node *node, const struct path *path,
                         check_fn name);

void profile_check_operator(struct check *check, const struct node *node, const struct path *path);

/* A list of strings that are not empty; the list may be. */
void profile_check_strings(struct check *check, const struct node *node, const struct path *path);
