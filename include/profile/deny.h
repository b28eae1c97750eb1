#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * `machine.seccompDeny`, a key of this project: calls that are denied in every profile at once.
 *
 *   seccompDeny:
 *     - names: [socket]
 *       args: [{index: 0, value: 38, op: SCMP_CMP_EQ}]     # optional; all must hold
 *       errnoRet: 1                                        # optional, EPERM; 1 to 4094
 *       reason: CVE-2026-31431                             # required
 *
 * What a profile denies by itself it goes on to deny as it did. Where it would let a call reach
 * the kernel (action_is_permissive()) the call fails with errnoRet. To put a denial before an
 * allowance does not do that in libseccomp, so the allowances are rewritten to their complement;
 * where rules cannot express that, or would be too many, the call is denied entirely, whatever
 * its arguments, and a warning says so. Several entries for one call apply in turn. Of an argument of which
 * the kernel takes 32 bits only these are compared.
 */

#include "profile/compile.h"

struct deny_list; /* immutable, reference counted, owns its strings; threads may share it */

enum {
	DENY_E_INVALID = 1, /* the reasons are in diag */
};

/*
 * Reads the value of the key (NULL: it is not there); all errors are reported. An empty list, or
 * null, gives NULL. 0, DENY_E_INVALID, -ENOMEM.
 */
_must_check_ int deny_list_read(const struct node *value, const struct path *path,
                                struct deny_list **listp, struct diag *diag);

/* What deny_list_read() checks in one entry, for a patch. 0, DENY_E_INVALID, -ENOMEM. */
_must_check_ int deny_check_entry(const struct node *entry, const struct path *path,
                                  struct diag *diag);

struct deny_list *deny_list_ref(struct deny_list *list);   /* accepts NULL */
struct deny_list *deny_list_unref(struct deny_list *list); /* accepts NULL, returns NULL */
DEFINE_CLEANUP(struct deny_list *, deny_list_unref);

/* How many calls it denies, each under conditions of its own; NULL: 0. */
size_t deny_list_count(const struct deny_list *list);

/* Whether both deny the same; reasons, and what an earlier entry covers, do not count. NULL equals
 * NULL. */
bool deny_list_equal(const struct deny_list *a, const struct deny_list *b);

/*
 * Applies the list (NULL: nothing) to a compiled ruleset; rules that it shares with others are left
 * alone. *changedp: the ruleset is another one now; else its source keeps its bytes. What is denied
 * beyond what the list says is a warning in diag. After -ENOMEM the ruleset is of no use.
 */
_must_check_ int ruleset_deny(struct arena *arena, struct ruleset *ruleset,
                              const struct deny_list *list, const struct path *path, bool *changedp,
                              struct compile_notes *notes, struct diag *diag);
