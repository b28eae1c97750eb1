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

/* Bytes handed out so far. */
size_t arena_used(const struct arena *arena);
