#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Arrays that grow by one element at a time and keep no capacity. */

#include <stdlib.h>

/*
 * Makes room for element n in an array of n elements. Such an array doubles: it is full whenever n
 * is a power of two, or zero. Returns the array, moved or not; NULL without memory, and then the
 * old one stands.
 */
static inline void *array_make_room(void *array, size_t n, size_t n_bytes)
{
	if (n && (n & (n - 1)))
		return array;
	return reallocarray(array, n ? n * 2 : 1, n_bytes);
}
