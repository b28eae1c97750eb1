#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Base64 (RFC 4648, section 4) as Go's base64.StdEncoding reads it: padded, line breaks skipped. */

#include <stdbool.h>
#include <stddef.h>

/* bytes has room for n_text / 4 * 3 + 4. False when text is not valid. */
bool base64_decode(const char *text, size_t n_text, char *bytes, size_t *n_bytesp);
