#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writes an edited stream so that every byte outside the changed nodes stays: comments, order,
 * quoting, indentation, other documents (difference D14). Where that cannot be done (an anchor in
 * the way, UTF-16) a document is written anew. The result is always read again and compared with
 * what was intended before it is given out.
 */

#include "base/buffer.h"
#include "base/diag.h"
#include "document/edit.h"

/* The style of what is added to a list, or anywhere else, is that of what is there; of the items of a
 * list the first ones tell. */
#define SPLICE_STYLE_ITEMS 2

enum {
	SPLICE_E_INVALID =
		1, /* the text could not be written so that it reads back equal; in diag */
};

/*
 * Appends the new text to out. A warning in diag names each document that had to be written anew
 * ("document 1 was written anew: comments in it are lost (reason)").
 */
_must_check_ int splice_write(const struct edit *edit, struct buffer *out, struct diag *diag);

/*
 * As splice_write(), but what it writes is not read again: that and the comparison
 * (edit_is_written()) are left to the caller. SPLICE_E_INVALID, for which there is no reason in
 * words: a document would have to be written anew.
 */
_must_check_ int splice_write_unread(const struct edit *edit, struct buffer *out);
