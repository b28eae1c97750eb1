#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Where the patch vectors differ from Talos on purpose. */

#include <stddef.h>

struct patch_difference {
	const char *name;   /* of the vector */
	const char *number; /* of the difference in docs/talos.md */
	const char *files;  /* JSON: {name, content} of each file; NULL: it is refused */
};

/* NULL: the vector must behave as Talos does. */
const struct patch_difference *patch_find_difference(const char *name);

/* Number i of the table, or NULL. */
const struct patch_difference *patch_get_difference(size_t i);

/* Why a patch that is applied a second time changes something again, or NULL: it must not. */
const char *patch_grows(const char *name);
