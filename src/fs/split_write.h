#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The kernel divides a write(2) of more than SPLIT_WRITE_MAX bytes into several WRITEs, and stops at
 * the first that fails. Then write(2) tells how many bytes went well before, and no error; a program
 * writes the rest again, and expects to meet the error there. That rest is the end of a patch that
 * was refused: taken as a patch of its own it would be refused for another reason, which nobody
 * who reads the result could understand.
 *
 * Such a rest is told by all of this: the same thread writes the same bytes at the same offset as in
 * the WRITE that failed, which went on where one of full length had ended.
 */

#include <stddef.h>
#include <sys/types.h>

#include "base/buffer.h"

#define SPLIT_WRITE_MAX (128U << 10) /* bytes of one WRITE */

struct split_write {
	pid_t thread;         /* that wrote last */
	off_t end;            /* where the last that went well ended */
	size_t n;             /* bytes of that */
	int error;            /* of the one behind it; 0: none */
	struct buffer failed; /* its bytes */
};

void split_write_deinit(struct split_write *split);

/* The error that was given before to what is written now; 0: this is no rest. */
_must_check_ int split_write_error(const struct split_write *split, const void *data, size_t n_data,
                                   off_t offset, pid_t thread);

/* What came of a WRITE that was no rest: 0 or -errno. */
void split_write_note(struct split_write *split, const void *data, size_t n_data, off_t offset,
                      pid_t thread, int r);
