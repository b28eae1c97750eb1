#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What makes the bytes of profiles, for store_options.maker: this program, as it was loaded. */

#include "base/util.h"
#include "profile/profile.h"

/*
 * "program=0.1.0-DIGITS validate=strict compile=on architecture=... kernel=6.1 caps=00000000a80425fb"; the digits are of
 * a digest of what the files are that the program was loaded from, libraries too: each by inode, size and
 * time of change. Looks at those files, so it has to be called before the
 * sandbox. Returns owned; NULL where they cannot be found (no /proc), or without memory: then nothing
 * can be known of who made what.
 */
char *maker_describe(const struct profile_options *options);
