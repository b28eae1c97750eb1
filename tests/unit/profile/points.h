#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the arguments of one call take on: values at and beside those of conditions. */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "profile/ruleset.h"

#define POINTS_MAX       96   /* values that one argument gets */
#define COMBINATIONS_MAX 1500 /* of those, for one call */

struct points {
	uint64_t values[RULE_N_ARGUMENTS][POINTS_MAX];
	size_t n[RULE_N_ARGUMENTS]; /* at least 1 */
};

static inline void points_add(struct points *points, uint32_t index, uint64_t value)
{
	for (size_t i = 0; i < points->n[index]; i++) {
		if (points->values[index][i] == value)
			return;
	}
	if (points->n[index] < POINTS_MAX)
		points->values[index][points->n[index]++] = value;
}

static inline void points_add_condition(struct points *points, const struct rule_argument *argument)
{
	const uint64_t bases[] = { argument->value, argument->value_two };
	uint32_t index = argument->index;

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		points_add(points, index, bases[i]);
		points_add(points, index, bases[i] - 1);
		points_add(points, index, bases[i] + 1);
		points_add(points, index, bases[i] ^ UINT64_C(1) << 32);
		points_add(points, index, bases[i] | UINT64_C(5) << 32);
		points_add(points, index, (uint32_t)bases[i]);
		points_add(points, index, bases[i] << 32);
	}
	points_add(points, index, ~argument->value);
	points_add(points, index, argument->value_two | ~argument->value);
	points_add(points, index, UINT64_MAX);
	points_add(points, index, UINT32_MAX);
}

static inline void points_init(struct points *points, const struct ruleset *ruleset)
{
	for (uint32_t i = 0; i < RULE_N_ARGUMENTS; i++) {
		points->values[i][0] = 0;
		points->n[i] = 1;
	}
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		for (size_t j = 0; j < ruleset->rules[i].n_arguments; j++)
			points_add_condition(points, &ruleset->rules[i].arguments[j]);
	}
}

static inline size_t points_combinations(const struct points *points)
{
	size_t n = 1;

	for (size_t i = 0; i < RULE_N_ARGUMENTS && n <= COMBINATIONS_MAX; i++)
		n *= points->n[i];
	return n;
}
