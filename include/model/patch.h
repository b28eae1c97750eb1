#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A patch text of any kind against a machine config: tells strategic merge patches and JSON patches
 * apart as talosctl does, applies, checks the result, and gives the new text of the config. A
 * pure function.
 */

#include <stdbool.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "model/machine_config.h"

struct patch;

enum {
	PATCH_E_INVALID =
		1, /* the reasons are in diag; source "patch" where they stand in the patch */
	PATCH_E_UNCHANGED, /* nothing to do: empty, or the result means what the config means */
	PATCH_E_FULL,      /* patch_fold(): for patch_apply() to do, or to give the reasons for */
};

/*
 * Reads a patch, and checks what can be checked without a config. readp may be NULL; else *readp is what
 * patch_is_hopeless() has read, or NULL, and taken if it is of these bytes. On 0 *patchp is owned by the caller, and
 * can be applied once in each way. 0, PATCH_E_INVALID, PATCH_E_UNCHANGED or -ENOMEM.
 */
_must_check_ int patch_read(const void *bytes, size_t n_bytes, struct stream **readp,
                            const struct profile_options *options, struct patch **patchp,
                            struct diag *diag);
void patch_free(struct patch *patch);
DEFINE_CLEANUP(struct patch *, patch_free);

/*
 * On 0 *new_configp is owned by the caller and has been checked and rendered, but for what is taken
 * over from before (machine_config_parse_after(); NULL: nothing); its
 * stream->source->text is the new text of the file, byte for byte. Warnings (a delete of what is
 * not there, a document written anew) are in diag with any result.
 */
_must_check_ int patch_apply(const struct patch *patch, const struct machine_config *config,
                             const struct snapshot *before, struct machine_config **new_configp,
                             struct diag *diag);

/* patch_read() and patch_apply() in one, without anything to take over. */
_must_check_ int patch_apply_bytes(const struct machine_config *config, const void *bytes,
                                   size_t n_bytes, const struct profile_options *options,
                                   struct machine_config **new_configp, struct diag *diag);

/*
 * patch_apply() for a config that is served, as the text of before has it, without a tree of all of
 * it: the profiles that the patch does not name are neither read, checked nor rendered, but taken
 * over (config_profile.kept). The result is the same, but for warnings about those profiles, which
 * are not repeated. name is that of the config. 0, PATCH_E_UNCHANGED or PATCH_E_FULL; with that diag
 * is as it was.
 */
_must_check_ int patch_fold(const struct patch *patch, const struct snapshot *before,
                            const char *name, struct machine_config **new_configp,
                            struct diag *diag);

/*
 * Whether the bytes so far are a syntax error that no further byte can mend (design section 4). The
 * reason is in diag then. For the control file, which asks while a patch is still being written. *readp
 * is owned by the caller: what was read, if it can be a whole patch, for patch_read(); else NULL.
 */
bool patch_is_hopeless(const void *bytes, size_t n_bytes, struct stream **readp, struct diag *diag);
