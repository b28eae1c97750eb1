#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What the control file says after a patch (docs/control.md), told to a person as talosctl would.
 */

#include "patch_text.h"

/*
 * Prints the result (YAML): what was done on stdout, errors and warnings with their places on
 * stderr. EXIT_SUCCESS for an applied or a skipped patch, else EXIT_FAILURE.
 */
_must_check_ int patch_result_print(const char *result, size_t n_result, const struct line_map *map,
                                    const char *node);
