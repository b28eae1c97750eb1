#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The rules for one seccomp profile: its name, and its value by the OCI runtime specification. */

#include <stdbool.h>

#include "base/diag.h"
#include "document/node.h"
#include "profile/compile.h"

struct deny_list;

enum validate_mode {
	VALIDATE_STRICT, /* the OCI rules (config-linux.md, "Seccomp") */
	VALIDATE_OFF,    /* only what would make the file useless: D2, D3, D4, D5 */
};

/* "strict" or "off"; false for anything else. */
bool validate_mode_parse(const char *word, enum validate_mode *modep);

/*
 * What decides, together with the value and a deny list, which bytes are served, or that none are. A
 * pure value: two with equal fields and facts make the same of everything.
 */
struct profile_options {
	enum validate_mode validate;
	enum compile_mode compile;
	const struct facts *facts; /* borrowed; may be NULL with COMPILE_OFF */
};

enum {
	PROFILE_E_INVALID = 1, /* the reasons are in diag */
};

#define PROFILE_NAME_MAX 255 /* bytes: NAME_MAX of Linux */

/*
 * D2: a plain file name of 1 to 255 bytes of UTF-8, no `/`, no control character (C0, DEL, C1), not
 * beginning with `.`. node is the scalar (for its place), name its text. 0 or PROFILE_E_INVALID.
 */
_must_check_ int profile_check_name(const struct node *node, const char *name, size_t n_name,
                                    const struct path *path, struct diag *diag);

/*
 * What must hold for a value with any options (D3: missing, null, empty, a null key at the top), and
 * with VALIDATE_STRICT the OCI rules. All errors are reported. value may be NULL (missing); then
 * `owner` gives the place. 0, PROFILE_E_INVALID or -ENOMEM.
 */
_must_check_ int profile_check_value(const struct node *owner, const struct node *value,
                                     const struct profile_options *options, const struct path *path,
                                     struct diag *diag);

/* What a value becomes on its way to the file. */
struct profile_work {
	struct ruleset *source;   /* as written */
	struct ruleset *compiled; /* for the facts, with its base, without denials */
	struct ruleset *served;   /* with denials; compiled where there are none */
	bool keeps_bytes;         /* the file is the value as it stands, not what served says */
	bool is_denied;           /* denials made of compiled what is served */
};

/*
 * Carries out what profile_render() promises up to the bytes, for who judges or explains. value has
 * passed profile_check_value(). With COMPILE_OFF runtimes ignore what is not plain: then served has
 * it left out, and is NULL, as all are, where the value cannot be read. Where the rules need not be
 * kept and calls are denied, served denies everything in such a value, and the others are NULL. notes may be NULL. *work
 * lives in the arena. 0, PROFILE_E_INVALID, -ENOMEM.
 */
_must_check_ int profile_build(struct arena *arena, const struct node *value,
                               const struct profile_options *options, const struct deny_list *deny,
                               const struct path *path, struct profile_work *work,
                               struct compile_notes *notes, struct diag *diag);

/* Bytes of profile_outcome.denied, but for what says how many more there are. */
#define PROFILE_DENIED_MAX 500

/* What has become of a value that was rendered. */
struct profile_outcome {
	bool is_compiled; /* the file is not the value as it stands, also where nothing is denied */
	/* Denials changed it, and rules are so many now that only libseccomp knows whether its filter is
	 * one that the kernel takes (lint_denied()). */
	bool is_large;
	/* Owned: the calls that denials took from it, first those that are denied in another way than
	 * was asked for: "socket entirely, bind". NULL: none. */
	char *denied;
};

/*
 * The bytes of the file: profile_check_value(), then what is served for the value: canonical JSON of
 * it as it stands where it is plain and no denial (deny, may be NULL) changes it, else of what it is
 * compiled to. This is what `seccompctl render` prints. 0, PROFILE_E_INVALID, -ENOMEM.
 */
_must_check_ int profile_render(const struct node *owner, const struct node *value,
                                const struct profile_options *options, const struct deny_list *deny,
                                const struct path *path, struct buffer *out, struct diag *diag);

/* The same, and tells in *outcome what has become of it, where that is 0. */
_must_check_ int profile_render_telling(const struct node *owner, const struct node *value,
                                        const struct profile_options *options,
                                        const struct deny_list *deny, const struct path *path,
                                        struct buffer *out, struct profile_outcome *outcome,
                                        struct diag *diag);
