/* SPDX-License-Identifier: Apache-2.0 */

/*
 * In place of the C library's malloc(3) and its kin, for a program whose instructions are counted:
 * what the C library's takes depends on all that was allocated and freed before, up to 130
 * instructions of the 1,500 of a read. Here each call takes about as many as any other, and a realloc
 * that moves those of its copy.
 *
 * Blocks are powers of two and go back to a list of their size; nothing goes back to the kernel.
 */

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM     ((size_t)1 << 30) /* bytes of addresses; what is touched takes memory */
#define N_SIZES  30
#define SIZE_MIN ((size_t)32) /* bytes, of the first size, with the header */

struct block {
	_Alignas(16) size_t size; /* bytes are SIZE_MIN << size */
	struct block *next;       /* of those that are free */
};

static struct block *free_blocks[N_SIZES];
static char *room;
static size_t n_used;
static atomic_flag lock = ATOMIC_FLAG_INIT; /* of all above */

static size_t size_of(size_t n_bytes)
{
	size_t n = (n_bytes + sizeof(struct block) - 1) / SIZE_MIN;

	return n ? 64 - (size_t)__builtin_clzl(n) : 0;
}

/* Without room or memory there is nothing to be measured. */
static struct block *carve(size_t size)
{
	struct block *block;

	if (!room) {
		room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE,
		            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (room == MAP_FAILED)
			abort();
	}
	if (SIZE_MIN << size > ROOM - n_used)
		abort();
	block = (struct block *)(room + n_used);
	block->size = size;
	n_used += SIZE_MIN << size;
	return block;
}

static void *allocate(size_t n_bytes)
{
	size_t size;
	struct block *block;

	if (n_bytes > ROOM / 2)
		abort();
	size = size_of(n_bytes);
	while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
		;
	block = free_blocks[size];
	if (block)
		free_blocks[size] = block->next;
	else
		block = carve(size);
	atomic_flag_clear_explicit(&lock, memory_order_release);
	return block + 1;
}

void *malloc(size_t n_bytes)
{
	return allocate(n_bytes);
}

void free(void *data)
{
	struct block *block = (struct block *)data - 1;

	if (!data)
		return;
	while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
		;
	block->next = free_blocks[block->size];
	free_blocks[block->size] = block;
	atomic_flag_clear_explicit(&lock, memory_order_release);
}

void *calloc(size_t n, size_t size)
{
	size_t n_bytes;
	void *data;

	if (__builtin_mul_overflow(n, size, &n_bytes))
		abort();
	data = allocate(n_bytes);
	return memset(data, 0, n_bytes);
}

void *realloc(void *data, size_t n_bytes)
{
	struct block *block = (struct block *)data - 1;
	void *moved;

	if (!data)
		return allocate(n_bytes);
	if (size_of(n_bytes) <= block->size)
		return data;
	moved = allocate(n_bytes);
	memcpy(moved, data, (SIZE_MIN << block->size) - sizeof(*block));
	free(data);
	return moved;
}

/* What nobody calls here; that of the C library would be freed by ours. */
int posix_memalign(void **datap, size_t alignment, size_t n_bytes)
{
	abort();
}

void *aligned_alloc(size_t alignment, size_t n_bytes)
{
	abort();
}

void *memalign(size_t alignment, size_t n_bytes)
{
	abort();
}
