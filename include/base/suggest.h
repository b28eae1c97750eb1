#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The nearest of a set of names, for messages that end in "did you mean X?". */

#include <stddef.h>

struct suggestion {
	const char *wanted;
	const char *best; /* borrowed from the candidates; NULL: nothing is near */
	/* private */
	unsigned int distance;
};

void suggestion_begin(struct suggestion *suggestion, const char *wanted);

/* Case and one transposition count little; a name further away than a third of its length is not
 * near. candidate is borrowed. */
void suggestion_consider(struct suggestion *suggestion, const char *candidate);
