#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How splice.c works. The tree before and the tree after are walked together; where they differ, a
 * cut says which bytes of the old text go and what takes their place. Marks give the bytes of each
 * node, the text around them gives the rest: indentation, line ends, commas, comments.
 *
 * Which comments go with what is removed:
 * - the comment behind it on its last line;
 * - full-line comments directly above it that begin in its column, up to the first line that is
 *   anything else (a blank line, a comment in another column);
 * - comments inside it.
 * All others stay, also those below it. The comment behind a replaced scalar, alias or flow
 * collection stays, since it may well speak of the key. A deleted document takes the comments with
 * it that follow its last line without a blank line between.
 *
 * What is removed and what is inserted always consists of whole lines, except within flow
 * collections and behind a key or `- `.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "document/node.h"
#include "document/yaml_writer.h"

enum {
	/* The old text has a form that no cut fits, or nothing of it can stay: write anew. */
	SPLICE_E_UNABLE = 100,
};

#define NOWHERE ((size_t)-1)

/* Replacements of bytes, in any order. */
struct cut {
	size_t start;
	size_t end;
	size_t text; /* where in cuts.texts */
	size_t n_text;
	size_t order; /* of cuts_add() */
};

struct cuts {
	struct cut *cuts;
	size_t n;
	size_t capacity;
	struct buffer texts;
	int error; /* sticky: -ENOMEM */
};

void cuts_deinit(struct cuts *cuts);

/* text[start, end) becomes the given bytes. Several insertions in one place keep their order. */
void cuts_add(struct cuts *cuts, size_t start, size_t end, const char *text, size_t n_text);
void cuts_remove(struct cuts *cuts, size_t start, size_t end);

/* Appends the new text. 0, -ENOMEM, or SPLICE_E_UNABLE when two cuts contradict each other;
 * overlapping removals, and insertions within them, do not. */
_must_check_ int cuts_apply(const struct cuts *cuts, const char *text, size_t n_text,
                            struct buffer *out);

struct splicer {
	const struct source *source; /* of the stream before the edit */
	char *text;                  /* owned: its text; a last line without a break has got one */
	size_t n_text;
	const char *line_break; /* "\n", "\r\n" or "\r": what new lines end with */
	bool no_literals;       /* new strings of many lines are quoted on one line */
	struct cuts cuts;
};

/* splice_text.c: the text around nodes. Offsets are those of splicer->text. */

size_t text_line_start(const struct splicer *splicer, size_t offset);
/* Where the break of the line begins. */
size_t text_line_end(const struct splicer *splicer, size_t offset);
size_t text_next_line(const struct splicer *splicer, size_t offset);
/* Whether a line ends in text[start, end). */
bool text_has_break(const struct splicer *splicer, size_t start, size_t end);
/* Characters since the start of the line. */
unsigned int text_column(const struct splicer *splicer, size_t offset);
size_t text_skip_blanks(const struct splicer *splicer, size_t offset);
/* Over blanks, line breaks and comments. */
size_t text_skip_separation(const struct splicer *splicer, size_t offset);
/* From the start of a line to the first that is not blank. */
size_t text_skip_blank_lines(const struct splicer *splicer, size_t line);
/* Backwards over blanks. */
size_t text_back_over_blanks(const struct splicer *splicer, size_t offset);
/* Whether only blanks stand before offset on its line. */
bool text_is_first_on_line(const struct splicer *splicer, size_t offset);
/* Whether only blanks or a comment stand behind offset on its line. */
bool text_is_last_on_line(const struct splicer *splicer, size_t offset);
/* The start of the lines of comment above line_start that begin in column; not before floor. */
size_t text_comments_above(const struct splicer *splicer, size_t line_start, size_t floor,
                           unsigned int column);

