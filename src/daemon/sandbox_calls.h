#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The system calls that are left to the worker, and to its notifier. Any other kills the process. */

#include "base/util.h"

/* For the calling thread and those that it starts. Wants no_new_privs. 0 or -errno. */
_must_check_ int sandbox_limit_worker_calls(void);
_must_check_ int sandbox_limit_notifier_calls(void);
