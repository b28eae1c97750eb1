/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A session outlives its process. The kernel sends INIT once per mount and hands over each request
 * once; so both are kept in a struct flight. A process that finds an INIT there is a successor: it
 * lets libfuse have those bytes again, and keeps the answer from the kernel, which has one already.
 * Then it serves what its predecessor had taken and not answered. The kernel refuses a second
 * answer with ENOENT, which libfuse takes for that of an interrupted request.
 */

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
#include "flight.h"
#include "fs/notifier.h"
#include "fuse_api.h"
#include "readable.h"

#define REST_MS 20 /* without a request */

/* What the kernel wants to have room for besides the bytes of a WRITE, as libfuse counts it. */
#define HEADER_ROOM 4096

struct session {
	struct fuse_session *fuse; /* owns the descriptor */
	const char *name;          /* borrowed */
	int fd;                    /* borrowed from fuse */
	void *userdata;            /* borrowed */
	unsigned int max_write;
	unsigned int capabilities;
	unsigned int max_pages;
	int refusal;
	struct session_source source;
	int (*rest)(void *userdata);
	size_t request_size;                  /* bytes of the largest */
	int notifier_fd;                      /* borrowed; -1: no notifications */
	struct notifier_packet notifications; /* of the thread that sends them */
	int wait_fd; /* for what is to be served; -1: before the first session_run() */
	struct flight *flight;
	void *request;        /* in flight: its slot; NULL: none */
	uint64_t init_unique; /* of the INIT that is being answered; 0: none is */
	bool is_successor;    /* of a process that served the mount before */
	bool is_replaying;    /* the kernel has the answer to that already */
	bool is_refused;      /* it got another one than ours */
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

static size_t iov_size(const struct iovec *iov, int n_iov)
{
	size_t size = 0;

	for (int i = 0; i < n_iov; i++)
		size += iov[i].iov_len;
	return size;
}

/* libfuse derives it from the size of a WRITE; but a READ and a READDIR are small requests with large
 * answers. */
static void set_max_pages(const struct session *session, const struct iovec *iov, int n_iov)
{
	struct fuse_init_out *answer = n_iov > 1 ? iov[1].iov_base : NULL;

	if (answer && iov[1].iov_len >= offsetof(struct fuse_init_out, map_alignment) &&
	    answer->flags & FUSE_MAX_PAGES && session->max_pages)
		answer->max_pages = (uint16_t)session->max_pages;
}

/* The answer to INIT is fixed for the life of the mount. */
static int agree(struct session *session, const struct iovec *iov, int n_iov)
{
	char answer[FLIGHT_INIT_MAX];
	size_t n = 0;

	if (iov_size(iov, n_iov) > sizeof(answer))
		return -EFBIG;
	for (int i = 0; i < n_iov; i++) {
		memcpy(answer + n, iov[i].iov_base, iov[i].iov_len);
		n += iov[i].iov_len;
	}
	return flight_agree(session->flight, answer, n);
}

static void end_request(struct session *session, uint64_t unique)
{
	const struct fuse_in_header *request = session->request;

	if (request && request->unique == unique)
		flight_clear(session->flight, steal_ptr(session->request));
}

/* libfuse calls this for replies, in the session's thread, and for notifications, which have no
 * number, in others. */
static ssize_t session_writev(int fd, struct iovec *iov, int n_iov, void *userdata)
{
	struct session *session = userdata;
	const struct fuse_out_header *header = iov[0].iov_base;
	uint64_t unique = header->unique;
	ssize_t n;

	if (!unique) {
		int r = notifier_send(session->notifier_fd, &session->notifications, iov, n_iov);

		errno = -r;
		return r ? -1 : (ssize_t)iov_size(iov, n_iov);
	}
	if (unique == session->init_unique) {
		set_max_pages(session, iov, n_iov);
		session->is_refused = agree(session, iov, n_iov);
		if (session->is_refused || session->is_replaying)
			return (ssize_t)iov_size(iov, n_iov);
	}
	n = writev(fd, iov, n_iov);
	end_request(session, unique);

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

/* INIT or another request. 0, or -EPROTO when the kernel and libfuse, or this program and the one
 * before it, do not agree. */
static int process(struct session *session, void *bytes, size_t n_bytes)
{
	const struct fuse_in_header *header = bytes;
	struct fuse_buf request = { .mem = bytes, .size = n_bytes };

	session->init_unique = header->opcode == FUSE_INIT ? header->unique : 0;
	fuse_session_process_buf(session->fuse, &request);
	session->init_unique = 0;
	if (!session->is_refused)
		return fuse_session_exited(session->fuse) ? -EPROTO : 0;
	log_error("%s: mounted by another version, which had another answer for the kernel: "
	          "unmount, and mount again",
	          session->name);
	return -EPROTO;
}

/* An INIT that is still in flight has no answer yet; it is among the requests to be served. */
static bool has_init_in_flight(const struct session *session)
{
	for (size_t i = 0; i < FLIGHT_N_SLOTS; i++) {
		size_t n;
		const struct fuse_in_header *header = flight_get(session->flight, i, &n);

		if (header && header->opcode == FUSE_INIT)
			return true;
	}
	return false;
}

static int replay_init(struct session *session)
{
	char copy[FLIGHT_INIT_MAX];
	size_t n;
	const void *init = flight_init(session->flight, &n);
	int r;

	session->is_successor = init;
	if (!init || has_init_in_flight(session))
		return 0;
	memcpy(copy, init, n);
	session->is_replaying = true;
	r = process(session, copy, n);
	session->is_replaying = false;
	return r;
}

static int open_flight(struct session *session, int fd)
{
	int r = flight_new(fd, session->request_size, &session->flight);

	if (r == -EPROTO)
		log_error("%s: mounted by another version: unmount, and mount again",
		          session->name);
	return r;
}

/* A copy, which libfuse closes: the caller's is still his own when we fail. */
static int take_fd(struct session *session, int fd)
{
	static const struct fuse_custom_io io = { .writev = session_writev, .read = session_read };
	_cleanup_(closep) int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	int r;

	if (copy < 0)
		return -errno;
	r = set_nonblocking(copy);
	if (!r)
		r = fuse_session_custom_io(session->fuse, &io, copy);
	if (!r)
		session->fd = steal_fd(&copy);
	return r;
}

int session_new(const struct session_options *options, struct session **sessionp)
{
	_cleanup_(session_freep) struct session *session = calloc(1, sizeof(*session));
	struct fuse_lowlevel_ops ops = *options->ops;
	char *argv[] = { (char *)options->name, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	int r;

	if (!session)
		return -ENOMEM;
	session->wait_fd = -1;
	session->name = options->name;
	session->userdata = options->userdata;
	session->max_write = options->max_write;
	session->capabilities = options->capabilities;
	session->max_pages = options->max_pages;
	session->refusal = options->refusal;
	session->source = options->source;
	session->rest = options->rest;
	session->notifier_fd = options->notifier_fd;
	session->request_size = HEADER_ROOM + options->max_write;
	if (session->request_size < FUSE_MIN_READ_BUFFER)
		session->request_size = FUSE_MIN_READ_BUFFER;
	r = open_flight(session, options->flight_fd);
	if (r)
		return r;

	fuse_set_log_func(session_log);
	ops.init = session_init;
	session->fuse = fuse_session_new(&args, &ops, sizeof(ops), session);
	fuse_opt_free_args(&args);
	if (!session->fuse)
		return -ENOMEM;
	r = take_fd(session, options->fd);
	if (!r)
		r = replay_init(session);
	if (r)
		return r;
	close(options->fd);
	*sessionp = steal_ptr(session);
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	if (session->fuse)
		fuse_session_destroy(session->fuse);
	flight_free(session->flight);
	closep(&session->wait_fd);
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

/* Reads one request into its slot. Returns its bytes, 0 when there is none (any more), or -errno:
 * -ENODEV when the mount went away, or was ended through /sys/fs/fuse/connections. */
static ssize_t read_request(struct session *session)
{
	ssize_t n = read(session->fd, session->request, session->request_size);

	if (n >= (ssize_t)sizeof(struct fuse_in_header))
		return n;
	if (n >= 0)
		return -EIO;
	/* ENOENT: the request was taken back between poll(2) and here. */
	if (errno == EAGAIN || errno == EINTR || errno == ENOENT)
		return 0;
	return -errno;
}

/* The request in the session's slot, which is empty afterwards. */
static int serve_request(struct session *session, size_t n_bytes)
{
	const struct fuse_in_header *header = session->request;
	int r = 0;

	if (header->opcode == FUSE_INIT)
		r = flight_set_init(session->flight, header, n_bytes);
	/* Whatever it interrupts has been answered: requests are served one at a time. libfuse
	 * would keep it for a request that never comes. */
	if (!r && header->opcode != FUSE_INTERRUPT)
		r = process(session, session->request, n_bytes);
	/* What nobody answers, a FORGET. */
	if (session->request)
		flight_clear(session->flight, steal_ptr(session->request));
	return r;
}

static int serve_one(struct session *session)
{
	ssize_t n;

	session->request = flight_take(session->flight);
	if (!session->request)
		return -EBUSY;
	n = read_request(session);
	if (n > 0)
		return serve_request(session, (size_t)n);
	flight_clear(session->flight, steal_ptr(session->request));
	return (int)n;
}

/* A request that workers die of must not be the end of all. */
static void give_up(struct session *session, void *request)
{
	const struct fuse_in_header *header = request;
	struct fuse_out_header answer = { .len = sizeof(answer),
		                          .error = -EIO,
		                          .unique = header->unique };

	log_error("%s: a request (%u) was in flight when %d workers died: it fails", session->name,
	          header->opcode, FLIGHT_DEATHS_MAX);
	/* The kernel wants no answer to some, and knows. */
	if (write(session->fd, &answer, sizeof(answer)) < 0)
		log_debug("%s: nobody waits for it", session->name);
	flight_clear(session->flight, request);
}

/* Serves what a process before this one has taken. */
static int serve_in_flight(struct session *session)
{
	int r = 0;

	for (size_t i = 0; i < FLIGHT_N_SLOTS && !r; i++) {
		size_t n;
		void *request = flight_get(session->flight, i, &n);

		if (!request)
			continue;
		if (flight_count_death(session->flight, request) >= FLIGHT_DEATHS_MAX) {
			give_up(session, request);
			continue;
		}
		session->request = request;
		r = serve_request(session, n);
	}
	return r;
}

static bool is_readable(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	return poll(&readable, 1, 0) > 0;
}

/* Before a request: what it asks for may have been changed by whoever sends it. False: that was the
 * end. */
static bool ask_source(const struct session_source *source, int stop_fd)
{
	if (source->ready)
		source->ready(source->userdata);
	return !is_readable(stop_fd);
}

/* What is waited for. */
enum { HAS_REQUEST = 1, HAS_STOP = 2, HAS_SOURCE = 4 };

/* At the first call. 0 or -errno. */
static int begin_waiting(struct session *session, int stop_fd)
{
	const int fds[] = { session->fd, stop_fd, session->source.ready ? session->source.fd : -1 };
	int r;

	if (session->wait_fd >= 0)
		return 0;
	r = readable_open(fds, ARRAY_SIZE(fds));
	if (r < 0)
		return r;
	session->wait_fd = r;
	return 0;
}

/* Returns how long to wait for the next thing. */
static int rest(const struct session *session)
{
	return session->rest ? session->rest(session->userdata) : -1;
}

int session_run(struct session *session, int stop_fd, bool *unmountedp)
{
	const int rest_ms = session->rest ? REST_MS : -1;
	int r = begin_waiting(session, stop_fd), limit_ms = rest_ms;

	flight_serve(session->flight);
	r = r ? r : serve_in_flight(session);
	*unmountedp = false;
	while (!r) {
		int found = readable_wait(session->wait_fd, limit_ms);

		if (found < 0)
			return found;
		if (found & HAS_STOP ||
		    (found & HAS_SOURCE && !ask_source(&session->source, stop_fd)))
			return 0;
		if (found & HAS_REQUEST)
			r = serve_one(session);
		limit_ms = found ? rest_ms : rest(session);
	}
	*unmountedp = r == -ENODEV;
	return *unmountedp ? 0 : r;
}

int session_invalidate_entry(struct session *session, uint64_t parent, const char *name)
{
	if (!atomic_load_explicit(&session->is_initialised, memory_order_acquire))
		return 0;
	return fuse_lowlevel_notify_inval_entry(session->fuse, parent, name, strlen(name));
}

int session_invalidate_inode(struct session *session, uint64_t nodeid)
{
	if (!atomic_load_explicit(&session->is_initialised, memory_order_acquire))
		return 0;
	return fuse_lowlevel_notify_inval_inode(session->fuse, nodeid, 0, 0);
}

int session_sync_notifications(struct session *session)
{
	return notifier_sync(session->notifier_fd, &session->notifications);
}

struct ledger *session_ledger(const struct session *session)
{
	return flight_ledger(session->flight);
}

bool session_is_successor(const struct session *session)
{
	return session->is_successor;
}
