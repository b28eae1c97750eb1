/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static bool is_zero(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	unsigned char *pieces[2000];

	(void)state;
	assert_non_null(arena);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		size_t n = 1 + i % 97;

		pieces[i] = arena_alloc(arena, n);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % 8, 0);
		assert_true(is_zero(pieces[i], n));
		memset(pieces[i], (int)(i & 0xff), n);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		for (size_t j = 0; j < 1 + i % 97; j++)
			assert_int_equal(pieces[i][j], i & 0xff);
	}
}

static void test_larger_than_a_block(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	unsigned char *small, *large;

	(void)state;
	small = arena_alloc(arena, 8);
	large = arena_alloc(arena, 3000000);
	assert_non_null(small);
	assert_non_null(large);
	memset(large, 1, 3000000);
	assert_true(is_zero(small, 8));
	assert_int_equal(arena_used(arena), 8 + 3000000);
}

static void test_the_limit(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(64);

	(void)state;
	assert_non_null(arena_alloc(arena, 48));
	assert_null(arena_alloc(arena, 17));
	/* What was refused does not count. */
	assert_int_equal(arena_used(arena), 48);
	assert_non_null(arena_alloc(arena, 16));
	assert_null(arena_alloc(arena, 1));
}

static void test_sizes_that_overflow(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);

	(void)state;
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc_array(arena, SIZE_MAX / 8, 16));
	assert_null(arena_alloc_array(arena, (SIZE_MAX >> 4) + 2, 16));
	assert_null(arena_copy(arena, "x", SIZE_MAX));
	assert_non_null(arena_alloc_array(arena, 0, 16));
	assert_non_null(arena_alloc_array(arena, 16, 0));
}

static void test_copy(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);

	(void)state;
	assert_memory_equal(arena_copy(arena, "a\0bc", 3), "a\0b", 4);
	assert_string_equal(arena_copy(arena, NULL, 0), "");
}

static void fill(struct arena *arena, size_t n, unsigned char byte)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char *piece = arena_alloc(arena, 100);

		assert_non_null(piece);
		assert_true(is_zero(piece, 100));
		memset(piece, byte, 100);
	}
}

/* What stood before stays, what comes afterwards is zeroed, whatever the number of blocks. */
static void test_release(void **state)
{
	static const size_t counts[] = { 0, 1, 100, 1000, 20000, 3, 500 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		_cleanup_(arena_freep) struct arena *arena = arena_new(0);
		unsigned char *kept = counts[i] ? arena_alloc(arena, 1000) : NULL;
		struct arena_mark mark = arena_mark(arena);

		if (kept)
			memset(kept, 1, 1000);
		for (size_t j = 0; j < ARRAY_SIZE(counts); j++) {
			fill(arena, counts[i], 2);
			fill(arena, counts[j], 3);
			arena_release(arena, &mark);
			assert_int_equal(arena_used(arena), kept ? 1000 : 0);
		}
		for (size_t j = 0; kept && j < 1000; j++)
			assert_int_equal(kept[j], 1);
	}
}

static void test_release_gives_the_limit_back(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(64);
	struct arena_mark mark;

	(void)state;
	assert_non_null(arena_alloc(arena, 16));
	mark = arena_mark(arena);
	for (int i = 0; i < 3; i++) {
		assert_non_null(arena_alloc(arena, 48));
		assert_null(arena_alloc(arena, 1));
		arena_release(arena, &mark);
	}
}

static void test_free_accepts_null(void **state)
{
	(void)state;
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(test_larger_than_a_block),
		cmocka_unit_test(test_the_limit),
		cmocka_unit_test(test_sizes_that_overflow),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_release_gives_the_limit_back),
		cmocka_unit_test(test_free_accepts_null),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
