#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Where an instance of ours is to mount: what stands there, and what of it makes room. Paths are
 * canonical; type is what the types of our mounts begin with. */

#include <stdbool.h>

#include "base/diag.h"
#include "base/util.h"

/* Detaches dead mounts at both. Where first is free and last is not, an instance is just ending:
 * waits a few seconds for that. */
void mount_place_wait(const char *first, const char *last, const char *type);

/*
 * Detaches mounts of ours at path whose supervisor was killed (base/mount_claim.h, in directory
 * claims): *orphanedp is set then, and whoever served there is going to end. 0; -EBUSY when one
 * with a supervisor is there, -ETIMEDOUT when a mount does not answer: both are in diag.
 */
_must_check_ int mount_place_clear(const char *path, const char *type, const char *claims,
                                   bool *orphanedp, struct diag *diag);

/* Waits a few seconds until nobody holds the lock on a directory: whoever was going to end. */
void mount_place_wait_for_lock(const char *directory);

/* 0; -ENOTEMPTY when a mount at path would hide files and may not, -errno: in diag. */
_must_check_ int mount_place_check_empty(const char *path, bool may_hide, struct diag *diag);
