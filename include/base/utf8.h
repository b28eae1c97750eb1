#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* UTF-8 as RFC 3629 has it, and the line breaks of YAML 1.1 that libyaml counts. */

#include <stddef.h>

#include "base/buffer.h"

/* Bytes of the character at text: 1 to 4, or 0 where there is no valid one (n_text 0 included). */
size_t utf8_length(const char *text, size_t n_text);

/* Bytes at the start of text that are ASCII. */
size_t utf8_ascii_prefix(const char *text, size_t n_text);

/* Bytes at the start of text that are valid. */
size_t utf8_valid_prefix(const char *text, size_t n_text);

/* Bytes of the line break at text (LF, CR, CR LF, U+0085, U+2028, U+2029), or 0. */
size_t utf8_line_break(const char *text, size_t n_text);

/* code is a scalar value, not a surrogate. */
void utf8_append(struct buffer *out, unsigned int code);
