/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Which of some descriptors can be read. Not poll(2), which begins anew at each request: that is a
 * twentieth of what one costs. */

#include <stddef.h>

#include "base/util.h"

#define READABLE_MAX 3 /* descriptors that are waited for together */

/* The descriptors are borrowed; -1 is none. Returns one to wait with, owned, or -errno. */
_must_check_ int readable_open(const int *fds, size_t n_fds);

/* Waits until one can be read, or is at its end, for so many milliseconds; -1: for ever. Returns a bit
 * for each of them, 1 << i for fds[i], 0 after the time or a signal, or -errno. */
_must_check_ int readable_wait(int wait_fd, int limit_ms);
