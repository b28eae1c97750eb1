#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Milliseconds of a clock that nobody sets, moments of it that are waited for, and pauses that
 * grow. */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

static inline long long clock_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* For poll(2): until the first of n moments, in milliseconds of that clock, of which 0 is none. */
static inline int clock_timeout_ms(const long long *moments, size_t n)
{
	long long first = 0, left;

	for (size_t i = 0; i < n; i++) {
		if (moments[i] && (!first || moments[i] < first))
			first = moments[i];
	}
	if (!first)
		return -1;
	left = first - clock_now_ms();
	return left > 0 ? (int)left : 0;
}

/* Whether the moment has come; if so it is none from now on. */
static inline bool clock_is_due(long long *moment)
{
	if (!*moment || clock_now_ms() < *moment)
		return false;
	*moment = 0;
	return true;
}

/* The pause after one of pause_ms (0: none yet): twice as long, within bounds. */
static inline int clock_next_pause_ms(int pause_ms, int min_ms, int max_ms)
{
	if (pause_ms < min_ms)
		return min_ms;
	return pause_ms < max_ms / 2 ? pause_ms * 2 : max_ms;
}
