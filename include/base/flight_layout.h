#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What the memfd of a FUSE mount holds that outlives those who serve it (fs/flight.h): a page with
 * the header, and behind it the slots, each at a multiple of a page. Written by the one who serves;
 * whoever holds the memfd may look whether that one makes progress.
 */

#include <stddef.h>
#include <stdint.h>

#define FLIGHT_MAGIC         0x746867696c467363 /* "csFlight", little endian */
#define FLIGHT_LAYOUT        3 /* goes up with every change of the structures below */
#define FLIGHT_PAGE_SIZE     4096
#define FLIGHT_LEDGER_OFFSET 2048 /* in the page of the header: what fs/ledger.h keeps there */
#define FLIGHT_N_SLOTS       2    /* a session serves one request at a time */
#define FLIGHT_INIT_MAX      512  /* bytes of INIT, and of its answer */

struct flight_header {
	uint64_t magic; /* set last: 0 until the rest stands */
	uint32_t layout;
	uint32_t n_slots;
	uint64_t request_size;
	uint64_t progress; /* changes with each request that is taken, and with each that is done */
	uint32_t thread;   /* that serves, as gettid(2); 0: none has yet */
	uint32_t n_init;   /* set after the bytes: 0 until they stand; likewise below */
	uint32_t n_answer;
	uint8_t init[FLIGHT_INIT_MAX];
	uint8_t answer[FLIGHT_INIT_MAX];
};

_Static_assert(sizeof(struct flight_header) <= FLIGHT_LEDGER_OFFSET, "the header fits its place");

struct flight_slot {
	uint32_t n_deaths;
	uint32_t unused[15]; /* requests begin at a cache line */
	/* What read(2) gave: a struct fuse_in_header, whose first member is the size of all. */
	uint32_t n_bytes; /* 0: the slot is empty */
};

/* Bytes from one slot to the next, for requests of up to request_size bytes. */
static inline size_t flight_slot_size(size_t request_size)
{
	size_t size = offsetof(struct flight_slot, n_bytes) + request_size;

	return size + -size % FLIGHT_PAGE_SIZE;
}
