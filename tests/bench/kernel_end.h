#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kernel's end of a mount whose worker is in the same process and thread: a socket stands for
 * /dev/fuse, whose messages are whole as well. A request is served when it is made, and its answer
 * is there when the call returns. What fails ends the program.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(EXIT_FAILURE);                                             \
		}                                                                       \
	} while (0)

struct data_plane;
struct control_plane;

struct kernel_end {
	int fd;
	int worker_fd;           /* for the plane, which takes it */
	int flight_fd;           /* for the plane, which borrows it */
	struct data_plane *data; /* borrowed, from the caller; NULL: the mount is the other's */
	struct control_plane *control; /* likewise */
	uint64_t unique;               /* of the last request */
};

void kernel_end_init(struct kernel_end *kernel);
void kernel_end_deinit(struct kernel_end *kernel);

/* INIT, as this kernel's; the first of all. */
void kernel_connect(struct kernel_end *kernel);

/* LOOKUP in the root directory: returns the nodeid. */
uint64_t kernel_lookup(struct kernel_end *kernel, const char *name);

/* READ of the first bytes, without a handle: returns how many there are. */
size_t kernel_read(struct kernel_end *kernel, uint64_t nodeid);

/* OPEN to write: returns the handle, which the other two take. The last one makes FLUSH and RELEASE,
 * as a close of the only descriptor does. */
uint64_t kernel_open(struct kernel_end *kernel, uint64_t nodeid);
void kernel_write(struct kernel_end *kernel, uint64_t nodeid, uint64_t handle, const char *data,
                  size_t n_data);
void kernel_close(struct kernel_end *kernel, uint64_t nodeid, uint64_t handle);
