#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The entries of an open list by the text of one of their keys (`name: x`). It stays with the list
 * while the documents of a patch are merged one after another, so that a patch of many documents
 * does not look through a long list for each.
 */

#include <stddef.h>

#include "base/arena.h"
#include "base/util.h"
#include "document/node.h"

#include "text_table.h"

struct draft;

/* In place of a key: entries, mappings, by all that they say, in whatever spelling. */
#define LIST_INDEX_WHOLE ""

struct list_index {
	const char *key;         /* borrowed; NULL: there is no index */
	struct text_table first; /* the first slot with a text, removed or not */
	size_t *next;            /* by slot: the next one with the same text, or DRAFT_NONE */
	size_t n_next;           /* slots that are in the index */
	size_t n_allocated;
};

void list_index_deinit(struct list_index *index);

/* Makes draft->list_index one by key (borrowed) of all entries. Decoded texts are in the arena. 0
 * or -ENOMEM. */
_must_check_ int list_index_open(struct draft *draft, struct arena *arena, const char *key);

/* Takes in what was inserted at the end since. 0 or -ENOMEM. */
_must_check_ int list_index_update(struct draft *draft, struct arena *arena);

/* The first entry with this text, or DRAFT_NONE; then the next one. Removed ones are left out. */
size_t list_index_first(const struct draft *draft, const char *text, size_t n_text);
size_t list_index_next(const struct draft *draft, size_t at);

/* The text of an entry in an index by LIST_INDEX_WHOLE, in the arena. *textp is NULL for what is no
 * mapping, or cannot be served as JSON. 0 or -ENOMEM. */
_must_check_ int list_index_whole(struct arena *arena, const struct node *entry, const char **textp,
                                  size_t *n_textp);

/* The text by which a key is compared: that of a string as Talos decodes it, "" for null. *textp is
 * NULL for what is no scalar, or for NULL. 0 or -ENOMEM. */
_must_check_ int list_index_text(struct arena *arena, const struct node *node, const char **textp,
                                 size_t *n_textp);
