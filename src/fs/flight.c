/* SPDX-License-Identifier: Apache-2.0 */

#include "flight.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/flight_layout.h"

_Static_assert(FLIGHT_LEDGER_OFFSET + sizeof(struct ledger) <= FLIGHT_PAGE_SIZE,
               "the ledger fits the page of the header");

struct flight {
	struct flight_header *header;
	size_t n_mapped;
	size_t slot_size;
};

static struct flight_slot *slot_at(const struct flight *flight, size_t i)
{
	return (struct flight_slot *)((char *)flight->header + FLIGHT_PAGE_SIZE +
	                              i * flight->slot_size);
}

static struct flight_slot *slot_of(void *request)
{
	return (struct flight_slot *)((char *)request - offsetof(struct flight_slot, n_bytes));
}

/* Nothing but counts is read by others before the process has ended: what matters is the order in
 * which the compiler stores. */
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

static int check_layout(struct flight_header *header, size_t request_size)
{
	if (!header->magic) {
		header->layout = FLIGHT_LAYOUT;
		header->n_slots = FLIGHT_N_SLOTS;
		header->request_size = request_size;
		__atomic_store_n(&header->magic, (uint64_t)FLIGHT_MAGIC, __ATOMIC_RELEASE);
	}
	return header->magic == FLIGHT_MAGIC && header->layout == FLIGHT_LAYOUT &&
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
	for (size_t i = 0; i < flight->n_mapped; i += FLIGHT_PAGE_SIZE)
		__atomic_fetch_or((char *)flight->header + i, 0, __ATOMIC_RELAXED);
}

int flight_new(int fd, size_t request_size, struct flight **flightp)
{
	_cleanup_(flight_freep) struct flight *flight = calloc(1, sizeof(*flight));
	void *mapped;
	int r;

	if (!flight)
		return -ENOMEM;
	flight->slot_size = flight_slot_size(request_size);
	flight->n_mapped = FLIGHT_PAGE_SIZE + FLIGHT_N_SLOTS * flight->slot_size;
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

struct ledger *flight_ledger(const struct flight *flight)
{
	return (struct ledger *)((char *)flight->header + FLIGHT_LEDGER_OFFSET);
}

const void *flight_init(const struct flight *flight, size_t *n_bytesp)
{
	*n_bytesp = flight->header->n_init;
	return flight->header->n_init ? flight->header->init : NULL;
}

int flight_set_init(struct flight *flight, const void *bytes, size_t n_bytes)
{
	struct flight_header *header = flight->header;

	if (n_bytes > sizeof(header->init))
		return -EFBIG;
	memcpy(header->init, bytes, n_bytes);
	set(&header->n_init, n_bytes);
	return 0;
}

int flight_agree(struct flight *flight, const void *bytes, size_t n_bytes)
{
	struct flight_header *header = flight->header;

	if (n_bytes > sizeof(header->answer))
		return -EFBIG;
	if (!header->n_answer) {
		memcpy(header->answer, bytes, n_bytes);
		set(&header->n_answer, n_bytes);
	}
	return header->n_answer == n_bytes && !memcmp(header->answer, bytes, n_bytes) ? 0 : -EPROTO;
}

void flight_serve(struct flight *flight)
{
	set(&flight->header->thread, (size_t)gettid());
}

static void count_progress(const struct flight *flight)
{
	__atomic_store_n(&flight->header->progress, flight->header->progress + 1, __ATOMIC_RELEASE);
}

void *flight_take(struct flight *flight)
{
	count_progress(flight);
	for (size_t i = 0; i < FLIGHT_N_SLOTS; i++) {
		struct flight_slot *slot = slot_at(flight, i);

		if (!slot->n_bytes) {
			set(&slot->n_deaths, 0);
			return &slot->n_bytes;
		}
	}
	return NULL;
}

void *flight_get(const struct flight *flight, size_t i, size_t *n_bytesp)
{
	struct flight_slot *slot = slot_at(flight, i);

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
	count_progress(flight);
}

unsigned int flight_count_death(struct flight *flight, void *slot)
{
	set(&slot_of(slot)->n_deaths, slot_of(slot)->n_deaths + 1);
	return slot_of(slot)->n_deaths;
}
