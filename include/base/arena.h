#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* An arena: many small allocations with one lifetime. Not thread safe. */

#include <stddef.h>

#include "base/util.h"

struct arena;

/* Returns owned, or NULL. limit is in bytes for all allocations together; 0: no limit. */
struct arena *arena_new(size_t limit);
void arena_free(struct arena *arena);
DEFINE_CLEANUP(struct arena *, arena_free);

/* Returns zeroed memory, aligned for pointers and 64-bit numbers, that lives as long as the arena,
 * or NULL (no memory, or the limit is passed). */
void *arena_alloc(struct arena *arena, size_t n_bytes);

/* As arena_alloc() for n elements of n_bytes; NULL as well when the product overflows. */
void *arena_alloc_array(struct arena *arena, size_t n, size_t n_bytes);

/* Returns a copy with a NUL behind it. */
char *arena_copy(struct arena *arena, const char *data, size_t n_data);

/* Bytes handed out so far, without those that were given back. */
size_t arena_used(const struct arena *arena);

/* What was handed out so far. */
struct arena_mark {
	void *block; /* NULL: nothing */
	size_t n_block;
	size_t n_used;
};

struct arena_mark arena_mark(const struct arena *arena);

/* Gives back all that was handed out since mark was taken. The arena keeps the memory, or part of
 * it, for what comes next. Marks that were taken later mean nothing afterwards. */
void arena_release(struct arena *arena, const struct arena_mark *mark);
