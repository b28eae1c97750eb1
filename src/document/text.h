#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Texts that have a length and may hold NULs. */

#include <stddef.h>
#include <string.h>

/* Bytewise, as Go compares strings: the order of keys in a file. */
static inline int text_compare(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t n = n_a < n_b ? n_a : n_b;
	int r = n ? memcmp(a, b, n) : 0;

	if (r)
		return r;
	return n_a < n_b ? -1 : n_a > n_b;
}
