#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The bytes that Go's encoding/json gives for Talos' decoding of a YAML value: compact, keys sorted
 * bytewise, `<>&` and U+2028/9 escaped, 64-bit integers exact, shortest floats, no newline at the
 * end (docs/bytes.md).
 */

#include "base/buffer.h"
#include "base/diag.h"
#include "document/node.h"

#define CANONICAL_JSON_SIZE_MAX (64UL << 20) /* bytes of one value, aliases expanded */

enum {
	CANONICAL_JSON_E_INVALID = 1, /* .inf, .nan, a key that is no string, a limit; in diag */
};

/*
 * value is what stands under `value:`, a mapping: its own keys may be strings, integers, booleans
 * or floats and keep their text; below it only strings are keys. path is that of the value, for
 * messages; may be NULL. All errors are reported, not only the first.
 * After an error out is as it was before.
 * An empty mapping gives {} here: whoever serves profiles refuses it before (D3).
 */
_must_check_ int canonical_json_write(const struct node *value, const struct path *path,
                                      struct buffer *out, struct diag *diag);

/* Appends string with the quotes and escapes of Go's encoding/json (HTML escapes on). */
void canonical_json_string(const char *text, size_t n_text, struct buffer *out);
