/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Requests to both planes, which are the real ones; a socket stands for /dev/fuse, whose messages
 * are whole as well. The input is a list of requests (request.h), each with a byte in front: its
 * operation, and in the highest bit its plane. One number is no operation: it replaces the worker of
 * the plane by another one, which goes on with what the first has left.
 *
 * Each request that wants an answer gets just one, with its number, of a form that the kernel
 * accepts; the others get none. A GETATTR of the root goes behind each, so that its answer tells
 * when all that came before has been answered: one thread is enough, and nothing is waited for.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/log.h"
#include "fs/control_plane.h"
#include "fs/data_plane.h"
#include "fs/notifier.h"
#include "memory_store.h"
#include "request.h"

#define REQUESTS_MAX   64 /* of one input */
#define ANSWER_MAX     ((size_t)256 << 10)
#define MAX_PATCH      ((size_t)64 << 10)
#define OPCODE_REPLACE 0x7f

/* One of the two, with its worker. */
struct plane {
	bool is_control;
	struct data_plane *data;       /* NULL: of the control plane, or it ended */
	struct control_plane *control; /* likewise */
	int flight_fd;
	int kernel_fd; /* what the kernel has */
	int worker_fd; /* what the worker gets copies of */
	uint64_t next_unique;
	bool is_connected;  /* INIT has succeeded: before that libfuse answers all with EIO */
	struct known nodes; /* what LOOKUP gave */
	struct known handles;
};

struct worker {
	struct store store;
	struct plane planes[2]; /* data, control */
};

/* Of the whole program: it is a process. */
static int notifier_fd = -1;

static void publish(void *userdata, struct snapshot *before, struct snapshot *after)
{
	const struct worker *worker = userdata;

	/* What is fuzzed may have agreed to a kernel that knows no notifications. */
	if (worker->planes[0].data && data_plane_publish(worker->planes[0].data, before, after))
		return;
}

static int new_control(struct worker *worker, struct plane *plane, int fd)
{
	const struct control_plane_options options = {
		.fd = fd,
		.flight_fd = plane->flight_fd,
		.store = &worker->store,
		.node = "node-1",
		.max_patch = MAX_PATCH,
		.notifier_fd = notifier_fd,
	};

	return control_plane_new(&options, &plane->control);
}

static int new_data(struct worker *worker, struct plane *plane, int fd)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = store_snapshot(&worker->store);
	const struct data_plane_options options = {
		.fd = fd,
		.flight_fd = plane->flight_fd,
		.notifier_fd = notifier_fd,
		.control_target = "/run/seccompfs/profiles/control",
		.snapshot = snapshot,
	};

	return data_plane_new(&options, &plane->data);
}

/* A worker may refuse a mount whose INIT was no good. */
static void plane_begin(struct worker *worker, struct plane *plane)
{
	int fd = dup(plane->worker_fd);
	int r;

	CHECK(fd >= 0);
	r = plane->is_control ? new_control(worker, plane, fd) : new_data(worker, plane, fd);
	CHECK(r == 0 || r == -EPROTO);
	if (r)
		close(fd);
}

static void plane_end(struct plane *plane)
{
	control_plane_free(steal_ptr(plane->control));
	data_plane_free(steal_ptr(plane->data));
}

static bool plane_is_alive(const struct plane *plane)
{
	return plane->data || plane->control;
}

static void plane_init(struct worker *worker, struct plane *plane, bool is_control)
{
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	*plane = (struct plane){
		.is_control = is_control,
		.flight_fd = memfd_create("flight", MFD_CLOEXEC | MFD_ALLOW_SEALING),
		.kernel_fd = fds[0],
		.worker_fd = fds[1],
	};
	CHECK(plane->flight_fd >= 0);
	plane_begin(worker, plane);
}

static void plane_deinit(struct plane *plane)
{
	plane_end(plane);
	close(plane->flight_fd);
	close(plane->kernel_fd);
	close(plane->worker_fd);
}

/* Serves until there is an answer. */
static int plane_run(struct plane *plane)
{
	bool is_unmounted;

	if (plane->is_control)
		return control_plane_run(plane->control, plane->kernel_fd, &is_unmounted);
	return data_plane_run(plane->data, plane->kernel_fd, &is_unmounted);
}

static void learn(struct plane *plane, const struct request *request,
                  const struct fuse_out_header *answer)
{
	const struct fuse_in_header *asked = (const struct fuse_in_header *)request->bytes;
	const char *bytes = (const char *)(answer + 1);
	struct fuse_entry_out entry;
	struct fuse_open_out open;

	if (asked->opcode == FUSE_INIT || asked->opcode == FUSE_DESTROY)
		plane->is_connected = asked->opcode == FUSE_INIT && !answer->error &&
		                      request_major(request) == FUSE_KERNEL_VERSION;
	if (asked->opcode == FUSE_LOOKUP && answer->len == sizeof(*answer) + sizeof(entry)) {
		memcpy(&entry, bytes, sizeof(entry));
		known_add(&plane->nodes, entry.nodeid);
	} else if (asked->opcode == FUSE_OPEN && answer->len == sizeof(*answer) + sizeof(open)) {
		memcpy(&open, bytes, sizeof(open));
		known_add(&plane->handles, open.fh);
	}
}

