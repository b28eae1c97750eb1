#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

#include <stdbool.h>
#include <stddef.h>

/* Judges NAME/input.yaml of another project, prints its TAP line, and what was found: a count by rule
 * and each finding. An error fails it, unless the table says why. */
bool lint_real_run(int dir_fd, const char *name, size_t number);
