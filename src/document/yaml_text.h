#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* How one scalar is written: plain where it is safe, else quoted. */

#include <stdbool.h>

#include "base/buffer.h"
#include "document/node.h"

enum yaml_place {
	YAML_PLACE_BLOCK, /* in a block collection, or at the top */
	YAML_PLACE_FLOW,
	YAML_PLACE_JSON, /* flow as JSON has it: strings and keys in double quotes */
};

/* The tag in its shortest form with a blank behind it; nothing for NULL. */
void yaml_text_tag(const char *tag, struct buffer *out);

/*
 * The scalar on one line with its tag. Quotes are kept where they are safe; what only looks like a
 * number, date or boolean to a YAML 1.1 reader is quoted too. A block key loses needless quotes.
 */
void yaml_text_scalar(const struct node *scalar, enum yaml_place place, bool is_key,
                      struct buffer *out);

/* Whether the scalar reads well as a literal block scalar and would be read back as it is. */
bool yaml_text_is_literal(const struct node *scalar);
