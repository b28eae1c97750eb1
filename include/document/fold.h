#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Folding: what a change does not touch is not read into trees. Pieces of a text are replaced by
 * short scalars (placeholders), the change is made in that reduced text, the pieces are put back,
 * and the whole new text is read once, where the events of the pieces are counted and become no
 * nodes.
 *
 * A piece is the mapping that a span covers, or several such mappings with what stands between them:
 * the values of neighbouring entries of a list, each entry with three scalars (two keys and a value)
 * between one span and the next.
 *
 *     - name: a.json              - name: a.json
 *       value:                      value:
 *         x: 1                        "folded-0-0"
 *     - name: b.json
 *       value:
 *         x: 2
 */

#include <stddef.h>

#include "base/buffer.h"
#include "base/util.h"
#include "document/source.h"
#include "document/span.h"
#include "document/yaml_reader.h"

#define FOLD_PREFIX_MAX 16        /* bytes, with the NUL */
#define FOLD_WORD       "folded-" /* every prefix begins like this */

struct fold {
	size_t first; /* span of folds.spans */
	size_t n;     /* spans, 1 at least */
	const struct node
		*node; /* set by fold_read(): the placeholder, in the tree of its stream */
};

struct folds {
	struct span *spans; /* owned; sorted by offset, none overlaps another */
	size_t n_spans;
	struct fold
		*folds; /* owned; sorted by first, each with the spans that follow the last one's */
	size_t n_folds;
	char prefix[FOLD_PREFIX_MAX]; /* of the placeholders */
};

#define FOLDS_INIT ((struct folds){ 0 })

void folds_deinit(struct folds *folds);

enum {
	FOLD_E_UNABLE = 1, /* this text, or this change, is not one that can be made folded */
};

/*
 * Appends text without the pieces to out. A prefix is chosen that stands neither in what remains nor
 * in patch. FOLD_E_UNABLE: there is none, or the line breaks of what remains would be taken for
 * others than those of text. 0, -ENOMEM or FOLD_E_UNABLE.
 */
_must_check_ int fold_reduce(struct folds *folds, const char *text, size_t n_text,
                             const char *patch, size_t n_patch, struct buffer *out);

/*
 * Appends reduced, which is what became of the text of fold_reduce(), with the pieces of text put
 * back to out, and gives the spans the offsets that they have there. FOLD_E_UNABLE: not every
 * placeholder is there, once and in the old order. The error of out is passed up: -ENOMEM, -EFBIG.
 */
_must_check_ int fold_expand(struct folds *folds, const char *text, const char *reduced,
                             size_t n_reduced, struct buffer *out);

/*
 * As yaml_read(), but each piece becomes its placeholder, with the place of the whole piece.
 * FOLD_E_UNABLE: the text is not one that yaml_read() takes, or a piece is not just the mappings
 * that its spans tell of, in the columns that they tell of. Takes source on success.
 */
_must_check_ int fold_read(struct source *source, struct folds *folds, struct stream **streamp);
