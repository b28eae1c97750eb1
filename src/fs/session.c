/* SPDX-License-Identifier: Apache-2.0 */

#include "fs/session.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "base/log.h"
#include "fuse_api.h"

/* What the kernel wants to have room for besides the bytes of a WRITE, as libfuse counts it. */
#define HEADER_ROOM 4096

struct session {
	struct fuse_session *fuse; /* owns the descriptor */
	const char *name;          /* borrowed */
	int fd;                    /* borrowed from fuse */
	void *userdata;            /* borrowed */
	unsigned int max_write;
	unsigned int capabilities;
	int refusal;
	struct session_source source;
	char *buffer; /* one request */
	size_t buffer_size;
	/* Set when INIT was seen. Before that nothing can be cached in the kernel, and libfuse does
	 * not know yet which notifications it has. */
	atomic_bool is_initialised;
};

static void session_log(enum fuse_log_level level, const char *format, va_list args)
{
	char line[512];
	size_t n;

	vsnprintf(line, sizeof(line), format, args);
	n = strcspn(line, "\n");
	line[n] = '\0';
	log_message(level <= FUSE_LOG_ERR      ? LOG_LEVEL_ERROR
	            : level >= FUSE_LOG_NOTICE ? LOG_LEVEL_DEBUG
	                                       : LOG_LEVEL_WARNING,
	            "%s", line);
}

/* The list is fixed, so that every worker of a mount gives the kernel the same answer, with
 * whatever version of libfuse: its defaults are put aside. */
static void session_init(void *userdata, struct fuse_conn_info *conn)
{
	struct session *session = userdata;

	conn->max_write = session->max_write;
#ifdef HAVE_FUSE_WANT_EXT
	conn->want_ext = session->capabilities & conn->capable_ext;
#else
	conn->want = session->capabilities & conn->capable;
#endif
	atomic_store_explicit(&session->is_initialised, true, memory_order_release);
}

static ssize_t session_writev(int fd, struct iovec *iov, int n_iov, void *userdata)
{
	ssize_t n = writev(fd, iov, n_iov);

	/* A mount that goes away takes its requests along; to libfuse that is an interrupted one,
	 * which needs no message. */
	if (n < 0 && errno == ENODEV)
		errno = ENOENT;
	return n;
}

/* libfuse demands one; requests are read by read_request(). */
static ssize_t session_read(int fd, void *data, size_t n_data, void *userdata)
{
	return read(fd, data, n_data);
}

static int set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int session_new(const struct session_options *options, struct session **sessionp)
{
	static const struct fuse_custom_io io = { .writev = session_writev, .read = session_read };
	_cleanup_(session_freep) struct session *session = calloc(1, sizeof(*session));
	struct fuse_lowlevel_ops ops = *options->ops;
	char *argv[] = { (char *)options->name, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	int r;

	if (!session)
		return -ENOMEM;
	session->name = options->name;
	session->userdata = options->userdata;
	session->max_write = options->max_write;
	session->capabilities = options->capabilities;
	session->refusal = options->refusal;
	session->source = options->source;
	session->buffer_size = HEADER_ROOM + options->max_write;
	if (session->buffer_size < FUSE_MIN_READ_BUFFER)
		session->buffer_size = FUSE_MIN_READ_BUFFER;
	session->buffer = malloc(session->buffer_size);
	if (!session->buffer)
		return -ENOMEM;

	fuse_set_log_func(session_log);
	ops.init = session_init;
	session->fuse = fuse_session_new(&args, &ops, sizeof(ops), session);
	fuse_opt_free_args(&args);
	if (!session->fuse)
		return -ENOMEM;
	r = set_nonblocking(options->fd);
	if (r)
		return r;
	r = fuse_session_custom_io(session->fuse, &io, options->fd);
	if (r)
		return r;
	session->fd = options->fd;
	*sessionp = steal_ptr(session);
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	if (session->fuse)
		fuse_session_destroy(session->fuse);
	free(session->buffer);
	free(session);
}

void *session_userdata(struct fuse_req *req)
{
	struct session *session = fuse_req_userdata(req);

	return session->userdata;
}

void session_refuse(struct fuse_req *req)
{
	const struct session *session = fuse_req_userdata(req);

	fuse_reply_err(req, session->refusal);
}

/* Returns the bytes of one request, 0 when there is none (any more), or -errno: -ENODEV when the
 * mount went away, or was ended through /sys/fs/fuse/connections. */
static ssize_t read_request(struct session *session)
{
	ssize_t n = read(session->fd, session->buffer, session->buffer_size);

	if (n >= (ssize_t)sizeof(struct fuse_in_header))
		return n;
	if (n >= 0)
		return -EIO;
	/* ENOENT: the request was taken back between poll(2) and here. */
	if (errno == EAGAIN || errno == EINTR || errno == ENOENT)
		return 0;
	return -errno;
}

static int serve_one(struct session *session)
{
	struct fuse_buf request = { .mem = session->buffer };
	const struct fuse_in_header *header = (const void *)session->buffer;
	ssize_t n = read_request(session);

	if (n <= 0)
		return (int)n;
	/* Whatever it interrupts has been answered: requests are served one at a time. libfuse
	 * would keep it for a request that never comes. */
	if (header->opcode == FUSE_INTERRUPT)
		return 0;
	request.size = (size_t)n;
	fuse_session_process_buf(session->fuse, &request);
	return fuse_session_exited(session->fuse) ? -EPROTO : 0;
}

static void ask_source(const struct session_source *source)
{
	if (source->ready)
		source->ready(source->userdata);
}

int session_run(struct session *session, int stop_fd, bool *unmountedp)
{
	struct pollfd fds[] = {
		{ .fd = session->fd, .events = POLLIN },
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = session->source.ready ? session->source.fd : -1, .events = POLLIN },
	};
	int r = 0;

	*unmountedp = false;
	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (fds[1].revents)
			return 0;
		if (fds[0].revents)
			r = serve_one(session);
		if (r == -ENODEV) {
			*unmountedp = true;
			return 0;
		}
		if (r)
			return r;
		if (fds[2].revents)
			ask_source(&session->source);
	}
}

static int invalidated(int r)
{
	/* Not known, or not mounted any more. */
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

int session_invalidate_entry(struct session *session, uint64_t parent, const char *name)
{
	if (!atomic_load_explicit(&session->is_initialised, memory_order_acquire))
		return 0;
	return invalidated(
		fuse_lowlevel_notify_inval_entry(session->fuse, parent, name, strlen(name)));
}

int session_invalidate_inode(struct session *session, uint64_t nodeid)
{
	if (!atomic_load_explicit(&session->is_initialised, memory_order_acquire))
		return 0;
	return invalidated(fuse_lowlevel_notify_inval_inode(session->fuse, nodeid, 0, 0));
}
