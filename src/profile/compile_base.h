#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* For compile_base.c: what there is to do for one call of a base. */

#include "profile/ruleset.h"

enum base_call {
	BASE_CALL_FREE,    /* no rule mentions it, or all that do allow it under conditions */
	BASE_CALL_REST,    /* rules say otherwise under conditions; the others are found */
	BASE_CALL_ALLOWED, /* a rule without conditions lets it through */
	BASE_CALL_DENIED,  /* a rule without conditions denies it: the author's word */
	BASE_CALL_BEYOND,  /* as REST, but no rules can say it so that libseccomp carries it out */
	BASE_CALL_NO_MEMORY,
};

/* BASE_CALL_REST: *restp are rules that allow what no rule says otherwise of, in place of those
 * that allow the call now. All in the arena. The ruleset is compiled, and stays as it is. */
enum base_call base_call_judge(struct arena *arena, const struct ruleset *ruleset, const char *name,
                               struct rule **restp, size_t *n_restp);
