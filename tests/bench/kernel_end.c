/* SPDX-License-Identifier: Apache-2.0 */

#include "kernel_end.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/util.h"
#include "fs/control_plane.h"
#include "fs/data_plane.h"

#define READ_SIZE 4096

struct request {
	uint32_t opcode;
	uint64_t nodeid;
	const void *arguments; /* the structure of the operation, or its name; n_arguments bytes */
	size_t n_arguments;
	const void *data;
	size_t n_data;
};

struct answer {
	struct fuse_out_header header;
	_Alignas(8) char bytes[READ_SIZE];
};

void kernel_end_init(struct kernel_end *kernel)
{
	int fds[2];

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	*kernel = (struct kernel_end){
		.fd = fds[0],
		.worker_fd = fds[1],
		.flight_fd = memfd_create("flight", MFD_CLOEXEC | MFD_ALLOW_SEALING),
	};
	CHECK(kernel->flight_fd >= 0);
}

void kernel_end_deinit(struct kernel_end *kernel)
{
	close(kernel->fd);
	close(kernel->flight_fd);
}

static int serve(const struct kernel_end *kernel)
{
	bool is_unmounted;

	/* The answer is what tells it to stop. */
	if (kernel->data)
		return data_plane_run(kernel->data, kernel->fd, &is_unmounted);
	return control_plane_run(kernel->control, kernel->fd, &is_unmounted);
}

/* Returns the number of bytes of the answer, behind its header. */
static size_t ask(struct kernel_end *kernel, const struct request *request, struct answer *answer)
{
	struct fuse_in_header header = {
		.len = (uint32_t)(sizeof(header) + request->n_arguments + request->n_data),
		.opcode = request->opcode,
		.unique = kernel->unique += 2,
		.nodeid = request->nodeid,
		.pid = (uint32_t)getpid(),
	};
	const struct iovec parts[] = {
		{ &header, sizeof(header) },
		{ (void *)request->arguments, request->n_arguments },
		{ (void *)request->data, request->n_data },
	};
	ssize_t n;

	CHECK(writev(kernel->fd, parts, ARRAY_SIZE(parts)) == (ssize_t)header.len);
	CHECK(serve(kernel) == 0);
	n = read(kernel->fd, answer, sizeof(*answer));
	CHECK(n == (ssize_t)answer->header.len && answer->header.unique == header.unique);
	CHECK(answer->header.error == 0);
	return (size_t)n - sizeof(answer->header);
}

void kernel_connect(struct kernel_end *kernel)
{
	const struct fuse_init_in init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 128 << 10,
		.flags = FUSE_ASYNC_READ | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES |
		         FUSE_AUTO_INVAL_DATA | FUSE_DO_READDIRPLUS | FUSE_CACHE_SYMLINKS,
	};
	const struct request request = {
		.opcode = FUSE_INIT,
		.arguments = &init,
		.n_arguments = sizeof(init),
	};
	struct answer answer;

	ask(kernel, &request, &answer);
}

uint64_t kernel_lookup(struct kernel_end *kernel, const char *name)
{
	const struct request request = {
		.opcode = FUSE_LOOKUP,
		.nodeid = FUSE_ROOT_ID,
		.arguments = name,
		.n_arguments = strlen(name) + 1,
	};
	struct fuse_entry_out entry;
	struct answer answer;

	CHECK(ask(kernel, &request, &answer) == sizeof(entry));
	memcpy(&entry, answer.bytes, sizeof(entry));
	return entry.nodeid;
}

size_t kernel_read(struct kernel_end *kernel, uint64_t nodeid)
{
	const struct fuse_read_in read = { .size = READ_SIZE };
	const struct request request = {
		.opcode = FUSE_READ,
		.nodeid = nodeid,
		.arguments = &read,
		.n_arguments = sizeof(read),
	};
	struct answer answer;

	return ask(kernel, &request, &answer);
}

uint64_t kernel_open(struct kernel_end *kernel, uint64_t nodeid)
{
	const struct fuse_open_in open = { .flags = O_WRONLY };
	const struct request request = {
		.opcode = FUSE_OPEN,
		.nodeid = nodeid,
		.arguments = &open,
		.n_arguments = sizeof(open),
	};
	struct fuse_open_out opened;
	struct answer answer;

	CHECK(ask(kernel, &request, &answer) == sizeof(opened));
	memcpy(&opened, answer.bytes, sizeof(opened));
	return opened.fh;
}

void kernel_write(struct kernel_end *kernel, uint64_t nodeid, uint64_t handle, const char *data,
                  size_t n_data)
{
	const struct fuse_write_in write = { .fh = handle, .size = (uint32_t)n_data };
	const struct request request = {
		.opcode = FUSE_WRITE,
		.nodeid = nodeid,
		.arguments = &write,
		.n_arguments = sizeof(write),
		.data = data,
		.n_data = n_data,
	};
	struct answer answer;

	ask(kernel, &request, &answer);
}

void kernel_close(struct kernel_end *kernel, uint64_t nodeid, uint64_t handle)
{
	const struct fuse_flush_in flush = { .fh = handle };
	const struct fuse_release_in release = { .fh = handle, .flags = O_WRONLY };
	struct request request = {
		.opcode = FUSE_FLUSH,
		.nodeid = nodeid,
		.arguments = &flush,
		.n_arguments = sizeof(flush),
	};
	struct answer answer;

	ask(kernel, &request, &answer);
	request.opcode = FUSE_RELEASE;
	request.arguments = &release;
	request.n_arguments = sizeof(release);
	ask(kernel, &request, &answer);
}
