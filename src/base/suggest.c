/* SPDX-License-Identifier: Apache-2.0 */

#include "base/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/util.h"

#define LENGTH_MAX 64 /* bytes; longer names are not compared */

/* All letters in the other case are still cheaper than one edit. */
#define COST_EDIT (2 * LENGTH_MAX)
#define COST_CASE 1

static unsigned int smaller(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int cost_of(char a, char b)
{
	if (a == b)
		return 0;
	if (tolower((unsigned char)a) == tolower((unsigned char)b))
		return COST_CASE;
	return COST_EDIT;
}

/* The optimal string alignment distance: insert, delete, replace, swap two neighbours. */
static unsigned int distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	unsigned int rows[3][LENGTH_MAX + 1];
	unsigned int *before = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= n_b; j++)
		last[j] = (unsigned int)j * COST_EDIT;
	for (size_t i = 1; i <= n_a; i++) {
		unsigned int *spare = before;

		row[0] = (unsigned int)i * COST_EDIT;
		for (size_t j = 1; j <= n_b; j++) {
			unsigned int cost = last[j - 1] + cost_of(a[i - 1], b[j - 1]);

			cost = smaller(cost, last[j] + COST_EDIT);
			cost = smaller(cost, row[j - 1] + COST_EDIT);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost = smaller(cost, before[j - 2] + COST_EDIT);
			row[j] = cost;
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[n_b];
}

void suggestion_begin(struct suggestion *suggestion, const char *wanted)
{
	*suggestion = (struct suggestion){ .wanted = wanted, .distance = UINT_MAX };
}

void suggestion_consider(struct suggestion *suggestion, const char *candidate)
{
	size_t n_wanted = strlen(suggestion->wanted), n_candidate = strlen(candidate);
	unsigned int d, near;

	if (n_wanted > LENGTH_MAX || n_candidate > LENGTH_MAX)
		return;
	near = COST_EDIT * (unsigned int)(n_wanted > 3 ? n_wanted / 3 : 1) + COST_EDIT - 1;
	d = distance(suggestion->wanted, n_wanted, candidate, n_candidate);
	if (d > near || d >= suggestion->distance)
		return;
	suggestion->best = candidate;
	suggestion->distance = d;
}
