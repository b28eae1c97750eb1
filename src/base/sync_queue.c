/* SPDX-License-Identifier: Apache-2.0 */

#include "base/sync_queue.h"

#include <assert.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/time_types.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"

struct batch {
	const int *fds;
	int *results;
	bool is_pending[SYNC_QUEUE_MAX];
	size_t n;
	size_t n_pending;
};

void sync_queue_deinit(struct sync_queue *queue)
{
	if (queue->context)
		syscall(SYS_io_destroy, queue->context);
	*queue = SYNC_QUEUE_INIT;
}

/* Where a kernel, or a filter around us, has no events for us, nobody would learn what came of a request. */
void sync_queue_init(struct sync_queue *queue)
{
	struct __kernel_old_timespec limit = { .tv_sec = 0 };

	*queue = SYNC_QUEUE_INIT;
	if (syscall(SYS_io_setup, SYNC_QUEUE_MAX, &queue->context) < 0)
		queue->context = 0;
	else if (syscall(SYS_io_getevents, queue->context, 0, 0, NULL, &limit) < 0)
		sync_queue_deinit(queue);
}

/* The first error counts: the kernel may tell it only once. */
static void note(struct batch *batch, size_t i, int r)
{
	if (!batch->results[i])
		batch->results[i] = r;
}

static void sync_here(struct batch *batch, size_t i)
{
	note(batch, i, fsync(batch->fds[i]) < 0 ? -errno : 0);
}

static void submit(const struct sync_queue *queue, struct batch *batch)
{
	struct iocb requests[SYNC_QUEUE_MAX], *list[SYNC_QUEUE_MAX];
	size_t n = 0;
	long n_taken;

	for (size_t i = 1; i < batch->n; i++) {
		if (batch->fds[i] < 0)
			continue;
		requests[n] = (struct iocb){
			.aio_data = i,
			.aio_lio_opcode = IOCB_CMD_FSYNC,
			.aio_fildes = (uint32_t)batch->fds[i],
		};
		list[n] = &requests[n];
		n++;
	}
	n_taken = queue->context && n ? syscall(SYS_io_submit, queue->context, n, list) : 0;
	for (long i = 0; i < n_taken; i++)
		batch->is_pending[requests[i].aio_data] = true;
	batch->n_pending = n_taken > 0 ? (size_t)n_taken : 0;
}

/* Takes what is done by now, or all when that is within a second. 0 or -errno. */
static int take_events(const struct sync_queue *queue, struct batch *batch)
{
	struct __kernel_old_timespec limit = { .tv_sec = 1 };
	struct io_event events[SYNC_QUEUE_MAX];
	long n = syscall(SYS_io_getevents, queue->context, batch->n_pending, batch->n_pending,
	                 events, &limit);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (long i = 0; i < n; i++) {
		note(batch, (size_t)events[i].data, (int)events[i].res);
		batch->is_pending[events[i].data] = false;
	}
	batch->n_pending -= (size_t)n;
	return 0;
}

/* They are over when io_destroy(2) returns, but what came of them is not known. */
static void give_up(struct sync_queue *queue, struct batch *batch, int r)
{
	sync_queue_deinit(queue);
	for (size_t i = 0; i < batch->n; i++) {
		if (batch->is_pending[i])
			note(batch, i, r);
	}
}

/* A thread that waits for events could as well wait for ever, and is killed for it; one that is in
 * fsync(2) waits for a disk (base/hang_watch.h). So what takes long is waited for there. */
static void wait_for_all(struct sync_queue *queue, struct batch *batch)
{
	while (batch->n_pending) {
		int r = take_events(queue, batch);

		if (r) {
			give_up(queue, batch, r);
			return;
		}
		for (size_t i = 0; batch->n_pending && i < batch->n; i++) {
			if (batch->is_pending[i])
				sync_here(batch, i);
		}
	}
}

void sync_queue_run(struct sync_queue *queue, const int *fds, int *results, size_t n)
{
	struct batch batch = { .fds = fds, .results = results, .n = n };
	bool is_left[SYNC_QUEUE_MAX];

	assert(n <= SYNC_QUEUE_MAX);
	for (size_t i = 0; i < n; i++)
		results[i] = 0;
	submit(queue, &batch);
	for (size_t i = 0; i < n; i++)
		is_left[i] = fds[i] >= 0 && !batch.is_pending[i];
	/* The first before all: meanwhile the kernel has the others to do. */
	for (size_t i = 0; i < n; i++) {
		if (is_left[i])
			sync_here(&batch, i);
	}
	wait_for_all(queue, &batch);
}
