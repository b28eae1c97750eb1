/* SPDX-License-Identifier: Apache-2.0 */

#include "flight.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define MAGIC     0x746867696c467363 /* "csFlight", little endian */
#define LAYOUT    1                  /* goes up with every change of the structures below */
#define PAGE_SIZE 4096               /* slots begin at its multiples */

/* The page in front of the slots. */
struct header {
	uint64_t magic; /* set last: 0 until the rest stands */
	uint32_t layout;
	uint32_t n_slots;
	uint64_t request_size;
	uint32_t n_init; /* set after the bytes: 0 until they stand; likewise below */
	uint32_t n_answer;
	uint8_t init[FLIGHT_INIT_MAX];
	uint8_t answer[FLIGHT_INIT_MAX];
};

struct slot {
	uint32_t n_deaths;
	uint32_t unused[15]; /* requests begin at a cache line */
	/* What read(2) gave: a struct fuse_in_header, whose first member is the size of all. */
	uint32_t n_bytes; /* 0: the slot is empty */
};

struct flight {
	struct header *header;
	size_t n_mapped;
	size_t slot_size;
};

_Static_assert(sizeof(struct header) <= PAGE_SIZE, "the header fits its page");

static struct slot *slot_at(const struct flight *flight, size_t i)
{
	return (struct slot *)((char *)flight->header + PAGE_SIZE + i * flight->slot_size);
}

static struct slot *slot_of(void *request)
{
	return (struct slot *)((char *)request - offsetof(struct slot, n_bytes));
}

/* Nothing reads what a process leaves here before it has ended: what counts is the order in which
 * the compiler stores. */
static void set(uint32_t *count, size_t n)
{
	__atomic_store_n(count, (uint32_t)n, __ATOMIC_RELEASE);
}

/* An empty memfd gets its size. */
static int fit(int fd, size_t size)
{
	struct stat st;

	/* Seals are what only memory files have. */
	if (fcntl(fd, F_GET_SEALS) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size)
		return (size_t)st.st_size == size ? 0 : -EPROTO;
	return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

static int check_layout(struct header *header, size_t request_size)
{
	if (!header->magic) {
		header->layout = LAYOUT;
		header->n_slots = FLIGHT_N_SLOTS;
		header->request_size = request_size;
		__atomic_store_n(&header->magic, (uint64_t)MAGIC, __ATOMIC_RELEASE);
	}
	return header->magic == MAGIC && header->layout == LAYOUT &&
	                       header->n_slots == FLIGHT_N_SLOTS &&
	                       header->request_size == request_size
	               ? 0
	               : -EPROTO;
}

/*
 * A process that is being killed takes no page faults any more: a request that the kernel is just
 * copying then would be lost. So every page is there, and stays; where that is refused (a limit on
 * locked memory), they are at least there.
 */
static void populate(struct flight *flight)
{
	if (mlock(flight->header, flight->n_mapped) == 0)
		return;
	for (size_t i = 0; i < flight->n_mapped; i += PAGE_SIZE)
		__atomic_fetch_or((char *)flight->header + i, 0, __ATOMIC_RELAXED);
}

int flight_new(int fd, size_t request_size, struct flight **flightp)
{
	_cleanup_(flight_freep) struct flight *flight = calloc(1, sizeof(*flight));
	void *mapped;
	int r;

	if (!flight)
		return -ENOMEM;
	flight->slot_size = offsetof(struct slot, n_bytes) + request_size;
	flight->slot_size += -flight->slot_size % PAGE_SIZE;
	flight->n_mapped = PAGE_SIZE + FLIGHT_N_SLOTS * flight->slot_size;
	r = fit(fd, flight->n_mapped);
	if (r)
		return r;
	mapped = mmap(NULL, flight->n_mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return -errno;
	flight->header = mapped;
	r = check_layout(flight->header, request_size);
	if (r)
		return r;
	populate(flight);
	*flightp = steal_ptr(flight);
	return 0;
}

void flight_free(struct flight *flight)
{
	if (!flight)
		return;
	if (flight->header)
		munmap(flight->header, flight->n_mapped);
	free(flight);
}

const void *flight_init(const struct flight *flight, size_t *n_bytesp)
{
	*n_bytesp = flight->header->n_init;
	return flight->header->n_init ? flight->header->init : NULL;
}

int flight_set_init(struct flight *flight, const void *bytes, size_t n_bytes)
{
	struct header *header = flight->header;

	if (n_bytes > sizeof(header->init))
		return -EFBIG;
	memcpy(header->init, bytes, n_bytes);
	set(&header->n_init, n_bytes);
	return 0;
}

int flight_agree(struct flight *flight, const void *bytes, size_t n_bytes)
{
	struct header *header = flight->header;

	if (n_bytes > sizeof(header->answer))
		return -EFBIG;
	if (!header->n_answer) {
		memcpy(header->answer, bytes, n_bytes);
		set(&header->n_answer, n_bytes);
	}
	return header->n_answer == n_bytes && !memcmp(header->answer, bytes, n_bytes) ? 0 : -EPROTO;
}

void *flight_take(struct flight *flight)
{
	for (size_t i = 0; i < FLIGHT_N_SLOTS; i++) {
		struct slot *slot = slot_at(flight, i);

		if (!slot->n_bytes) {
			set(&slot->n_deaths, 0);
			return &slot->n_bytes;
		}
	}
	return NULL;
}

void *flight_get(const struct flight *flight, size_t i, size_t *n_bytesp)
{
	struct slot *slot = slot_at(flight, i);

	if (!slot->n_bytes)
		return NULL;
	*n_bytesp = slot->n_bytes;
	if (*n_bytesp > flight->header->request_size)
		*n_bytesp = flight->header->request_size;
	return &slot->n_bytes;
}

void flight_clear(struct flight *flight, void *slot)
{
	set(&slot_of(slot)->n_bytes, 0);
}

unsigned int flight_count_death(struct flight *flight, void *slot)
{
	set(&slot_of(slot)->n_deaths, slot_of(slot)->n_deaths + 1);
	return slot_of(slot)->n_deaths;
}
