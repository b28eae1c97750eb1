#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What was found in a file, for a person and for programs. */

#include "arguments.h"
#include "base/diag.h"

/* In the order of places; of one place in the order in which they were found. */
void findings_sort(struct diag *diag);

/*
 * Prints to standard output: as diag_print() does, or as a list of mappings, in which what was too much
 * to be kept is an entry. name is that of the file. 0, or an exit status after a message on stderr.
 */
_must_check_ int findings_print(const struct diag *diag, const char *name,
                                enum output_format format);
