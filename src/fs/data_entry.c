/* SPDX-License-Identifier: Apache-2.0 */

#include "data.h"

#include <string.h>

void data_plane_stat_root(struct data_plane *plane, struct stat *st)
{
	*st = (struct stat){ .st_ino = FUSE_ROOT_ID, .st_mode = S_IFDIR | 0555, .st_nlink = 2 };
	pthread_mutex_lock(&plane->lock);
	st->st_mtim = plane->changed;
	pthread_mutex_unlock(&plane->lock);
	st->st_ctim = st->st_mtim;
	st->st_atim = st->st_mtim;
}

void data_plane_stat_control(const struct data_plane *plane, struct stat *st)
{
	*st = (struct stat){
		.st_ino = NODEID_CONTROL,
		.st_mode = S_IFLNK | 0777,
		.st_nlink = 1,
		.st_size = (off_t)strlen(plane->control_target),
		.st_mtim = plane->started,
		.st_ctim = plane->started,
		.st_atim = plane->started,
	};
}

void data_plane_stat_profile(const struct profile *profile, struct stat *st)
{
	*st = (struct stat){
		.st_ino = profile->nodeid,
		.st_mode = S_IFREG | 0444,
		.st_nlink = 1,
		.st_size = (off_t)profile->n_bytes,
		.st_blocks = (blkcnt_t)((profile->n_bytes + 511) / 512),
		.st_blksize = 4096,
		.st_mtim = profile->updated,
		.st_ctim = profile->updated,
		.st_atim = profile->updated,
	};
}

void data_plane_enter_control(const struct data_plane *plane, struct fuse_entry_param *entry)
{
	*entry = (struct fuse_entry_param){
		.ino = NODEID_CONTROL,
		.attr_timeout = FOREVER,
		.entry_timeout = FOREVER,
	};
	data_plane_stat_control(plane, &entry->attr);
}

int data_plane_enter(struct data_plane *plane, struct profile *profile,
                     struct fuse_entry_param *entry)
{
	int r;

	*entry = (struct fuse_entry_param){
		.ino = profile->nodeid,
		.attr_timeout = FOREVER,
		.entry_timeout = FOREVER,
	};
	data_plane_stat_profile(profile, &entry->attr);
	pthread_mutex_lock(&plane->lock);
	r = inode_table_remember(plane->inodes, profile);
	pthread_mutex_unlock(&plane->lock);
	return r;
}

void data_plane_forget(struct data_plane *plane, uint64_t nodeid, uint64_t n_lookups)
{
	pthread_mutex_lock(&plane->lock);
	inode_table_forget(plane->inodes, nodeid, n_lookups);
	pthread_mutex_unlock(&plane->lock);
}

struct profile *data_plane_profile(struct data_plane *plane, fuse_ino_t nodeid)
{
	struct profile *profile;

	pthread_mutex_lock(&plane->lock);
	profile = inode_table_get(plane->inodes, nodeid);
	if (profile)
		profile_ref(profile);
	pthread_mutex_unlock(&plane->lock);
	return profile;
}
