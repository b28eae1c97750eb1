#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The name of the node as an instance shows it. */

#include "base/util.h"

/* From the table in control_dir, or the host's name where that has no row. Returns owned or NULL.
 */
_must_check_ char *node_name_read(const char *control_dir);
