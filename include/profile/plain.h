#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Which values hold keys beyond the OCI runtime specification, that a compiler has to carry out. */

#include "profile/check.h"

/* Whether value has only keys of the OCI specification, or such as nobody knows. A key whose value is null or empty
 * counts as well: a runtime would see it. */
bool profile_is_plain(const struct node *value);

/* An error for each such key; with only_own for x-seccompfs alone. reason is the message. */
void profile_refuse_foreign(struct check *check, const struct node *value, const struct path *path,
                            bool only_own, const char *reason);

/* An error for the first x-seccompfs in node, however deep, and whether there is one. */
bool profile_refuse_misplaced(struct check *check, const struct node *node,
                              const struct path *path);
