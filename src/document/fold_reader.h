#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Counts the events of folded pieces, which become no nodes (document/fold.h). */

#include <stdbool.h>
#include <stdint.h>
#include <yaml.h>

#include "document/fold.h"
#include "tree_builder.h"

struct fold_reader {
	struct folds *folds;
	size_t i_fold; /* the next one, or the one that is being read */
	size_t i_span; /* likewise; its events are counted while depth is not 0 */
	unsigned int
		n_between; /* events since a span of the piece has ended; 0: outside of pieces */
	size_t depth;      /* open collections of the span */
	uint64_t flow[NODE_DEPTH_MAX / 64 + 1]; /* a bit for each of them: in brackets */
	struct extent extent;                   /* of the piece */
	struct mark start;                      /* of the piece */
	struct mark last; /* behind what was read of the span, but for missing values */
};

void fold_reader_init(struct fold_reader *reader, struct folds *folds);

/*
 * Whether the event belongs to a piece (*takenp): then it is counted, and with the last one the
 * placeholder is added to the tree. 0, -ENOMEM or TREE_BUILDER_E_LIMIT, which is also what a piece
 * gives that is not what it was.
 */
_must_check_ int fold_reader_take(struct fold_reader *reader, struct tree_builder *builder,
                                  const yaml_event_t *event, bool *takenp);

/* Whether all pieces were met. */
bool fold_reader_is_done(const struct fold_reader *reader);
