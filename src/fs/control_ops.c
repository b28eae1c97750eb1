/* SPDX-License-Identifier: Apache-2.0 */

#include "control.h"

#include <errno.h>
#include <fcntl.h>

#include "fs/notifier.h"
#include "refuse.h"

#define RELEASES_MAX 16 /* files that are closed without a rest of 20 ms between */

static int open_node(struct control_plane *plane, const struct control_node *node, pid_t thread,
                     struct handle *handle)
{
	const struct control_file_listener listener = { control_plane_transacted, plane };

	if (node->nodeid == NODEID_CONTROL) {
		handle->file = control_file_new(plane->store, plane->max_patch, plane->notifier_fd,
		                                thread, &listener);
		return handle->file ? 0 : -ENOMEM;
	}
	if (node->nodeid == NODEID_METRICS) {
		handle->text = control_plane_metrics(plane);
		return handle->text ? 0 : -ENOMEM;
	}
	control_plane_update(plane);
	handle->text = control_texts_make(&plane->texts, control_node_kind(node));
	return handle->text ? 0 : -ENOMEM;
}

static void control_open(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	struct control_plane *plane = session_userdata(req);
	const struct control_node *node = control_node_find(nodeid);
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
		r = control_plane_add_handle(plane, &handle, (fi->flags & O_ACCMODE) != O_RDONLY);
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

/* A handle of a worker before this one is lost. A request that this has answered already gets no
 * other answer, so that its writer has not been told. */
static struct handle *handle_or_reply(fuse_req_t req, const struct fuse_file_info *fi)
{
	struct control_plane *plane = session_userdata(req);
	struct handle *handle = control_plane_find_handle(plane, fi->fh);

	if (!handle && !fuse_reply_err(req, EIO))
		control_lost_told(plane, fi->fh);
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
	struct control_plane *plane = session_userdata(req);
	const struct handle *handle = handle_or_reply(req, fi);
	size_t begin = (size_t)offset;

	if (!handle)
		return;
	if (handle->file) {
		control_begin(plane, handle, false);
		read_control(req, handle->file, size, offset);
		control_end(plane, handle);
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
	struct control_plane *plane = session_userdata(req);
	const struct handle *handle = handle_or_reply(req, fi);
	int r;

	if (!handle)
		return;
	if (!handle->file) {
		fuse_reply_err(req, EBADF);
		return;
	}
	control_begin(plane, handle, true);
	r = control_file_write(handle->file, data, size, offset, fuse_req_ctx(req)->pid);
	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_write(req, size);
	control_end(plane, handle);
}

static void control_flush(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	struct control_plane *plane = session_userdata(req);
	const struct handle *handle = control_plane_find_handle(plane, fi->fh);
	pid_t thread = fuse_req_ctx(req)->pid;

	if (!handle) {
		fuse_reply_err(req, -control_lost_flush(plane, fi->fh, thread));
		return;
	}
	if (!handle->file) {
		fuse_reply_err(req, 0);
		return;
	}
	control_begin(plane, handle, false);
	fuse_reply_err(req, -control_file_flush(handle->file, thread));
	control_end(plane, handle);
}

static void control_fsync(fuse_req_t req, fuse_ino_t nodeid, int datasync,
                          struct fuse_file_info *fi)
{
	struct control_plane *plane = session_userdata(req);
	const struct handle *handle = handle_or_reply(req, fi);

	if (!handle)
		return;
	if (!handle->file) {
		fuse_reply_err(req, 0);
		return;
	}
	control_begin(plane, handle, false);
	fuse_reply_err(req, -control_file_fsync(handle->file));
	control_end(plane, handle);
}

_Static_assert(STORE_N_LEAVINGS <= NOTIFIER_CLOSE_MAX,
               "the notifier takes all that a store leaves");

static void close_leavings(struct control_plane *plane, bool at_rest)
{
	int fds[STORE_N_LEAVINGS];
	size_t n_fds = store_take_leavings(plane->store, at_rest, fds);

	notifier_close(plane->notifier_fd, fds, n_fds);
	plane->is_closing = plane->is_closing || n_fds;
}

bool control_make_room(void *userdata)
{
	struct control_plane *plane = userdata;
	bool was_closing = plane->is_closing;

	if (was_closing)
		notifier_wait_closed(plane->notifier_fd);
	plane->is_closing = false;
	return was_closing;
}

int control_rest(void *userdata)
{
	struct control_plane *plane = userdata;

	close_leavings(plane, true);
	plane->n_releases = 0;
	return plane->idle.run ? plane->idle.run(plane->idle.userdata) : -1;
}

/* Whoever asks all the time gets a little done as well. */
static void work_between(struct control_plane *plane)
{
	if (!plane->idle.run || ++plane->n_releases % RELEASES_MAX)
		return;
	if (plane->idle.run(plane->idle.userdata) < 0)
		plane->n_releases = 0;
}

/* The close(2) of the writer is over: the kernel asks for RELEASE behind it. But he may have another
 * patch, which would wait for us. */
static void tidy(struct control_plane *plane)
{
	control_plane_update(plane);
	store_tidy(plane->store);
	close_leavings(plane, false);
}

static void control_release(fuse_req_t req, fuse_ino_t nodeid, struct fuse_file_info *fi)
{
	struct control_plane *plane = session_userdata(req);
	const struct handle *handle = control_plane_find_handle(plane, fi->fh);

	if (handle && handle->file)
		control_begin(plane, handle, false);
	control_plane_release_handle(plane, fi->fh);
	fuse_reply_err(req, 0);
	control_lost_told(plane, fi->fh);
	tidy(plane);
	work_between(plane);
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
