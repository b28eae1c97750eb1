#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

#include <stdbool.h>

#include "base/buffer.h"

/* Whether the linter's dangerous calls are those that Moby's default profile, which text is, does not let
 * through whatever the arguments are, of the calls of x86_64 that this host's libseccomp knows. Prints a
 * comment for each difference. */
bool lint_dangers_agree(const struct buffer *text);
