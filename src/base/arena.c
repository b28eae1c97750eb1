/* SPDX-License-Identifier: Apache-2.0 */

#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#define ALIGNMENT  8 /* nothing that lives here needs more */
#define BLOCK_SIZE ((size_t)16 << 10)

struct block {
	struct block *next;
	size_t n_used;
	size_t size;
	_Alignas(ALIGNMENT) char data[];
};

struct arena {
	struct block *blocks; /* the first one is being filled */
	struct block *spare;  /* zeroed; the largest of those that were given back; NULL: none */
	size_t limit;
	size_t n_used;
	size_t block_size; /* of the next block; grows, so that large trees need few */
};

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (!arena)
		return NULL;
	arena->limit = limit ? limit : SIZE_MAX;
	arena->block_size = BLOCK_SIZE;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	free(arena->spare);
	while (arena->blocks) {
		struct block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	free(arena);
}

static struct block *block_new(struct arena *arena, size_t n_bytes)
{
	size_t size = arena->block_size;
	struct block *block;

	if (arena->spare && arena->spare->size >= n_bytes)
		return steal_ptr(arena->spare);
	if (n_bytes > size)
		size = n_bytes;
	else if (arena->block_size < BLOCK_SIZE * 64)
		arena->block_size *= 2;
	block = calloc(1, sizeof(*block) + size);
	if (block)
		block->size = size;
	return block;
}

static struct block *arena_add_block(struct arena *arena, size_t n_bytes)
{
	struct block *block = block_new(arena, n_bytes);

	if (!block)
		return NULL;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t n_bytes)
{
	struct block *block = arena->blocks;
	void *memory;

	if (n_bytes > SIZE_MAX / 4)
		return NULL;
	n_bytes = (n_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (n_bytes > arena->limit - arena->n_used)
		return NULL;
	if (!block || block->size - block->n_used < n_bytes)
		block = arena_add_block(arena, n_bytes);
	if (!block)
		return NULL;
	memory = block->data + block->n_used;
	block->n_used += n_bytes;
	arena->n_used += n_bytes;
	return memory;
}

void *arena_alloc_array(struct arena *arena, size_t n, size_t n_bytes)
{
	if (n_bytes && n > SIZE_MAX / n_bytes)
		return NULL;
	return arena_alloc(arena, n * n_bytes);
}

char *arena_copy(struct arena *arena, const char *data, size_t n_data)
{
	char *copy;

	if (n_data == SIZE_MAX)
		return NULL;
	copy = arena_alloc(arena, n_data + 1);
	if (!copy)
		return NULL;
	if (n_data)
		memcpy(copy, data, n_data);
	copy[n_data] = '\0';
	return copy;
}

size_t arena_used(const struct arena *arena)
{
	return arena->n_used;
}

struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){
		.block = arena->blocks,
		.n_block = arena->blocks ? arena->blocks->n_used : 0,
		.n_used = arena->n_used,
	};
}

/* Memory is zeroed when it is given back, while it is in the cache. */
static void cut_block(struct block *block, size_t n_used)
{
	memset(block->data + n_used, 0, block->n_used - n_used);
	block->n_used = n_used;
}

static void give_back(struct arena *arena, struct block *block)
{
	if (arena->spare && arena->spare->size >= block->size) {
		free(block);
		return;
	}
	free(arena->spare);
	cut_block(block, 0);
	arena->spare = block;
}

void arena_release(struct arena *arena, const struct arena_mark *mark)
{
	while (arena->blocks != mark->block) {
		struct block *block = arena->blocks;

		arena->blocks = block->next;
		give_back(arena, block);
	}
	if (arena->blocks)
		cut_block(arena->blocks, mark->n_block);
	arena->n_used = mark->n_used;
}
