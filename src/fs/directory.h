#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The order in which a snapshot's names are listed, and the cookies by which a listing goes on.
 *
 * OPENDIR is not served, so nothing is kept between two READDIRs of one listing, and a commit or
 * a restart may come between them. Hence a name's cookie is a hash of the name: it is
 * the same in every snapshot, whatever else comes or goes, and a name that stays is neither
 * skipped nor listed twice. Two names with one hash would differ by one; with 62 bits that does not
 * happen.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "model/snapshot.h"

struct directory_entry {
	uint64_t cookie;         /* grows from entry to entry; fits off_t */
	struct profile *profile; /* borrowed from the snapshot */
};

struct directory {
	struct snapshot *snapshot; /* a reference */
	size_t n_entries;
	struct directory_entry entries[];
};

#define DIRECTORY_COOKIE_FIRST 8 /* below: `.` and its kin */

/* Returns owned, or NULL. Takes a reference. */
struct directory *directory_new(struct snapshot *snapshot);
void directory_free(struct directory *directory);
DEFINE_CLEANUP(struct directory *, directory_free);

/* The index of the first entry behind cookie; n_entries when there is none. */
size_t directory_seek(const struct directory *directory, uint64_t cookie);
