/* SPDX-License-Identifier: Apache-2.0 */

#include "base/hang_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/flight_layout.h"
#include "base/util.h"

/* By pread(2): a memfd that is still empty, or cut by somebody, must not be a fault of ours. */
static bool read_all(int fd, void *data, size_t n_data, size_t offset)
{
	return pread(fd, data, n_data, (off_t)offset) == (ssize_t)n_data;
}

static bool has_request(int fuse_fd)
{
	struct pollfd fd = { .fd = fuse_fd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLIN && !(fd.revents & POLLERR);
}

static bool has_full_slot(int flight_fd, const struct flight_header *header)
{
	size_t size = flight_slot_size(header->request_size);

	for (size_t i = 0; i < header->n_slots && i < FLIGHT_N_SLOTS; i++) {
		struct flight_slot slot;

		if (read_all(flight_fd, &slot, sizeof(slot), FLIGHT_PAGE_SIZE + i * size) &&
		    slot.n_bytes)
			return true;
	}
	return false;
}

/* proc(5): the letter behind the command, which may hold any character. */
static bool waits_uninterruptibly(pid_t pid, pid_t thread)
{
	char path[64], stat[512];
	_cleanup_(closep) int fd = -1;
	ssize_t n;
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, stat, sizeof(stat) - 1);
	if (n < 0)
		return false;
	stat[n] = '\0';
	state = strrchr(stat, ')');
	return state && !strncmp(state, ") D", 3);
}

unsigned int hang_watch_look(struct hang_watch *watch, pid_t pid)
{
	struct flight_header header = { 0 };

	if (!read_all(watch->flight_fd, &header, sizeof(header), 0) ||
	    header.magic != FLIGHT_MAGIC || header.layout != FLIGHT_LAYOUT)
		header = (struct flight_header){ 0 }; /* nobody has served yet */
	if (header.progress == watch->progress &&
	    (has_request(watch->fuse_fd) || has_full_slot(watch->flight_fd, &header)) &&
	    !waits_uninterruptibly(pid, pid) && !waits_uninterruptibly(pid, (pid_t)header.thread))
		watch->n_still++;
	else
		watch->n_still = 0;
	watch->progress = header.progress;
	return watch->n_still;
}

void hang_watch_reset(struct hang_watch *watch)
{
	watch->n_still = 0;
}
