#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Whether a worker could take over what another one serves. */

#include "base/util.h"
#include "options.h"

/*
 * Reads config and state, and looks whether the answers to INIT would be those that the kernel has.
 * Takes no lock, writes nothing, reads no request: another worker serves meanwhile. maker is that of
 * store_options, may be NULL. 0, or -errno or
 * a positive number with the reasons in the log.
 */
_must_check_ int check_run(const struct options *options, const char *maker);
