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
	struct machine_config_before before; /* all borrowed */
	uint64_t filter_work;                /* that the linter may still do */
	uint64_t denied_work;                /* likewise, for profiles that denials have changed */
	bool finds_deny; /* nothing but the denials is wanted: profile_list_take() passes over */
	bool is_other;   /* PROFILE_LIST_E_OTHER is to be returned */
	struct config_profile *profiles; /* owned; in the order of the list */
	size_t n_profiles;
	size_t n_allocated;
	size_t n_lost;       /* by profile_list_sort() */
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

/* Judges the filter of one that denials make large. */
void profile_list_lint_denied(struct profile_list *list, const struct node *value,
                              const struct path *path, bool is_new);

enum profile_news {
	PROFILE_IS_NEW,
	PROFILE_HAS_SAME_BYTES, /* of a text that is another one, as far as can be told */
	PROFILE_IS_KNOWN,       /* so that all was said of it */
};

/* machine_config_news.c: what is before has under the same name; the bytes are made. */
enum profile_news profile_list_compare(const struct profile_list *list,
                                       const struct config_profile *profile,
                                       const struct node *value);

/* Adds what the rendering of a value has found, but for what was said before. */
void profile_list_tell_value(struct profile_list *list, const struct config_profile *profile,
                             const struct node *value, const struct path *path,
                             enum profile_news news, const struct diag *found);

/* The same of the list of denials, which is good, and what is denied by it. */
void profile_list_tell_deny(struct profile_list *list, const struct deny_list *deny,
                            const struct diag *found);

/* What was denied before; NULL: nothing. */
const struct deny_list *profile_list_old_deny(const struct profile_list *list);

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
