#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The name of an instance: its mount point, escaped as `systemd-escape --path` does. */

#include "base/util.h"

#define INSTANCE_CONTROL_ROOT "/run/seccompfs"
#define INSTANCE_STATE_ROOT   "/var/lib/seccompfs"

/* Returns owned, or NULL without memory. "/var/lib/kubelet" gives "var-lib-kubelet", "/" gives
 * "-"; repeated and trailing slashes and `.` components do not count. path is absolute and holds no
 * `..`. */
_must_check_ char *instance_escape(const char *path);
