#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What one session has taken over from the kernel, in memory that outlives the process: a memfd
 * which whoever started us holds as well. It has the bytes of the connection's one INIT, the answer
 * to it, a table of requests that were read and not answered, and a ledger. The kernel copies a
 * request right into its slot: there is no moment at which only a process that may die knows of it.
 *
 * One process at a time, one thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flight_layout.h"
#include "base/util.h"
#include "ledger.h"

#define FLIGHT_DEATHS_MAX 2 /* a request that was in flight at so many is given up */

struct flight;

/*
 * Maps fd, an empty memfd or one that a process before this has filled; borrows it. 0; -EINVAL for
 * what is no memfd; -EPROTO when it was laid out by another version of this program, or for
 * requests of another size; -errno.
 */
_must_check_ int flight_new(int fd, size_t request_size, struct flight **flightp);
void flight_free(struct flight *flight); /* what stands there stays */
DEFINE_CLEANUP(struct flight *, flight_free);

/* Borrowed until flight_free(). */
struct ledger *flight_ledger(const struct flight *flight);

/* The bytes of INIT, borrowed; NULL: none was seen yet. */
const void *flight_init(const struct flight *flight, size_t *n_bytesp);

/* 0, or -EFBIG. */
_must_check_ int flight_set_init(struct flight *flight, const void *bytes, size_t n_bytes);

/* Records the answer to INIT if it is the first; 0 if it is the same as the first, -EPROTO if not,
 * -EFBIG. */
_must_check_ int flight_agree(struct flight *flight, const void *bytes, size_t n_bytes);

/* The calling thread is the one that serves from now on: what is to be known of it outside. */
void flight_serve(struct flight *flight);

/* The slot to read the next request into, request_size bytes; it becomes full by what read(2) puts
 * there, since no request begins with four zero bytes. NULL: all are full. */
_must_check_ void *flight_take(struct flight *flight);

/* The i-th slot when it is full, borrowed, with the bytes of its request; else NULL. */
_must_check_ void *flight_get(const struct flight *flight, size_t i, size_t *n_bytesp);

/* Empties the slot that flight_take() or flight_get() gave. */
void flight_clear(struct flight *flight, void *slot);

/* The deaths that the request in a full slot has been in flight at, this one counted. */
unsigned int flight_count_death(struct flight *flight, void *slot);
