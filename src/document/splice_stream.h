#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Documents of a stream: changed, deleted, added. */

#include <stdbool.h>

#include "document/edit.h"
#include "splice_internal.h"

/*
 * Adds the cuts for document i of the edit, when it is one of the original: its root is spliced, or
 * with `anew` replaced whole; a deleted one goes with its markers. Errors as splice_node().
 */
_must_check_ int stream_splice_document(struct splicer *splicer, const struct edit *edit, size_t i,
                                        bool anew);

/* Those that are not in the original, at the end. */
_must_check_ int stream_add_documents(struct splicer *splicer, const struct edit *edit);

/*
 * For a text whose last line had no break: a block scalar that ended there has no line break at its
 * end, and would get one when text is put behind it. Its header says so then (`|-`).
 */
void stream_keep_last_break(struct splicer *splicer, const struct edit *edit);
