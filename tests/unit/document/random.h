#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A small generator of random numbers, the same on every machine. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	/* xorshift64* */
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * 0x2545f4914f6cdd1d;
}

static inline size_t random_below(struct random *random, size_t n)
{
	return (size_t)(random_next(random) >> 33) % n;
}

static inline bool random_chance(struct random *random, unsigned int percent)
{
	return random_below(random, 100) < percent;
}
