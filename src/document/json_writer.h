#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The writing of one value as canonical JSON. */

#include <stdbool.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "document/node.h"

struct json_writer {
	struct buffer *out;
	struct diag *diag;
	size_t n_start;     /* bytes in out before the value */
	size_t n_nodes;     /* written, aliases expanded */
	size_t n_errors;    /* reported: nothing more needs to be written, only checked */
	unsigned int depth; /* of collections */
	bool is_stopped;    /* a limit was passed */
};

/* Counts an error that was reported. */
void json_writer_count_error(struct json_writer *writer);

/* Whether a value below the top constructs nothing: it is left out with its key. */
bool json_writer_leaves_out(const struct node *node);

/* Return 0 also when errors were reported, or -ENOMEM, or the error of the buffer. */
_must_check_ int json_write_value(struct json_writer *writer, const struct node *node,
                                  const struct path *path);
_must_check_ int json_write_object(struct json_writer *writer, const struct node *mapping,
                                   const struct path *path);
