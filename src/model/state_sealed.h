#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A state as state_format() writes it, read without a parser of JSON: at a start with 10,000 profiles that
 * takes 80 ms, this 5. */

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"
#include "model/state.h"

/* Whether the text ends in a seal, and that fits. */
bool state_is_sealed(const char *text, size_t n_text);

enum {
	STATE_SEALED_E_ODD = 1, /* it has another form: something for a parser */
};

/* Reads a text with a seal, which is not checked, into an empty state. 0, STATE_SEALED_E_ODD or
 * -ENOMEM; after an error state is of no use. */
_must_check_ int state_read_sealed(const char *text, size_t n_text, struct state *state);
