#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Where the content of a literal (`|`) or folded (`>`) scalar ends. */

#include <stddef.h>

/*
 * text[start] is the `|` or `>`; libyaml says that the scalar ends at end, behind all blank lines;
 * value is what it reads. Returns the offset behind the last line that counts, without its line
 * break: with
 * `+` blank lines count. Behind the indicators where there is no such line.
 */
size_t block_scalar_end(const char *text, size_t start, size_t end, const char *value,
                        size_t n_value);