/* What the kernel would refuse, and leave the asker waiting (fs/fuse/dev.c). */
static void check_answer(const struct request *request, const struct fuse_out_header *answer,
                         size_t n_answer)
{
	CHECK(n_answer >= sizeof(*answer) && answer->len == n_answer);
	CHECK(answer->error <= 0 && answer->error > -512);
	CHECK(!answer->error || n_answer == sizeof(*answer));
	/* A size of 0 asks GETXATTR and LISTXATTR for the size that is needed. */
	if (request->shape.is_read && request_room(request))
		CHECK(n_answer - sizeof(*answer) <= request_room(request));
}

/* Takes all answers there are. True: that to the last request is among them. */
static bool take_answers(struct plane *plane, const struct request *request, uint64_t last,
                         unsigned int *n_answersp)
{
	static _Alignas(8) char bytes[ANSWER_MAX];
	const struct fuse_out_header *answer = (struct fuse_out_header *)bytes;
	const struct fuse_in_header *asked = (const struct fuse_in_header *)request->bytes;
	bool is_last = false;
	ssize_t n;

	while ((n = recv(plane->kernel_fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		CHECK(!is_last);
		is_last = answer->unique == last;
		if (is_last)
			continue;
		CHECK(answer->unique == asked->unique);
		check_answer(request, answer, (size_t)n);
		learn(plane, request, answer);
		++*n_answersp;
	}
	return is_last;
}

static void ask(const struct plane *plane, const struct request *request)
{
	CHECK(send(plane->kernel_fd, request->bytes, request->n_bytes, MSG_DONTWAIT) ==
	      (ssize_t)request->n_bytes);
}

/* Only a quarrel about INIT ends a session. */
static void plane_lost(struct plane *plane, const struct request *request, unsigned int n_answers)
{
	const struct fuse_in_header *asked = (const struct fuse_in_header *)request->bytes;
	char byte;

	CHECK(asked->opcode == FUSE_INIT && n_answers <= 1);
	plane_end(plane);
	while (recv(plane->worker_fd, &byte, sizeof(byte), MSG_DONTWAIT) > 0)
		;
}

static void check_count(const struct plane *plane, const struct request *request,
                        unsigned int n_answers)
{
	unsigned int n_wanted = request->shape.is_silent ? 0 : 1;

	if (n_answers == n_wanted || (n_answers == 1 && !plane->is_connected))
		return;
	fprintf(stderr, "%s plane, operation %u: %u answers\n",
	        plane->is_control ? "control" : "data",
	        ((const struct fuse_in_header *)request->bytes)->opcode, n_answers);
	abort();
}

static void exchange(struct plane *plane, const struct request *request, uint64_t last)
{
	unsigned int n_answers = 0;
	struct request getattr;
	bool is_last = false;

	request_getattr(&getattr, last);
	ask(plane, request);
	ask(plane, &getattr);
	while (!is_last) {
		int r = plane_run(plane);

		is_last = take_answers(plane, request, last, &n_answers);
		if (r) {
			plane_lost(plane, request, n_answers);
			return;
		}
	}
	check_count(plane, request, n_answers);
}

static void serve(struct plane *plane, uint32_t opcode, struct input *input)
{
	struct request request;
	uint64_t unique = plane->next_unique += 2;

	request_take(&request, opcode, unique, input, &plane->nodes, &plane->handles);
	/* The kernel answers only what it was asked. */
	if (plane_is_alive(plane) && opcode != FUSE_NOTIFY_REPLY)
		exchange(plane, &request, unique + 1);
}

/* As this kernel's: what an input may send is another one. */
static void serve_init(struct plane *plane)
{
	const struct fuse_init_in init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 128 << 10,
		.flags = FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES |
		         FUSE_AUTO_INVAL_DATA | FUSE_DO_READDIRPLUS | FUSE_CACHE_SYMLINKS,
	};
	uint8_t bytes[5 + sizeof(init)] = { [4] = sizeof(init) };
	struct input input = { bytes, sizeof(bytes) };

	memcpy(bytes + 5, &init, sizeof(init));
	serve(plane, FUSE_INIT, &input);
}

static void replace(struct worker *worker, struct plane *plane)
{
	plane_end(plane);
	plane_begin(worker, plane);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The notifier is a process of its own: one for all inputs. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	log_open("fuzz", LOG_TARGET_STDERR, 0);
	CHECK(fd >= 0 && notifier_start(fd, -1, NULL, &notifier_fd) == 0);
	close(fd);
	return 0;
}

/* The first byte says to which of the planes an INIT like this kernel's comes first. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	uint8_t has_no_init = take_byte(&input);
	struct worker worker;

	if (notifier_fd < 0)
		LLVMFuzzerInitialize(NULL, NULL);
	memory_store_init(&worker.store);
	for (unsigned int i = 0; i < 2; i++) {
		plane_init(&worker, &worker.planes[i], i);
		if (!(has_no_init & 1 << i))
			serve_init(&worker.planes[i]);
	}
	worker.store.changed = publish;
	worker.store.userdata = &worker;
	for (unsigned int i = 0; i < REQUESTS_MAX && input.n_data; i++) {
		uint8_t byte = take_byte(&input);
		struct plane *plane = &worker.planes[byte >> 7];

		if ((byte & 0x7f) == OPCODE_REPLACE)
			replace(&worker, plane);
		else
			serve(plane, byte & 0x7f, &input);
	}
	plane_deinit(&worker.planes[1]);
	plane_deinit(&worker.planes[0]);
	memory_store_deinit(&worker.store);
	return 0;
}
