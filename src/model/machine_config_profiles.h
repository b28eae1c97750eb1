#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The entries of `machine.seccompProfiles` on their way to a config: named, checked and rendered.
 */

#include "base/arena.h"
#include "kept.h"
#include "model/machine_config.h"
#include "profile/check.h"

struct profile_list {
	struct check *check;
	struct arena *arena;                   /* owned: names */
	const struct profile_options *options; /* borrowed */
	struct deny_list *deny; /* owned: what is denied; known before the first profile */
	bool keeps_bytes;       /* also of a profile that has a span */
	bool is_patch;          /* `$patch` is allowed; entries that have it are left out */
	struct kept *kept;      /* borrowed; NULL: all is checked and rendered */
	bool lints; /* what is rendered is judged by the linter, but for what linted serves */
	const struct snapshot *linted; /* borrowed; NULL: nothing */
	uint64_t filter_work;          /* that the linter may still do */
	bool finds_deny; /* nothing but the denials is wanted: profile_list_take() passes over */
	bool is_other;   /* PROFILE_LIST_E_OTHER is to be returned */
	struct config_profile *profiles; /* owned; in the order of the list */
	size_t n_profiles;
	size_t n_allocated;
	struct buffer bytes; /* of one profile, each in its turn */
	const struct node
		*taken; /* borrowed: whose items profile_list_take() got; NULL: it got none */
	size_t n_taken;
};

enum {
	/* Above the errors of a config. Items were taken that are not those of the list, or not
	 * all of them, or with other denials; or folded where other calls were denied. */
	PROFILE_LIST_E_OTHER = MACHINE_CONFIG_E_INVALID + 1,
};

void profile_list_deinit(struct profile_list *list);

/* machine_config_deny.c, for struct machine_config_walk: userdata is the list. */
void profile_list_take_deny(void *userdata, const struct node *value, const struct path *path);

/* machine_config_lint.c: judges the value of a profile whose bytes are known. */
void profile_list_lint(struct profile_list *list, const struct config_profile *profile,
                       const struct node *value, const struct path *path);

/* Adds what was found, but for warnings that are too many. */
void profile_list_tell(struct profile_list *list, const struct diag *found);

/* One item of the list, before its document is there: for struct yaml_items; userdata is the list.
 * 0, above 0 (all has to be read as a tree) or -ENOMEM. */
_must_check_ int profile_list_take(void *userdata, const struct node *sequence,
                                   const struct node *item);

/* Reads the v1alpha1 document root, but for the items that were taken. 0, MACHINE_CONFIG_E_INVALID,
 * PROFILE_LIST_E_OTHER or -ENOMEM. */
_must_check_ int profile_list_read(struct profile_list *list, const struct node *root);

/* D1: sorts by name and keeps the last of equal names, with a warning. After a read that gave 0. */
void profile_list_sort(struct profile_list *list);

/* Whether all that is folded was met, and no name stands twice: that is not looked at in what is
 * folded. After profile_list_sort(); n is what was read. */
bool profile_list_is_whole(const struct profile_list *list, size_t n);

void config_profiles_free(struct config_profile *profiles, size_t n_profiles);
