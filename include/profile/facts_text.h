#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a node makes of profiles, as a text in YAML: the file `facts` of the control plane, and for
 * others who want to make the same of them.
 *
 *   architecture: SCMP_ARCH_X86_64
 *   kernel: "6.1"
 *   capabilities: [CAP_CHOWN, ...]
 *   compile: "on"
 *   validate: strict
 *   libseccomp: 2.5.4
 */

#include "profile/profile.h"

/* Where options have no facts the first three lines are missing. */
void facts_text_write(const struct profile_options *options, struct buffer *out);

/*
 * *optionsp as root says, with facts, which live as long as they are wanted, and base_table_builtin:
 * that of the writer is not in the text. What is missing or unknown is an error. 0, PROFILE_E_INVALID.
 */
_must_check_ int facts_text_read(const struct node *root, struct facts *facts,
                                 struct profile_options *options, struct diag *diag);

/* "strict" and "on": as validate_mode_parse() and compile_mode_parse() take them. */
const char *validate_mode_name(enum validate_mode mode);
const char *compile_mode_name(enum compile_mode mode);
