#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What programs read, in the form that they ask for. */

#include "arguments.h"
#include "base/buffer.h"

/*
 * Appends a text in JSON as a block in YAML, each line of which stands indent columns in. 0, -ENOMEM,
 * or positive when YAML cannot have it.
 */
_must_check_ int json_output_write_yaml(const struct buffer *json, unsigned int indent,
                                        struct buffer *out);

/*
 * Prints a text to standard output: as it is, or with OUTPUT_YAML one in JSON as YAML. name is that of
 * what it tells of. 0, or an exit status after a message on stderr.
 */
_must_check_ int json_output_print(const struct buffer *text, enum output_format format,
                                   const char *name);
