#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Whether the server of a mount answers, asked so that nobody waits for it for ever. */

enum mount_health {
	MOUNT_ALIVE,  /* answers, or is no mount that has a server */
	MOUNT_DEAD,   /* a FUSE mount whose server has gone */
	MOUNT_SILENT, /* there is no answer within timeout_ms */
};

/*
 * Asks by statfs(2), which is never cached: a FUSE mount without a server may answer all else from
 * its caches for ever. A process of its own asks, since nothing ends such a call but an answer; a
 * silent mount keeps that process.
 */
enum mount_health mount_probe(const char *path, int timeout_ms);
