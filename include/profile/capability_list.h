#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Sets of capabilities as a mount option has them: "default:CAP_SYS_PTRACE", words with colons
 * between, since commas separate options. A word is a capability, in any case, with or without its
 * prefix, or a set: `default` (CAPABILITIES_DEFAULT), `all`, `none`. All words are united.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/diag.h"

/* False: the reasons are in diag. */
_must_check_ bool capability_list_parse(const char *list, uint64_t *capabilitiesp,
                                        struct diag *diag);

/* The same set in as few words: "default", "none", or the capabilities in their order. */
void capability_list_format(uint64_t capabilities, struct buffer *out);
