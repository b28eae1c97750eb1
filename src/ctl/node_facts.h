#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What profiles are compiled for: this machine, another one, or that of an instance. */

#include "arguments.h"

/* This machine, but for what the arguments say of another. 0 and *options has facts, unless nothing is
 * compiled and this machine cannot be told; or an exit status after a message on stderr. */
_must_check_ int node_facts_choose(const struct arguments *arguments, struct facts *facts,
                                   struct profile_options *options);

/* As the instance with this control directory does it; likewise. */
_must_check_ int node_facts_read(const char *control_dir, struct facts *facts,
                                 struct profile_options *options);
