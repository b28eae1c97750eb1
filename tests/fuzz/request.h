#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Well-formed FUSE requests from arbitrary bytes: any operation, any value in any field, but sizes
 * and counts are true and names end, as the kernel's do. libfuse trusts it in that, and would read
 * behind the request.
 *
 * The bytes of one request: operation, nodeid, handle, process, user, the number of bytes of its
 * structure that are given (the rest is zero), these, then its names and its data. A number of
 * bytes stands before each name and the data. What is missing at the end of the input is zero.
 */

#include <linux/fuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define REQUEST_SIZE_MAX 8192 /* bytes: the input bounds it, one byte counts its parts */
#define KNOWN_MAX        16   /* nodeids and handles that answers gave */

#define NO_FIELD 0xff

/* What belongs to an operation. Offsets are those in its structure. */
struct shape {
	uint8_t n_struct; /* bytes */
	uint8_t n_names;
	uint8_t handle; /* where the number of an open file stands; NO_FIELD: nowhere */
	uint8_t size;   /* where the size of the data, or that of the answer, stands, if any */
	bool has_data;  /* behind structure and names */
	bool is_silent; /* the kernel wants no answer */
	bool is_read;   /* the answer is at most `size` bytes */
};

struct input {
	const uint8_t *data;
	size_t n_data;
};

struct known {
	uint64_t values[KNOWN_MAX];
	size_t n;
};

struct request {
	_Alignas(8) char bytes[REQUEST_SIZE_MAX];
	size_t n_bytes;
	struct shape shape;
};

/* Those that are not here, as what a kernel of tomorrow may ask, get the form of GETLK. */
static const struct shape request_shapes[] = {
	[FUSE_LOOKUP] = { .n_names = 1, .handle = NO_FIELD },
	[FUSE_FORGET] = { .n_struct = 8, .handle = NO_FIELD, .is_silent = true },
	[FUSE_GETATTR] = { .n_struct = 16, .handle = 8 },
	[FUSE_SETATTR] = { .n_struct = 88, .handle = 8 },
	[FUSE_READLINK] = { .handle = NO_FIELD },
	[FUSE_SYMLINK] = { .n_names = 2, .handle = NO_FIELD },
	[FUSE_MKNOD] = { .n_struct = 16, .n_names = 1, .handle = NO_FIELD },
	[FUSE_MKDIR] = { .n_struct = 8, .n_names = 1, .handle = NO_FIELD },
	[FUSE_UNLINK] = { .n_names = 1, .handle = NO_FIELD },
	[FUSE_RMDIR] = { .n_names = 1, .handle = NO_FIELD },
	[FUSE_RENAME] = { .n_struct = 8, .n_names = 2, .handle = NO_FIELD },
	[FUSE_LINK] = { .n_struct = 8, .n_names = 1, .handle = NO_FIELD },
	[FUSE_OPEN] = { .n_struct = 8, .handle = NO_FIELD },
	[FUSE_READ] = { .n_struct = 40, .handle = 0, .size = 16, .is_read = true },
	[FUSE_WRITE] = { .n_struct = 40, .handle = 0, .size = 16, .has_data = true },
	[FUSE_STATFS] = { .handle = NO_FIELD },
	[FUSE_RELEASE] = { .n_struct = 24, .handle = 0 },
	[FUSE_FSYNC] = { .n_struct = 16, .handle = 0 },
	[FUSE_SETXATTR] = { .n_struct = FUSE_COMPAT_SETXATTR_IN_SIZE,
	                    .n_names = 1,
	                    .handle = NO_FIELD,
	                    .size = 0,
	                    .has_data = true },
	[FUSE_GETXATTR] = { .n_struct = 8,
	                    .n_names = 1,
	                    .handle = NO_FIELD,
	                    .size = 0,
	                    .is_read = true },
	[FUSE_LISTXATTR] = { .n_struct = 8, .handle = NO_FIELD, .size = 0, .is_read = true },
	[FUSE_REMOVEXATTR] = { .n_names = 1, .handle = NO_FIELD },
	[FUSE_FLUSH] = { .n_struct = 24, .handle = 0 },
	[FUSE_INIT] = { .n_struct = 64, .handle = NO_FIELD },
	[FUSE_OPENDIR] = { .n_struct = 8, .handle = NO_FIELD },
	[FUSE_READDIR] = { .n_struct = 40, .handle = 0, .size = 16, .is_read = true },
	[FUSE_RELEASEDIR] = { .n_struct = 24, .handle = 0 },
	[FUSE_FSYNCDIR] = { .n_struct = 16, .handle = 0 },
	[FUSE_GETLK] = { .n_struct = 48, .handle = 0 },
	[FUSE_ACCESS] = { .n_struct = 8, .handle = NO_FIELD },
	[FUSE_CREATE] = { .n_struct = 16, .n_names = 1, .handle = NO_FIELD },
	[FUSE_INTERRUPT] = { .n_struct = 8, .handle = NO_FIELD, .is_silent = true },
	[FUSE_BMAP] = { .n_struct = 16, .handle = NO_FIELD },
	[FUSE_DESTROY] = { .handle = NO_FIELD },
	[FUSE_IOCTL] = { .n_struct = 32, .handle = 0, .size = 24, .has_data = true },
	[FUSE_POLL] = { .n_struct = 24, .handle = 0 },
	[FUSE_BATCH_FORGET] = { .n_struct = 8, .handle = NO_FIELD, .is_silent = true },
	[FUSE_FALLOCATE] = { .n_struct = 32, .handle = 0 },
	[FUSE_READDIRPLUS] = { .n_struct = 40, .handle = 0, .size = 16, .is_read = true },
	[FUSE_RENAME2] = { .n_struct = 16, .n_names = 2, .handle = NO_FIELD },
	[FUSE_LSEEK] = { .n_struct = 24, .handle = 0 },
	[FUSE_COPY_FILE_RANGE] = { .n_struct = 56, .handle = 0 },
};

