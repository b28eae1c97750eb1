#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Places in the patch for errors that were found in the tree that a JSON patch made. */

#include "base/diag.h"
#include "document/node.h"

#define PATCH_SOURCE_NAME "patch"

/*
 * Adds what was found to diag. An error about a node that does not come from the patch gets the
 * place of the operation that made it wrong: the last one whose path meets that of the error.
 * operations is the patch; NULL: places stay as they are.
 */
void patch_place_errors(const struct node *operations, const struct diag *found, struct diag *diag);
