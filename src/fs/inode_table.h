#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Nodeids to versions of profiles: those of the current snapshot, and older ones, so that whoever
 * has an old version open reads it to its end. An old one stays for as long as the kernel holds a
 * reference that we gave (its lookup count, see FORGET). But a process before this one may have
 * given others, which nobody has counted: so the newest old ones stay anyway. Not thread safe.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "model/snapshot.h"

#define INODE_TABLE_KEPT_MAX (16UL << 20) /* bytes of the old ones that stay anyway */
#define INODE_TABLE_KEPT_ADD 256          /* bytes that one of them counts besides its content */

struct inode_table;

/* Returns owned, or NULL. */
struct inode_table *inode_table_new(void);
void inode_table_free(struct inode_table *table);
DEFINE_CLEANUP(struct inode_table *, inode_table_free);

/* The profile is one of the current snapshot; a reference is taken. 0 or -ENOMEM. */
_must_check_ int inode_table_add(struct inode_table *table, struct profile *profile);

/* It is no longer, and one of the old from now on. */
void inode_table_retire(struct inode_table *table, uint64_t nodeid);

/* The profile is an old one, the newest of them. 0 or -ENOMEM. */
_must_check_ int inode_table_keep(struct inode_table *table, struct profile *profile);

/* Counts one lookup of profile, which may have been retired meanwhile. 0 or -ENOMEM. */
_must_check_ int inode_table_remember(struct inode_table *table, struct profile *profile);

void inode_table_forget(struct inode_table *table, uint64_t nodeid, uint64_t n_lookups);

/* Returns borrowed until the table changes, or NULL. */
struct profile *inode_table_get(const struct inode_table *table, uint64_t nodeid);

size_t inode_table_size(const struct inode_table *table);
