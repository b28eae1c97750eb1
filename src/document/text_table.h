#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A hash table from texts to numbers, for the keys of mappings and of list entries. */

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"

#define TEXT_TABLE_NONE ((size_t)-1)

struct text_table_place {
	const char *text; /* borrowed; NULL: free */
	size_t n_text;
	size_t number;
};

struct text_table {
	struct text_table_place *places;
	size_t n_places; /* a power of two, or 0 */
	size_t n;
};

void text_table_deinit(struct text_table *table);

/* text is borrowed for the life of the table. A text that is there keeps its number unless replace
 * is set. 0 or -ENOMEM. */
_must_check_ int text_table_put(struct text_table *table, const char *text, size_t n_text,
                                size_t number, bool replace);

/* The number, or TEXT_TABLE_NONE. */
size_t text_table_find(const struct text_table *table, const char *text, size_t n_text);
