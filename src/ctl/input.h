#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a user hands over: a file, a pipe, or standard input. */

#include "base/buffer.h"
#include "base/util.h"

/* Appends all of the file name (NULL: standard input) to out, at most SOURCE_SIZE_MAX bytes. 0, or
 * an exit status after a message on stderr. */
_must_check_ int input_read(const char *name, struct buffer *out);

/* Appends what fd gives until its end. 0 or -errno; -EFBIG past the limit of out. */
_must_check_ int input_read_fd(int fd, struct buffer *out);
