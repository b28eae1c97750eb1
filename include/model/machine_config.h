#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A machine config: a stream of documents, one of which (apiVersion "", kind "v1alpha1") holds
 * `machine.seccompProfiles`. What this project does not use is kept and has no effect.
 */

#include "base/diag.h"
#include "base/digest.h"
#include "document/edit.h"
#include "document/span.h"
#include "document/yaml_reader.h"
#include "profile/deny.h"
#include "profile/profile.h"

#define MACHINE_CONFIG_SIZE_MAX SOURCE_SIZE_MAX /* bytes: 64 MiB */

struct profile;
struct snapshot;

struct config_profile {
	const char *name;        /* in the arena of the config, or that of kept */
	struct place name_place; /* its source is that of the stream; none when it was folded */
	size_t index;            /* in the list, for paths */
	size_t n_bytes;          /* as served */
	uint8_t digest[DIGEST_SIZE];
	struct profile_outcome outcome; /* of what was rendered; kept has none */
	char *bytes; /* owned; machine_config_parse_profiles() may have none where there is a span */
	struct profile
		*kept;    /* owned: what is served from the same text, and bytes is NULL; or NULL */
	struct span span; /* of value in the text of the stream's source; may be none */
};

struct machine_config {
	struct stream *stream;           /* owned */
	struct arena *arena;             /* owned */
	struct profile_options options;  /* that the bytes were made with */
	struct deny_list *deny;          /* owned; likewise; NULL: nothing is denied */
	struct config_profile *profiles; /* sorted by name (bytewise), each name once: of duplicates
	                                  * the last (a warning says so) */
	size_t n_profiles;
	size_t n_lost; /* entries of the list that later ones of equal names replace */
};

enum {
	MACHINE_CONFIG_E_INVALID = 1, /* the reasons are in diag */
};

/*
 * Parses, checks and renders a config. Errors: YAML syntax, no document or one that is no mapping,
 * more than one v1alpha1 document, an unknown key at the top of that document, in an entry of the
 * list or near `seccompProfiles` and `seccompDeny` (with a suggestion, D16), a null entry (D5), a bad
 * name, value or denial, a denial where nothing is compiled.
 * All are reported. Documents of other kinds alone are a config without profiles, as for Talos. On
 * success *configp is owned by the caller.
 */
_must_check_ int machine_config_parse(const char *name, const void *bytes, size_t n_bytes,
                                      const struct profile_options *options,
                                      struct machine_config **configp, struct diag *diag);

/* What a config is read after, so that it is said only what is new. All of it is borrowed. */
struct machine_config_before {
	/* What is served, of which all was said; NULL: nothing. */
	const struct snapshot *served;
	/* And keeps the rules, by equal options: what it serves under the same name from the same
	 * text is taken over, and neither checked nor rendered again (config_profile.kept). */
	bool is_checked;
	/* What is not served is judged by the linter (profile/lint.h), where the rules must be kept;
	 * its errors refuse the config. */
	bool lints;
	/* The config that a patch was applied to, of which all was said; NULL: none. */
	const struct machine_config *base;
	/* A strategic merge patch, whose entries have been checked, and told of with its own places
	 * (machine_config_check_patch()): nothing is new but what is denied. NULL: none. */
	const struct stream *patch;
	/* All has been judged on a tree, with what is denied (machine_config_check_root()). */
	bool is_judged;
};

/*
 * The same for whoever does not edit the config: a profile is given up as soon as it was rendered,
 * so that there is never a tree of all of them. The stream may have a null in the place of an entry.
 * What is denied must be known before: a text with denials is read twice.
 * Without keeps_bytes a profile that has a span may be without its bytes. served: what it does not
 * serve under the same name, from the same text or with the same bytes, is judged by the linter and
 * told of. NULL: nothing is judged, and all is told.
 * text is borrowed as long as the config lives, and has a NUL behind it that is not counted.
 */
_must_check_ int machine_config_parse_profiles(const char *name, const char *text, size_t n_text,
                                               bool keeps_bytes,
                                               const struct profile_options *options,
                                               const struct snapshot *served,
                                               struct machine_config **configp, struct diag *diag);

/*
 * As machine_config_parse(), after something. The keys around are checked as ever. Where other calls are
 * denied than before all is rendered.
 */
_must_check_ int machine_config_parse_after(const struct machine_config_before *before,
                                            const char *name, const void *bytes, size_t n_bytes,
                                            const struct profile_options *options,
                                            struct machine_config **configp, struct diag *diag);

/*
 * The key checks alone, on a v1alpha1 document of a patch (`$patch` is allowed): unknown keys at
 * the top, near seccompProfiles and in entries; the list must be a list, entries mappings. Used
 * before a patch is merged, so that errors name the patch's line. 0, MACHINE_CONFIG_E_INVALID or
 * -ENOMEM.
 */
_must_check_ int machine_config_check_keys(const struct node *root, struct diag *diag);

/*
 * machine_config_check_keys(), and the denials, names and values of the entries that do not have
 * `$patch`: a patch gives each profile whole (D1), and each denial. The linter judges them. Paths are those in the patch. 0, MACHINE_CONFIG_E_INVALID or
 * -ENOMEM.
 */
_must_check_ int machine_config_check_patch(const struct node *root,
                                            const struct profile_options *options,
                                            struct diag *diag);

/*
 * All that machine_config_parse() checks in a v1alpha1 document, on a tree: its nodes may come from
 * several sources (a config and the patch merged into it), and each error names the place in its
 * own. Nothing is rendered into the caller's hands. base: the config that the tree is a change of; what it
 * has not is judged by the linter and told of. 0, MACHINE_CONFIG_E_INVALID or -ENOMEM.
 */
_must_check_ int machine_config_check_root(const struct node *root,
                                           const struct profile_options *options,
                                           const struct machine_config *base, struct diag *diag);

/* The value of a profile in the text of a config or of a strategic merge patch; of several of the name the
 * last. *indexp is its place in the list. NULL: there is none. Borrowed. */
const struct node *machine_config_find_value(const struct stream *stream, const char *name,
                                             size_t *indexp);

void machine_config_free(struct machine_config *config);
DEFINE_CLEANUP(struct machine_config *, machine_config_free);
