/* SPDX-License-Identifier: Apache-2.0 */

#include "control.h"

#include <errno.h>
#include <string.h>

/* Names never change their meaning, so that entries are cached for ever; sizes and times do. */
#define ENTRY_TIMEOUT 1e10 /* seconds */
#define ATTR_TIMEOUT  0.0
#define ROOT_TIMEOUT  1e10

/* In the order of the listing; the cookies are 3 and up. */
static const struct control_node nodes[] = {
	{ "control", 0600, NODEID_CONTROL },
	{ "machineconfig", 0400, NODEID_TEXT + CONTROL_MACHINECONFIG },
	{ "seccompprofiles", 0444, NODEID_TEXT + CONTROL_TABLE },
	{ "seccompprofiles.yaml", 0444, NODEID_TEXT + CONTROL_YAML },
	{ "seccompprofiles.json", 0444, NODEID_TEXT + CONTROL_JSON },
	{ "facts", 0444, NODEID_TEXT + CONTROL_FACTS },
	{ "metrics", 0444, NODEID_METRICS },
};

const struct control_node *control_node_find(fuse_ino_t nodeid)
{
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		if (nodes[i].nodeid == nodeid)
			return &nodes[i];
	}
	return NULL;
}

enum control_kind control_node_kind(const struct control_node *node)
{
	return (enum control_kind)(node->nodeid - NODEID_TEXT);
}

void control_plane_update(struct control_plane *plane)
{
	if (control_texts_update(&plane->texts, store_snapshot(plane->store)))
		clock_gettime(CLOCK_REALTIME, &plane->changed);
}

static void stat_root(const struct control_plane *plane, struct stat *st)
{
	*st = (struct stat){
		.st_ino = FUSE_ROOT_ID,
		.st_mode = S_IFDIR | 0755,
		.st_nlink = 2,
		.st_mtim = plane->started,
		.st_ctim = plane->started,
		.st_atim = plane->started,
	};
}

/*
 * The size of `control` is 0, as that of a file of proc: readers then read to the end, whereas a
 * size would send some to an offset, which means nothing here. So is that of `metrics`, which is
 * another text at each open. The others have their exact sizes, for programs that copy no more than
 * that (tar, scp). 0 or -ENOMEM.
 */
static int stat_node(struct control_plane *plane, const struct control_node *node, struct stat *st)
{
	size_t size = 0;
	int r = 0;

	*st = (struct stat){
		.st_ino = node->nodeid,
		.st_mode = S_IFREG | node->mode,
		.st_nlink = 1,
		.st_blksize = 4096,
		.st_mtim = plane->transacted,
	};
	if (node->nodeid == NODEID_METRICS) {
		clock_gettime(CLOCK_REALTIME, &st->st_mtim);
	} else if (node->nodeid != NODEID_CONTROL) {
		control_plane_update(plane);
		r = control_texts_size(&plane->texts, control_node_kind(node), &size);
		st->st_mtim = plane->changed;
	}
	st->st_size = (off_t)size;
	st->st_blocks = (blkcnt_t)((size + 511) / 512);
	st->st_ctim = st->st_mtim;
	st->st_atim = st->st_mtim;
	return r;
}

void control_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct control_plane *plane = session_userdata(req);
	struct fuse_entry_param entry = {
		.attr_timeout = ATTR_TIMEOUT,
		.entry_timeout = ENTRY_TIMEOUT,
	};
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(nodes) && parent == FUSE_ROOT_ID; i++) {
		if (strcmp(nodes[i].name, name) == 0) {
			entry.ino = nodes[i].nodeid;
			r = stat_node(plane, &nodes[i], &entry.attr);
		}
	}
	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_entry(req, &entry);
}

void control_getattr(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	struct control_plane *plane = session_userdata(req);
	const struct control_node *node = control_node_find(nodeid);
	const struct handle *handle = NULL;
	struct stat st;
	int r;

	if (nodeid == FUSE_ROOT_ID) {
		stat_root(plane, &st);
		fuse_reply_attr(req, &st, ROOT_TIMEOUT);
		return;
	}
	r = node ? stat_node(plane, node, &st) : -ESTALE;
	if (r) {
		fuse_reply_err(req, -r);
		return;
	}
	/* What is open has the size that it was opened with. */
	if (fi)
		handle = control_plane_find_handle(plane, fi->fh);
	if (handle && handle->text)
		st.st_size = (off_t)handle->text->n_data;
	fuse_reply_attr(req, &st, ATTR_TIMEOUT);
}

/* truncate(2) and times on `control` do nothing, since `>`, `cp -p` and touch(1) ask for them. */
void control_setattr(fuse_req_t req, fuse_ino_t nodeid, struct stat *attr, int to_set,
                     struct fuse_file_info *fi)
{
	if (to_set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		fuse_reply_err(req, EPERM);
	else if (nodeid != NODEID_CONTROL)
		fuse_reply_err(req, EACCES);
	else
		control_getattr(req, nodeid, fi);
}

void control_readdir(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
                     struct fuse_file_info *fi)
{
	static const char *const dots[] = { ".", ".." };
	char data[1024]; /* all entries fit */
	size_t n = 0;

	if (size > sizeof(data))
		size = sizeof(data);
	for (size_t i = (size_t)offset; i < ARRAY_SIZE(dots) + ARRAY_SIZE(nodes); i++) {
		bool is_dot = i < ARRAY_SIZE(dots);
		const struct control_node *node = is_dot ? NULL : &nodes[i - ARRAY_SIZE(dots)];
		struct stat st = {
			.st_ino = is_dot ? FUSE_ROOT_ID : node->nodeid,
			.st_mode = is_dot ? S_IFDIR : S_IFREG,
		};
		size_t n_entry = fuse_add_direntry(req, data + n, size - n,
		                                   is_dot ? dots[i] : node->name, &st,
		                                   (off_t)(i + 1));

		if (n_entry > size - n)
			break;
		n += n_entry;
	}
	fuse_reply_buf(req, data, n);
}
