/* SPDX-License-Identifier: Apache-2.0 */

#include "split_write.h"

#include <stdbool.h>
#include <string.h>

/* One of full length can be shorter by a page: memory is handed over in pages, and that of a program
 * begins somewhere in its first one. Pages have at most half of the length. */
#define FULL_MIN (SPLIT_WRITE_MAX / 2 + 1)

void split_write_deinit(struct split_write *split)
{
	buffer_deinit(&split->failed);
}

/* Behind the last that went well, and of the same write(2) as far as can be told. */
static bool goes_on(const struct split_write *split, off_t offset, pid_t thread)
{
	return split->n >= FULL_MIN && offset == split->end && thread == split->thread;
}

/* The program may have moved the bytes meanwhile, so that they are divided elsewhere. */
int split_write_error(const struct split_write *split, const void *data, size_t n_data,
                      off_t offset, pid_t thread)
{
	size_t n_common = n_data < split->failed.n_data ? n_data : split->failed.n_data;

	if (!split->error || !n_common || !goes_on(split, offset, thread) ||
	    memcmp(data, split->failed.data, n_common) != 0)
		return 0;
	return split->error;
}

void split_write_note(struct split_write *split, const void *data, size_t n_data, off_t offset,
                      pid_t thread, int r)
{
	buffer_deinit(&split->failed);
	split->error = 0;
	if (r && goes_on(split, offset, thread)) {
		buffer_append(&split->failed, data, n_data);
		/* Without memory the rest is a patch of its own. */
		split->error = buffer_error(&split->failed) ? 0 : r;
		return;
	}
	split->thread = thread;
	split->end = offset + (off_t)n_data;
	split->n = r ? 0 : n_data;
}
