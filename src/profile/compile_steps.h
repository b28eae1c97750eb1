#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* For compile.c: its steps. */

#include "profile/compile.h"

/* Whether a rule is in force for the facts and capabilities; notes say why. */
bool compile_rule_holds(const struct rule *rule, const struct facts *facts, uint64_t capabilities,
                        struct compile_notes *notes);

/* A word of the source in a note, which is one line whatever the word holds. */
void compile_append_word(const char *word, struct buffer *out);

/* Drops rules without names, and joins unconditional ones of one action that follow each other. 0 or
 * -ENOMEM. */
_must_check_ int compile_merge(struct arena *arena, struct ruleset *ruleset,
                               struct compile_notes *notes);
