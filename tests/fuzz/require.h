#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What must hold for every input: else the program ends with the reason. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}
