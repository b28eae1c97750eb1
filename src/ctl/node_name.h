#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The name of the node as an instance shows it: only the rows of its table tell. */

#include "base/util.h"

/* From the table in control_dir, or NULL where that has no row. Returns owned. */
_must_check_ char *node_name_find(const char *control_dir);

/* The same, or the host's name. Returns owned, NULL without memory. */
_must_check_ char *node_name_read(const char *control_dir);
