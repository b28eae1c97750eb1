#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a user hands over: a file, a pipe, or standard input. */

#include "base/buffer.h"
#include "base/diag.h"
#include "base/util.h"

struct node;
struct stream;

/* Appends all of the file name (NULL: standard input) to out, at most SOURCE_SIZE_MAX bytes. 0, or
 * an exit status after a message on stderr. */
_must_check_ int input_read(const char *name, struct buffer *out);

/* The file name in a directory, likewise. */
_must_check_ int input_read_below(const char *directory, const char *name, struct buffer *out);

/* Of an operand FILE|-: the file, or NULL for standard input. *namep is what messages call it. */
const char *input_find_file(const char *operand, const char **namep);

/* input_read() without a message: 0, or -errno and what could not be done, "open" or "read". */
_must_check_ int input_try_read(const char *name, struct buffer *out, const char **whatp);

/* The root of the only document, or NULL with an error that says what is allowed. */
const struct node *input_find_root(const struct stream *stream, const char *allowed,
                                   struct diag *diag);

/* Appends what fd gives until its end. 0 or -errno; -EFBIG past the limit of out. */
_must_check_ int input_read_fd(int fd, struct buffer *out);
