#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A tree while it is being changed. Nodes are immutable, so a patch of many operations would copy a
 * long list once per operation; a draft opens only the collections on the way to a change, changes
 * them in place, and becomes a tree of nodes once, at the end. What was not opened stays the very
 * node that it was.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/util.h"
#include "document/node.h"

#include "list_index.h"
#include "text_table.h"

struct draft;

#define DRAFT_NONE ((size_t)-1)

/* A place in a tree: an item, an entry, or the root. */
struct slot {
	const struct node *key;   /* of an entry; NULL else */
	const struct node *value; /* what stood or was put here; NULL: dropped */
	struct draft *draft;      /* owned: value opened; NULL: not opened */
};

/* A sequence or mapping that was opened. */
struct draft {
	const struct node *node; /* what was opened; an alias stays one */
	bool is_mapping;
	bool changed; /* something was put, added or removed; changes further down do not count */
	size_t n;     /* slots; one that draft_drop() emptied has the value NULL */
	size_t capacity;
	struct slot *slots;
	size_t merge_at;         /* the slot of the merge key, of which a mapping has one at most */
	struct text_table index; /* of a large mapping: slot numbers by key */
	/* Of a list that only draft_drop() and insertions at its end change. */
	struct list_index list_index;
};

void slot_deinit(struct slot *slot);

/* Opens the collection in slot, following an alias; does nothing when it is open. 0, -ENOMEM, or
 * -EINVAL when it is a scalar. */
_must_check_ int slot_open(struct slot *slot);

/* Puts value (borrowed) in the place of what is there. */
void slot_put(struct slot *slot, const struct node *value);

/* The kind of what is in slot, open or not; an alias counts as its target. */
enum node_kind slot_kind(const struct slot *slot);

/* Whether a scalar that means null is in slot. */
bool slot_is_null(const struct slot *slot);

/*
 * Closes the slot: builds nodes for all that changed below it, each with the node as origin that it
 * replaces when that one belongs to the text `source`. What did not change is the old node.
 * slot->value is the result. 0 or -ENOMEM.
 */
_must_check_ int slot_close(struct slot *slot, struct arena *arena, const struct source *source);

/* The value of a key, or NULL. In an open mapping only explicit entries count, whose values must
 * not be open themselves: what a merge opens by its key has that key as an entry of its own. */
const struct node *slot_find(const struct slot *slot, const char *key);

/* The slot number of an explicit entry, or DRAFT_NONE. */
size_t draft_find(const struct draft *draft, const char *text, size_t n_text);

/* The value that a key has through a merge key alone, or NULL. */
const struct node *draft_find_inherited(const struct draft *draft, const char *text);

/* draft_find(), but a value that is only inherited is made an explicit entry first. *atp is
 * DRAFT_NONE when there is no such key at all. 0 or -ENOMEM. */
_must_check_ int draft_find_own(struct draft *draft, const struct node *key, size_t *atp);

/* Inserts before slot number at (n: at the end). key is NULL in a sequence, and a mapping takes new
 * entries at its end only. 0 or -ENOMEM. */
_must_check_ int draft_insert(struct draft *draft, size_t at, const struct node *key,
                              const struct node *value);
/* Removes an entry or item. Its slot stays, so that other numbers do not change. */
void draft_drop(struct draft *draft, size_t at);
/* Removes an item and its slot: those behind it get other numbers. */
void draft_remove_item(struct draft *draft, size_t at);

/* Carries out the merge keys of a mapping, so that an inherited entry can be removed. 0 or
 * -ENOMEM. */
_must_check_ int draft_flatten(struct draft *draft, struct arena *arena);
