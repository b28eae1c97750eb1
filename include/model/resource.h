#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The profiles as resources, in the formats of `talosctl get` (docs/resources.md). */

#include "base/buffer.h"
#include "base/util.h"
#include "model/snapshot.h"

#define RESOURCE_NAMESPACE "cri"
#define RESOURCE_TYPE      "SeccompProfiles.cri.talos.dev"
#define RESOURCE_TYPE_NAME "SeccompProfile" /* in tables */
#define RESOURCE_PHASE     "running"
#define RESOURCE_DENIED    "seccompfs/denied" /* annotation: what machine.seccompDeny took from it */

struct resource_row {
	const char *node;
	const char *id;
	uint64_t version;
};

/* The aligned table: columns NODE NAMESPACE TYPE ID VERSION, padded to the widest cell in code
 * points + 3, the last not padded; the header alone when n_rows is 0. Control characters cannot
 * occur in ids. */
void resource_write_table(const struct resource_row *rows, size_t n_rows, struct buffer *out);

/* The table of all profiles of a snapshot. */
void resource_write_snapshot_table(const struct snapshot *snapshot, const char *node,
                                   struct buffer *out);

/* Documents separated by `---`: {node, metadata: {namespace, type, id, version, phase, created,
 * updated, annotations where something is denied}, spec: {name, value}}, indent 4, times RFC 3339 in seconds, UTC. 0, -ENOMEM, or what
 * snapshot_borrow_bytes() said. */
_must_check_ int resource_write_yaml(const struct snapshot *snapshot, const char *node,
                                     struct buffer *out);

/* One array of the same objects, keys sorted, indent 4, 64-bit integers exact. Errors as above. */
_must_check_ int resource_write_json(const struct snapshot *snapshot, const char *node,
                                     struct buffer *out);
