/* SPDX-License-Identifier: Apache-2.0 */

#include "text_table.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define PLACES_MIN 64

void text_table_deinit(struct text_table *table)
{
	free(table->places);
	*table = (struct text_table){ 0 };
}

/* FNV-1a. */
static uint64_t text_hash(const char *text, size_t n_text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < n_text; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
	return hash ^ (hash >> 32);
}

/* The place of text, or the free one where it would go. The table is never full. */
static struct text_table_place *place_of(const struct text_table *table, const char *text,
                                         size_t n_text)
{
	size_t i = text_hash(text, n_text) & (table->n_places - 1);

	for (;;) {
		struct text_table_place *place = &table->places[i];

		if (!place->text ||
		    (place->n_text == n_text && memcmp(place->text, text, n_text) == 0))
			return place;
		i = (i + 1) & (table->n_places - 1);
	}
}

static int text_table_grow(struct text_table *table)
{
	struct text_table grown = { .n_places = table->n_places ? 2 * table->n_places
		                                                : PLACES_MIN };

	grown.places = calloc(grown.n_places, sizeof(*grown.places));
	if (!grown.places)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_places; i++) {
		const struct text_table_place *old = &table->places[i];

		if (old->text)
			*place_of(&grown, old->text, old->n_text) = *old;
	}
	grown.n = table->n;
	free(table->places);
	*table = grown;
	return 0;
}

int text_table_put(struct text_table *table, const char *text, size_t n_text, size_t number,
                   bool replace)
{
	struct text_table_place *place;

	if (2 * (table->n + 1) > table->n_places) {
		int r = text_table_grow(table);

		if (r < 0)
			return r;
	}
	place = place_of(table, text, n_text);
	if (!place->text)
		table->n++;
	else if (!replace)
		return 0;
	*place = (struct text_table_place){ text, n_text, number };
	return 0;
}

size_t text_table_find(const struct text_table *table, const char *text, size_t n_text)
{
	const struct text_table_place *place;

	if (table->n_places == 0)
		return TEXT_TABLE_NONE;
	place = place_of(table, text, n_text);
	return place->text ? place->number : TEXT_TABLE_NONE;
}
