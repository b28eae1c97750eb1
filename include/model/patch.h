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

enum {
	PATCH_E_INVALID =
		1, /* the reasons are in diag; source "patch" where they stand in the patch */
	PATCH_E_UNCHANGED, /* nothing to do: empty, or the result means what the config means */
};

/*
 * On 0 *new_configp is owned by the caller and has been checked and rendered with mode; its
 * stream->source->text is the new text of the file, byte for byte. Warnings (a delete of what is
 * not there, a document written anew) are in diag with any result.
 */
_must_check_ int patch_apply(const struct machine_config *config, const void *bytes, size_t n_bytes,
                             enum validate_mode mode, struct machine_config **new_configp,
                             struct diag *diag);

/*
 * Whether the bytes so far are a syntax error that no further byte can mend (design section 4). The
 * reason is in diag then. For the control file, which asks while a patch is still being written.
 */
bool patch_is_hopeless(const void *bytes, size_t n_bytes, struct diag *diag);
