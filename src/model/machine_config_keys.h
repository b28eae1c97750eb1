#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of the v1alpha1 document that this project knows, and what must hold for them (D16). */

#include "check.h"

/* One entry of `machine.seccompProfiles` whose keys are in order. */
typedef void (*profile_entry_fn)(void *userdata, const struct node *entry, size_t index,
                                 const struct path *path);

/*
 * Checks a v1alpha1 document (a mapping) down to the keys of the entries, and calls fn (may be
 * NULL) for each entry that is a mapping. is_patch allows `$patch`; entries that have it are not
 * shown.
 */
void machine_config_walk(struct check *check, const struct node *root, bool is_patch,
                         profile_entry_fn fn, void *userdata);
