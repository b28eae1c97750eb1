/* SPDX-License-Identifier: Apache-2.0 */

#include "inode_table.h"

#include <errno.h>

#define BUCKETS_MIN 64 /* a power of two */

struct inode {
	struct inode *next;
	struct profile *profile; /* its nodeid is the key */
	uint64_t n_lookups;
	bool is_current;
	bool is_kept;
	struct inode *newer; /* of those that are kept */
};

struct inode_table {
	struct inode **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_inodes;
	struct inode *oldest; /* of those that are kept */
	struct inode *newest;
	size_t n_kept; /* bytes */
};

struct inode_table *inode_table_new(void)
{
	_cleanup_(inode_table_freep) struct inode_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->buckets = calloc(BUCKETS_MIN, sizeof(struct inode *));
	if (!table->buckets)
		return NULL;
	table->n_buckets = BUCKETS_MIN;
	return steal_ptr(table);
}

static void inode_free(struct inode *inode)
{
	profile_unref(inode->profile);
	free(inode);
}

void inode_table_free(struct inode_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->n_buckets; i++) {
		while (table->buckets[i]) {
			struct inode *inode = table->buckets[i];

			table->buckets[i] = inode->next;
			inode_free(inode);
		}
	}
	free(table->buckets);
	free(table);
}

/* Nodeids are handed out one after the other: their low bits spread well. */
static struct inode **find(const struct inode_table *table, uint64_t nodeid)
{
	struct inode **inode = &table->buckets[nodeid & (table->n_buckets - 1)];

	while (*inode && (*inode)->profile->nodeid != nodeid)
		inode = &(*inode)->next;
	return inode;
}

static int grow(struct inode_table *table)
{
	struct inode_table larger = { .n_buckets = table->n_buckets * 2 };

	larger.buckets = calloc(larger.n_buckets, sizeof(struct inode *));
	if (!larger.buckets)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_buckets; i++) {
		while (table->buckets[i]) {
			struct inode *inode = table->buckets[i];
			struct inode **end = find(&larger, inode->profile->nodeid);

			table->buckets[i] = inode->next;
			inode->next = NULL;
			*end = inode;
		}
	}
	free(table->buckets);
	table->buckets = larger.buckets;
	table->n_buckets = larger.n_buckets;
	return 0;
}

/* Returns borrowed the inode of profile, made when there is none, or NULL without memory. */
static struct inode *get_or_make(struct inode_table *table, struct profile *profile)
{
	struct inode **inode = find(table, profile->nodeid);

	if (*inode)
		return *inode;
	if (table->n_inodes >= table->n_buckets && grow(table) == 0)
		inode = find(table, profile->nodeid);
	*inode = calloc(1, sizeof(**inode));
	if (!*inode)
		return NULL;
	(*inode)->profile = profile_ref(profile);
	table->n_inodes++;
	return *inode;
}

static void drop_if_unused(struct inode_table *table, struct inode **slot)
{
	struct inode *inode = *slot;

	if (inode->is_current || inode->is_kept || inode->n_lookups)
		return;
	*slot = inode->next;
	inode_free(inode);
	table->n_inodes--;
}

int inode_table_add(struct inode_table *table, struct profile *profile)
{
	struct inode *inode = get_or_make(table, profile);

	if (!inode)
		return -ENOMEM;
	inode->is_current = true;
	return 0;
}

static size_t kept_size(const struct inode *inode)
{
	return inode->profile->n_bytes + INODE_TABLE_KEPT_ADD;
}

static void let_go_of_oldest(struct inode_table *table)
{
	struct inode *inode = table->oldest;

	table->oldest = inode->newer;
	if (!table->oldest)
		table->newest = NULL;
	table->n_kept -= kept_size(inode);
	inode->is_kept = false;
	drop_if_unused(table, find(table, inode->profile->nodeid));
}

static void keep(struct inode_table *table, struct inode *inode)
{
	if (inode->is_kept || inode->is_current)
		return;
	inode->is_kept = true;
	inode->newer = NULL;
	if (table->newest)
		table->newest->newer = inode;
	else
		table->oldest = inode;
	table->newest = inode;
	table->n_kept += kept_size(inode);
	while (table->oldest && table->n_kept > INODE_TABLE_KEPT_MAX)
		let_go_of_oldest(table);
}

void inode_table_retire(struct inode_table *table, uint64_t nodeid)
{
	struct inode *inode = *find(table, nodeid);

	if (!inode)
		return;
	inode->is_current = false;
	keep(table, inode);
}

int inode_table_keep(struct inode_table *table, struct profile *profile)
{
	struct inode *inode = get_or_make(table, profile);

	if (!inode)
		return -ENOMEM;
	keep(table, inode);
	return 0;
}

int inode_table_remember(struct inode_table *table, struct profile *profile)
{
	struct inode *inode = get_or_make(table, profile);

	if (!inode)
		return -ENOMEM;
	inode->n_lookups++;
	return 0;
}

void inode_table_forget(struct inode_table *table, uint64_t nodeid, uint64_t n_lookups)
{
	struct inode **inode = find(table, nodeid);

	if (!*inode)
		return;
	/* More than we counted: lookups of a worker before this one. */
	if (n_lookups > (*inode)->n_lookups)
		n_lookups = (*inode)->n_lookups;
	(*inode)->n_lookups -= n_lookups;
	drop_if_unused(table, inode);
}

struct profile *inode_table_get(const struct inode_table *table, uint64_t nodeid)
{
	const struct inode *inode = *find(table, nodeid);

	return inode ? inode->profile : NULL;
}

size_t inode_table_size(const struct inode_table *table)
{
	return table->n_inodes;
}
