#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Tells whether somebody looks after a FUSE mount: a file of the mount's device number, in a
 * directory that all agree on, with a lock that ends with the process and that no child inherits.
 * Mounts come, go and are claimed under a lock of the caller's.
 */

#include <sys/types.h>

#include "base/util.h"

enum mount_claim {
	MOUNT_CLAIM_NONE, /* not a mount that was ever claimed here, or it cannot be told */
	MOUNT_CLAIM_HELD,
	MOUNT_CLAIM_LEFT, /* who had claimed it has ended without letting go of it */
};

/* Returns owned the descriptor that holds the claim, or -errno. dev is a mount of ours: another
 * process that still claims it has lost the mount that had the number before. */
_must_check_ int mount_claim_take(const char *directory, dev_t dev);

/* Closes *fd, which was owned; -1 is none. Leaves the claim of another process alone. */
void mount_claim_release(const char *directory, dev_t dev, int *fd);

/* Never for a claim of this process, which would lose it. */
enum mount_claim mount_claim_look(const char *directory, dev_t dev);

/* Forgets what was left. */
void mount_claim_forget(const char *directory, dev_t dev);
