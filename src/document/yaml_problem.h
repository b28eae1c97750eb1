#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What libyaml could not read, as a sentence. */

#include <stdbool.h>
#include <yaml.h>

#include "base/diag.h"
#include "locator.h"

/* Reports the error that parser holds (no memory error) at its place in the text; returns the
 * offset of that place. */
size_t yaml_problem_report(const yaml_parser_t *parser, struct locator *locator,
                           const struct source *source, struct diag *diag);
