/* SPDX-License-Identifier: Apache-2.0 */

#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "refuse.h"

/* Names never change their meaning, so that entries are cached for ever; sizes and times do. */
#define ENTRY_TIMEOUT 1e10 /* seconds */
#define ATTR_TIMEOUT  0.0
#define ROOT_TIMEOUT  1e10

struct control_node {
	const char *name;
	mode_t mode;
	fuse_ino_t nodeid;
};

/* In the order of the listing; the cookies are 3 and up. */
static const struct control_node nodes[] = {
	{ "control", 0600, NODEID_CONTROL },
	{ "machineconfig", 0400, NODEID_TEXT + CONTROL_MACHINECONFIG },
	{ "seccompprofiles", 0444, NODEID_TEXT + CONTROL_TABLE },
	{ "seccompprofiles.yaml", 0444, NODEID_TEXT + CONTROL_YAML },
	{ "seccompprofiles.json", 0444, NODEID_TEXT + CONTROL_JSON },
};

static const struct control_node *find_node(fuse_ino_t nodeid)
{
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++) {
		if (nodes[i].nodeid == nodeid)
			return &nodes[i];
	}
	return NULL;
}

static enum control_kind kind_of(const struct control_node *node)
{
	return (enum control_kind)(node->nodeid - NODEID_TEXT);
}

/* Transactions run in this thread only, so that what is current stays so for the whole request. */
static void update_snapshot(struct control_plane *plane)
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
 * size would send some to an offset, which means nothing here. The texts have their exact sizes,
 * for programs that copy no more than that (tar, scp). 0 or -ENOMEM.
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
	if (node->nodeid != NODEID_CONTROL) {
		update_snapshot(plane);
		r = control_texts_size(&plane->texts, kind_of(node), &size);
		st->st_mtim = plane->changed;
	}
	st->st_size = (off_t)size;
	st->st_blocks = (blkcnt_t)((size + 511) / 512);
	st->st_ctim = st->st_mtim;
	st->st_atim = st->st_mtim;
	return r;
}

static void control_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
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

static void control_getattr(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	struct control_plane *plane = session_userdata(req);
	const struct control_node *node = find_node(nodeid);
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
static void control_setattr(fuse_req_t req, fuse_ino_t nodeid, struct stat *attr, int to_set,
                            struct fuse_file_info *fi)
{
	if (to_set & (FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		fuse_reply_err(req, EPERM);
	else if (nodeid != NODEID_CONTROL)
		fuse_reply_err(req, EACCES);
	else
		control_getattr(req, nodeid, fi);
}

static int open_node(struct control_plane *plane, const struct control_node *node, pid_t thread,
                     struct handle *handle)
{
	if (node->nodeid == NODEID_CONTROL) {
		handle->file = control_file_new(plane->store, plane->max_patch, thread,
		                                &plane->transacted);
		return handle->file ? 0 : -ENOMEM;
	}
	update_snapshot(plane);
	handle->text = control_texts_make(&plane->texts, kind_of(node));
	return handle->text ? 0 : -ENOMEM;
}

static void control_open(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	struct control_plane *plane = session_userdata(req);
	const struct control_node *node = find_node(nodeid);
	struct handle handle = { 0 };
	int r;

	if (!node) {
		fuse_reply_err(req, ESTALE);
		return;
	}
	/* Also for root, as files of sysfs do it. */
	if (nodeid != NODEID_CONTROL && (fi->flags & (O_ACCMODE | O_TRUNC)) != O_RDONLY) {
		fuse_reply_err(req, EACCES);
		return;
	}
	r = open_node(plane, node, fuse_req_ctx(req)->pid, &handle);
	if (!r)
		r = control_plane_add_handle(plane, &handle);
	if (r) {
		control_file_free(handle.file);
		control_text_free(handle.text);
		fuse_reply_err(req, -r);
		return;
	}
	fi->fh = handle.id;
	fi->direct_io = 1;
	if (fuse_reply_open(req, fi))
		control_plane_release_handle(plane, handle.id);
}

/* A handle of a worker before this one: what was written through it is lost. */
static struct handle *handle_or_reply(fuse_req_t req, const struct fuse_file_info *fi)
{
	struct handle *handle = control_plane_find_handle(session_userdata(req), fi->fh);

	if (!handle)
		fuse_reply_err(req, EIO);
	return handle;
}

static void read_control(fuse_req_t req, struct control_file *file, size_t size, off_t offset)
{
	const char *data = NULL;
	size_t n = 0;
	int r = control_file_read(file, size, offset, &data, &n);

	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_buf(req, data, n);
}

static void control_read(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
                         struct fuse_file_info *fi)
{
	const struct handle *handle = handle_or_reply(req, fi);
	size_t begin = (size_t)offset;

	if (!handle)
		return;
	if (handle->file) {
		read_control(req, handle->file, size, offset);
		return;
	}
	if (begin > handle->text->n_data)
		begin = handle->text->n_data;
	if (size > handle->text->n_data - begin)
		size = handle->text->n_data - begin;
	fuse_reply_buf(req, handle->text->data + begin, size);
}

static void control_write(fuse_req_t req, fuse_ino_t nodeid, const char *data, size_t size,
                          off_t offset, struct fuse_file_info *fi)
{
	const struct handle *handle = handle_or_reply(req, fi);
	int r;

	if (!handle)
		return;
	if (!handle->file) {
		fuse_reply_err(req, EBADF);
		return;
	}
	r = control_file_write(handle->file, data, size, fuse_req_ctx(req)->pid);
	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_write(req, size);
}

static void control_flush(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	const struct handle *handle = handle_or_reply(req, fi);
	int r;

	if (!handle)
		return;
	if (!handle->file) {
		fuse_reply_err(req, 0);
		return;
	}
	r = control_file_flush(handle->file, fuse_req_ctx(req)->pid);
	fuse_reply_err(req, -r);
}

static void control_fsync(fuse_req_t req, fuse_ino_t nodeid, int datasync,
                          struct fuse_file_info *fi)
{
	const struct handle *handle = handle_or_reply(req, fi);
	int r = 0;

	if (!handle)
		return;
	if (handle->file)
		r = control_file_fsync(handle->file);
	fuse_reply_err(req, -r);
}

static void control_release(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	control_plane_release_handle(session_userdata(req), fi->fh);
	fuse_reply_err(req, 0);
}

static void control_readdir(fuse_req_t req, fuse_ino_t nodeid, size_t size, off_t offset,
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

/* What is left out is answered ENOSYS by libfuse: the kernel then does without (locks are its own,
 * poll(2) says ready) or says that it is not supported (ioctl, extended attributes). */
const struct fuse_lowlevel_ops control_ops = {
	.lookup = control_lookup,
	.getattr = control_getattr,
	.setattr = control_setattr,
	.open = control_open,
	.read = control_read,
	.write = control_write,
	.flush = control_flush,
	.fsync = control_fsync,
	.release = control_release,
	.readdir = control_readdir,
	.mknod = refuse_mknod,
	.mkdir = refuse_make,
	.unlink = refuse_remove,
	.rmdir = refuse_remove,
	.symlink = refuse_symlink,
	.rename = refuse_rename,
	.link = refuse_link,
	.create = refuse_create,
};
