#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A short piece of a text for a message: quoted, on one line, cut when it is long. */

#include "document/node.h"

struct excerpt {
	char text[128];
};

/* Return excerpt->text. */
const char *excerpt_of(struct excerpt *excerpt, const char *text, size_t n_text);
const char *excerpt_of_node(struct excerpt *excerpt, const struct node *scalar);