static inline uint8_t take_byte(struct input *input)
{
	if (!input->n_data)
		return 0;
	input->n_data--;
	return *input->data++;
}

static inline void take_bytes(struct input *input, void *bytes, size_t n)
{
	size_t n_given = n < input->n_data ? n : input->n_data;

	memset(bytes, 0, n);
	if (n_given)
		memcpy(bytes, input->data, n_given);
	input->data += n_given;
	input->n_data -= n_given;
}

static inline void known_add(struct known *known, uint64_t value)
{
	known->values[known->n++ % KNOWN_MAX] = value;
}

/* A small number, one that an answer gave, or any. */
static inline uint64_t take_known(struct input *input, const struct known *known)
{
	uint8_t choice = take_byte(input);
	uint64_t any;

	if (choice < 32)
		return choice;
	if (choice < 224)
		return known->values[choice % KNOWN_MAX];
	take_bytes(input, &any, sizeof(any));
	return any;
}

/* Processes of others would make an input mean something else each time. */
static inline uint32_t take_process(struct input *input)
{
	const uint32_t processes[] = { 0, (uint32_t)getpid(), INT32_MAX, UINT32_MAX };

	return processes[take_byte(input) % 4];
}

static inline struct shape shape_of(uint32_t opcode)
{
	size_t n_shapes = sizeof(request_shapes) / sizeof(request_shapes[0]);
	struct shape shape = { 0 };

	if (opcode < n_shapes)
		shape = request_shapes[opcode];
	/* A place in the table that nobody has filled. */
	return shape.n_struct || shape.handle ? shape : request_shapes[FUSE_GETLK];
}

static inline void append_name(struct request *request, struct input *input)
{
	size_t n = take_byte(input);
	char *name = request->bytes + request->n_bytes;

	take_bytes(input, name, n);
	request->n_bytes += strnlen(name, n) + 1;
	request->bytes[request->n_bytes - 1] = '\0';
}

/* Returns the bytes appended. */
static inline uint32_t append_data(struct request *request, struct input *input, size_t unit)
{
	size_t n = take_byte(input) * unit;

	take_bytes(input, request->bytes + request->n_bytes, n);
	request->n_bytes += n;
	return (uint32_t)n;
}

static inline void set_header(struct request *request, uint32_t opcode, uint64_t unique)
{
	struct fuse_in_header *header = (struct fuse_in_header *)request->bytes;

	header->len = (uint32_t)request->n_bytes;
	header->opcode = opcode;
	header->unique = unique;
}

/* The next request of the input; nodes and handles are those known. */
static inline void request_take(struct request *request, uint32_t opcode, uint64_t unique,
                                struct input *input, const struct known *nodes,
                                const struct known *handles)
{
	struct fuse_in_header *header = (struct fuse_in_header *)request->bytes;
	char *arguments = request->bytes + sizeof(*header);
	struct shape shape = shape_of(opcode);
	uint64_t handle;
	uint32_t n_data;
	size_t n_given;

	memset(header, 0, sizeof(*header));
	memset(arguments, 0, shape.n_struct);
	header->nodeid = take_known(input, nodes);
	handle = take_known(input, handles);
	header->pid = take_process(input);
	header->uid = take_byte(input);
	n_given = take_byte(input);
	take_bytes(input, arguments, n_given < shape.n_struct ? n_given : shape.n_struct);
	if (shape.handle != NO_FIELD)
		memcpy(arguments + shape.handle, &handle, sizeof(handle));
	request->n_bytes = sizeof(*header) + shape.n_struct;
	for (unsigned int i = 0; i < shape.n_names; i++)
		append_name(request, input);
	if (shape.has_data) {
		n_data = append_data(request, input, 1);
		memcpy(arguments + shape.size, &n_data, sizeof(n_data));
	}
	if (opcode == FUSE_BATCH_FORGET) {
		n_data = append_data(request, input, sizeof(struct fuse_forget_one));
		n_data /= sizeof(struct fuse_forget_one);
		memcpy(arguments, &n_data, sizeof(n_data));
	}
	request->shape = shape;
	set_header(request, opcode, unique);
}

/* One whose answer is always the same. */
static inline void request_getattr(struct request *request, uint64_t unique)
{
	struct fuse_in_header *header = (struct fuse_in_header *)request->bytes;

	memset(request->bytes, 0, sizeof(*header) + sizeof(struct fuse_getattr_in));
	header->nodeid = FUSE_ROOT_ID;
	request->n_bytes = sizeof(*header) + sizeof(struct fuse_getattr_in);
	request->shape = shape_of(FUSE_GETATTR);
	set_header(request, FUSE_GETATTR, unique);
}

/* The bytes that the asker has room for, where it says so. */
static inline uint32_t request_room(const struct request *request)
{
	uint32_t room;

	memcpy(&room, request->bytes + sizeof(struct fuse_in_header) + request->shape.size,
	       sizeof(room));
	return room;
}

/* Of an INIT. */
static inline uint32_t request_major(const struct request *request)
{
	uint32_t major;

	memcpy(&major, request->bytes + sizeof(struct fuse_in_header), sizeof(major));
	return major;
}
