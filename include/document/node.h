#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The document tree. Nodes live in an arena and are never changed once they can be seen by others:
 * an edit builds new nodes along the path to the change, shares all else with the old tree, and
 * says with `origin` which node a new one replaces, so that the writer can keep the old text.
 *
 * Aliases stay in the tree (a billion laughs costs one node each); node_resolve() follows them.
 * A merge key (`<<`) stays an ordinary entry; node_find() and node_flatten() look through it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "document/source.h"

enum node_kind {
	NODE_SCALAR,
	NODE_SEQUENCE,
	NODE_MAPPING,
	NODE_ALIAS,
};

enum node_style {
	NODE_STYLE_ANY, /* built by a program: a string (without a tag); the writer chooses how */
	NODE_STYLE_PLAIN,
	NODE_STYLE_SINGLE_QUOTED,
	NODE_STYLE_DOUBLE_QUOTED,
	NODE_STYLE_LITERAL,
	NODE_STYLE_FOLDED,
	NODE_STYLE_BLOCK, /* collections */
	NODE_STYLE_FLOW,
};

/* A position in source->text. */
struct mark {
	uint32_t offset; /* bytes from the start of source->text, at most SOURCE_SIZE_MAX */
	uint32_t line;   /* from 1 */
	uint32_t column; /* characters, from 1 */
};

struct node;

struct entry {
	const struct node *key;
	const struct node *value;
};

/* Small, since a text of few bytes can have many. */
struct node {
	enum node_kind kind : 2;
	enum node_style style : 3;
	uint32_t n : 27;   /* bytes of text, items, or entries: NODE_N_MAX at most */
	struct mark start; /* of the node's content, behind anchor and tag */
	struct mark end;   /* just behind the last byte of the content; for block collections behind
	                  * the last byte of the last child, without trailing blanks and comments;
	                  * for `|` and `>` without the last line break (with `|+` and `>+` blank
	                  * lines are content) */
	struct mark properties; /* where the anchor or tag begins, or start where there is none */
	const char *
		tag; /* as written and resolved: "tag:yaml.org,2002:int", "!", "!foo"; NULL: none */
	const char *anchor;          /* without '&'; NULL: none */
	const struct source *source; /* NULL: built by a program, marks are zero */
	const struct node *origin; /* the node of the tree before the edit that this one replaces */
	union {
		const char *text; /* NODE_SCALAR; NUL behind text[n - 1]; may hold NULs */
		const struct node *const *items; /* NODE_SEQUENCE */
		const struct entry *entries;     /* NODE_MAPPING, in the order of the text */
		const struct node *target;       /* NODE_ALIAS; never NULL, never an alias */
	};
};

#define NODE_N_MAX             (1UL << 26) /* as SOURCE_SIZE_MAX */
#define NODE_DEPTH_MAX         1000        /* of nested collections, after alias expansion */
#define NODE_EXPANDED_MAX      4000000     /* nodes of one document after alias expansion */
#define NODE_ALIASED_MAX       250000      /* of those, what its aliases stand for */
#define NODE_ALIASED_BYTES_MAX (4UL << 20) /* bytes of scalars that its aliases stand for */

/* Follows an alias. NULL gives NULL. */
static inline const struct node *node_resolve(const struct node *node)
{
	return node && node->kind == NODE_ALIAS ? node->target : node;
}

/* For messages: "mapping", "sequence", "string", "integer", "null" ... after node_resolve(). */
const char *node_describe(const struct node *node);

/* The place of a node for a diagnostic. */
struct place node_place(const struct node *node);

/* True for a scalar (no alias) whose text equals string. */
bool node_is_text(const struct node *node, const char *string);

/*
 * The value of a key in a mapping (or an alias to one), looking through merge keys: an explicit
 * entry wins, then the merged mappings in their order. Keys are compared by their text. NULL when
 * there is none or mapping is no mapping. Borrowed from the tree; not resolved.
 */
const struct node *node_find(const struct node *mapping, const char *key);

/* The explicit entry, merge keys left aside; NULL when there is none. */
const struct entry *node_find_entry(const struct node *mapping, const char *key);

enum {
	NODE_E_INVALID = 1, /* the reason is in diag */
};

/*
 * A mapping with its merge keys carried out (explicit keys win wherever they stand; in a list of
 * mappings the earlier wins; shallow). *entriesp are in the arena, in order of first appearance.
 * NODE_E_INVALID: a merge of what is no mapping (path for the message may be NULL). -ENOMEM.
 */
_must_check_ int node_flatten(struct arena *arena, const struct node *mapping, const char *path,
                              const struct entry **entriesp, size_t *n_entriesp, struct diag *diag);

/*
 * Whether two trees mean the same: aliases followed, merge keys carried out, scalars compared by
 * type and value (`0x10` equals `16`, `1` does not equal `"1"`), mappings without regard to order.
 * Comments, style and anchors do not count. NULL equals NULL only. Bounded: *equalp is false for
 * trees beyond NODE_EXPANDED_MAX. 0 or -ENOMEM.
 */
_must_check_ int node_equal(const struct node *a, const struct node *b, bool *equalp);

/* Builders. All return NULL without memory; arrays are borrowed and copied into the arena. */
struct node *node_new_scalar(struct arena *arena, const char *text, size_t n_text,
                             enum node_style style);
struct node *node_new_sequence(struct arena *arena, const struct node *origin,
                               const struct node *const *items, size_t n_items);
struct node *node_new_mapping(struct arena *arena, const struct node *origin,
                              const struct entry *entries, size_t n_entries);

/*
 * The way from the root to a node, for messages: a chain on the stack of a recursion.
 * path_format() gives "machine.seccompProfiles[1].value"; keys that are not plain words are quoted
 * as in `["a b"]`.
 */
struct path {
	const struct path *up; /* NULL: the root */
	const char *key;       /* NULL: an index */
	size_t index;
};

void path_format(const struct path *path, struct buffer *out);

/* As diag_add_finding() and diag_error() with the place of node and the path formatted. */
void node_finding(struct diag *diag, enum diag_severity severity, const char *rule,
                  const struct node *node, const struct path *path, const char *remedy,
                  const char *format, ...) _printf_(7, 8);
void node_error(struct diag *diag, const struct node *node, const struct path *path,
                const char *format, ...) _printf_(4, 5);
void node_warning(struct diag *diag, const struct node *node, const struct path *path,
                  const char *format, ...) _printf_(4, 5);
