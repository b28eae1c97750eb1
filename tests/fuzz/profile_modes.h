#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Values served as they stand, as Talos does. */

#include "profile/profile.h"

static const struct profile_options options_strict = { VALIDATE_STRICT, COMPILE_OFF, NULL };
static const struct profile_options options_off = { VALIDATE_OFF, COMPILE_OFF, NULL };
