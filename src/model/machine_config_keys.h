#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The keys of the v1alpha1 document that this project knows, and what must hold for them (D16). */

#include "profile/check.h"

#define DENY_KEY "seccompDeny" /* of `machine` */

/* One entry of `machine.seccompProfiles` whose keys are in order. Returns how many entries it stands
 * for: 1, but for a folded one (kept.h). */
typedef size_t (*profile_entry_fn)(void *userdata, const struct node *entry, size_t index,
                                   const struct path *path);

/* The value of `machine.seccompDeny`, resolved; NULL: there is none. Once, before the first entry, where
 * `machine` is a mapping. */
typedef void (*profile_deny_fn)(void *userdata, const struct node *value, const struct path *path);

struct machine_config_walk {
	struct check *check;
	bool is_patch; /* `$patch` is allowed; entries that have it are not shown */
	profile_entry_fn
		fn; /* for each entry that is a mapping; NULL: the keys alone are checked */
	profile_deny_fn deny; /* NULL: not asked for */
	void *userdata;
	const struct node
		*shown;     /* a list whose entries were all walked before; NULL: there is none */
	bool has_met_shown; /* the document has it as its list */
};

/* Checks a v1alpha1 document (a mapping) down to the keys of the entries. */
void machine_config_walk(struct machine_config_walk *walk, const struct node *root);

/* One entry of the list alone, before the document is there. */
void machine_config_walk_entry(struct machine_config_walk *walk, const struct node *item,
                               size_t index);
