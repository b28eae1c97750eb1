#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Milliseconds of a clock that nobody sets, and pauses that grow. */

#include <time.h>

static inline long long clock_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* The pause after one of pause_ms (0: none yet): twice as long, within bounds. */
static inline int clock_next_pause_ms(int pause_ms, int min_ms, int max_ms)
{
	if (pause_ms < min_ms)
		return min_ms;
	return pause_ms < max_ms / 2 ? pause_ms * 2 : max_ms;
}
