#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* JSON text that YAML readers take, too. */

#include "base/buffer.h"

/*
 * Appends JSON with an escape for what JSON strings may hold and YAML wants escaped: DEL, the C1
 * controls, a byte order mark and U+FFFE/F. They stand in strings only, so it means the same.
 */
void printable_json(const char *json, size_t n_json, struct buffer *out);
