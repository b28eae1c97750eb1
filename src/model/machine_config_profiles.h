#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The entries of `machine.seccompProfiles` on their way to a config: named, checked and rendered.
 */

#include "base/arena.h"
#include "check.h"
#include "model/machine_config.h"

struct profile_list {
	struct check *check;
	struct arena *arena; /* borrowed: for names that do not stand in the text as they are */
	enum validate_mode mode;
	bool is_patch; /* `$patch` is allowed; entries that have it are left out */
	struct config_profile *profiles; /* owned; in the order of the list */
	size_t n_profiles;
	size_t n_allocated;
};

void profile_list_deinit(struct profile_list *list);

/* Reads the v1alpha1 document root. 0, MACHINE_CONFIG_E_INVALID or -ENOMEM. */
_must_check_ int profile_list_read(struct profile_list *list, const struct node *root);

/* D1: sorts by name and keeps the last of equal names, with a warning. After a read that gave 0. */
void profile_list_sort(struct profile_list *list);

void config_profiles_free(struct config_profile *profiles, size_t n_profiles);
