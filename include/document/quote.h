#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Text from a file in a message of one line: what a terminal must not see is escaped, what is long
 * is cut. */

#include <stddef.h>

#include "base/buffer.h"

#define QUOTE_MAX 80 /* bytes of text; what is longer ends in "..." */

/* In double quotes. */
void quote_append(struct buffer *out, const char *text, size_t n_text);

/* Without quotes, for what is no string. */
void quote_append_bare(struct buffer *out, const char *text, size_t n_text);
