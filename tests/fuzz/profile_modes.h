#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Values served as they stand, as Talos does, and compiled. */

#include "profile/bases.h"
#include "profile/profile.h"

static const struct facts options_facts = {
	.architecture = "SCMP_ARCH_X86_64",
	.go_architecture = "amd64",
	.kernel_major = 5,
	.kernel_minor = 10,
	.capabilities = CAPABILITIES_DEFAULT,
	.bases = &base_table_builtin,
};

static const struct profile_options options_strict _unused_ = { VALIDATE_STRICT, COMPILE_OFF,
	                                                        NULL };
static const struct profile_options options_off _unused_ = { VALIDATE_OFF, COMPILE_OFF, NULL };
static const struct profile_options options_strict_compiled _unused_ = { VALIDATE_STRICT,
	                                                                 COMPILE_ON,
	                                                                 &options_facts };
static const struct profile_options options_off_compiled _unused_ = { VALIDATE_OFF, COMPILE_ON,
	                                                              &options_facts };
