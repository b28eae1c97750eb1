#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The rules for the value of `machine.seccompDeny`: what passes them is read without a question. */

#include "profile/check.h"

#define DENY_ERRNO_DEFAULT RULE_ERRNO_DEFAULT

/* value is resolved and not null. */
void deny_check(struct check *check, const struct node *value, const struct path *path);

/* One of its entries, resolved. */
void deny_check_one(struct check *check, const struct node *node, const struct path *path);

/* Warns of calls without which no container starts. names and arguments, which may be NULL, have passed
 * their rules; path is that of names. */
void deny_warn_needed(struct check *check, const struct node *names, const struct node *arguments,
                      const struct path *path);
