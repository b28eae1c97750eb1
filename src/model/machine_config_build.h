#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* From a tree to a machine config. */

#include "kept.h"
#include "model/machine_config.h"

/*
 * The part of machine_config_parse() behind the reading, after kept->before and a patch
 * (machine_config_before.patch). Takes stream on success. kept may be NULL;
 * what is folded there must be met, and no name may stand twice then: else
 * MACHINE_CONFIG_E_INVALID, which then has no reason in diag.
 */
_must_check_ int machine_config_build(struct stream *stream, struct kept *kept,
                                      const struct stream *patch,
                                      const struct profile_options *options,
                                      struct machine_config **configp, struct diag *diag);
