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

/* Edits are counted (a swap of neighbours is one), case hardly; a name that needs more edits than a
 * third of the wanted name's length is not near. Of equals the first wins. candidate is borrowed.
 */
void suggestion_consider(struct suggestion *suggestion, const char *candidate);
