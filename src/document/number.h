#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Numbers as Go's strconv reads them. */

#include <stdbool.h>

#include "document/scalar.h"

/*
 * text begins with a digit or a sign. All `_` are dropped; an integer (any base by its prefix, a
 * leading 0 is octal) of 64 bits, else a decimal float; else *scalar stays as it is. A NUL stands
 * behind text. 0 or -ENOMEM.
 */
_must_check_ int number_parse(const char *text, size_t n_text, struct scalar *scalar);

/* As above for a text that begins with `.`: a decimal float, where a `_` must stand between digits.
 */
_must_check_ int number_parse_dotted(const char *text, size_t n_text, struct scalar *scalar);
