#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What is refused before libyaml sees the text. */

#include "tree_builder.h"

#define YAML_TAG_DIRECTIVES_MAX 100 /* libyaml compares each with all before it */

/*
 * Reports a byte order mark at the beginning of a line (libyaml skips it, Talos' decoder keeps it:
 * the bytes would differ) and too many lines that begin with %TAG.
 */
void text_check(struct tree_builder *builder);
