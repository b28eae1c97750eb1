#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * fsync(2) of several files at a time. One after the other each of them waits for the disk, more than
 * once; together they share the longest of these waits, the flush of what the disk has in its own
 * memory. The kernel does it, by io_submit(2), so that it takes no thread of ours.
 */

#include <stddef.h>

#define SYNC_QUEUE_MAX 4 /* files at a time */

/* Of one thread. */
struct sync_queue {
	unsigned long context; /* of io_setup(2); 0: the kernel has none for us */
};

#define SYNC_QUEUE_INIT ((struct sync_queue){ 0 })

/* Where the kernel refuses, files are synced one by one. */
void sync_queue_init(struct sync_queue *queue);

void sync_queue_deinit(struct sync_queue *queue);

/*
 * Writes each of the n files (SYNC_QUEUE_MAX at most; -1: none) to its disk. results gets as many: 0, or
 * the -errno that fsync(2) has. The first file is fsynced by this thread itself.
 */
void sync_queue_run(struct sync_queue *queue, const int *fds, int *results, size_t n);