/* Where the anchor, tag or content begins. */
size_t node_text_start(const struct node *node);
/* A null without text, tag and anchor. */
bool node_is_missing(const struct node *node);
bool node_is_block_collection(const struct node *node);
bool node_is_block_scalar(const struct node *node);
/* It ends in a block scalar that keeps all its line breaks (`|+`): blank lines that come to stand
 * behind it are part of its text. */
bool node_owns_blank_lines(const struct splicer *splicer, const struct node *node);
/* `[key: value]` holds a mapping without braces. */
bool node_is_bare_pair(const struct splicer *splicer, const struct node *node);

/* A flow collection that may hold a comment: `#` is in its text. */
bool node_may_hold_comment(const struct splicer *splicer, const struct node *node);

/* Whether a flow collection has its keys or strings in double quotes; otherwise: what to say of one
 * that does not tell. */
bool node_is_json(const struct node *collection, bool otherwise);

/* An item or entry of a collection: begins with `- `, `? ` or its key, ends with its value. */
size_t child_text_start(const struct splicer *splicer, const struct node *collection, size_t i);
size_t child_text_end(const struct node *collection, size_t i);
const struct node *child_value(const struct node *collection, size_t i);
/* Behind the colon of an entry, or NOWHERE. */
size_t entry_colon_end(const struct splicer *splicer, const struct node *mapping, size_t i);

/* splice_style.c: indentation as it is found. layout comes with what to use where nothing is. */

void style_of_document(const struct node *root, struct yaml_layout *layout);
/* in_item: it is a mapping that begins behind `- `. */
void style_near(const struct node *collection, bool in_item, struct yaml_layout *layout);

/* splice_match.c, splice_match_items.c: which child replaces which. */

struct match {
	size_t n_old;
	size_t n_new;
	size_t n_pairs;
	size_t *new_of_old; /* NOWHERE: removed */
	size_t *old_of_new; /* NOWHERE: inserted */
};

void match_deinit(struct match *match);

/* Both are mappings or both are sequences. 0 or -ENOMEM. */
_must_check_ int match_children(const struct node *before, const struct node *after,
                                struct match *match);
void match_pair(struct match *match, size_t i_old, size_t i_new);
/* The part of match_children() for sequences. */
_must_check_ int match_items(const struct node *before, const struct node *after,
                             struct match *match);

/* splice_value.c, splice_block.c, splice_flow.c: the walk. */

enum site_kind {
	SITE_ROOT,
	SITE_VALUE, /* behind `key:` */
	SITE_ITEM,  /* behind `-`, or in a flow sequence */
};

/* Where a node stands. */
struct site {
	enum site_kind kind;
	bool in_flow;
	bool json;           /* in_flow: keys around are in double quotes */
	size_t lead;         /* behind `key:`, `-` or `---`; NOWHERE: there is none */
	size_t key_end;      /* SITE_VALUE: behind the key, without its colon */
	size_t floor;        /* what stands before belongs to something else */
	unsigned int column; /* of the block collection around; 0 at the root */
	bool in_item;        /* that is a mapping which begins behind `- ` */
	struct yaml_layout layout;
};

/* Adds the cuts that make the text of `before` mean `after`. 0, -errno, SPLICE_E_UNABLE, or
 * YAML_WRITE_E_INVALID. */
_must_check_ int splice_node(struct splicer *splicer, const struct site *site,
                             const struct node *before, const struct node *after);

/* The same without looking for anything to keep. */
_must_check_ int splice_replace(struct splicer *splicer, const struct site *site,
                                const struct node *before, const struct node *after);

_must_check_ int splice_block(struct splicer *splicer, const struct site *site,
                              const struct node *before, const struct node *after,
                              struct match *match);
_must_check_ int splice_flow(struct splicer *splicer, const struct site *site,
                             const struct node *before, const struct node *after,
                             const struct match *match);

/* An empty flow collection gets its first children in flow style only where it holds a comment. */
_must_check_ int splice_empty_flow(struct splicer *splicer, const struct site *site,
                                   const struct node *before, const struct node *after);
