/* SPDX-License-Identifier: Apache-2.0 */

#include "flight.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define REQUEST_SIZE 8192

static int make_memory(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static struct flight *open_flight(int fd)
{
	struct flight *flight = NULL;

	assert_int_equal(flight_new(fd, REQUEST_SIZE, &flight), 0);
	return flight;
}

/* As the kernel does it: the size of a request is its first member. */
static void take_request(struct flight *flight, uint32_t n_bytes, char fill)
{
	char request[REQUEST_SIZE];
	int fds[2];
	void *slot = flight_take(flight);

	assert_non_null(slot);
	memset(request, fill, sizeof(request));
	memcpy(request, &n_bytes, sizeof(n_bytes));
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], request, n_bytes), n_bytes);
	assert_int_equal(read(fds[0], slot, REQUEST_SIZE), n_bytes);
	close(fds[0]);
	close(fds[1]);
}

static size_t count_full(const struct flight *flight)
{
	size_t n = 0, n_bytes;

	for (size_t i = 0; i < FLIGHT_N_SLOTS; i++)
		n += flight_get(flight, i, &n_bytes) ? 1 : 0;
	return n;
}

static void test_a_new_one_is_empty(void **state)
{
	_cleanup_(closep) int fd = make_memory();
	_cleanup_(flight_freep) struct flight *flight = open_flight(fd);
	size_t n = 1;

	assert_null(flight_init(flight, &n));
	assert_int_equal(n, 0);
	assert_int_equal(count_full(flight), 0);
}

static void test_requests_outlive_their_reader(void **state)
{
	_cleanup_(closep) int fd = make_memory();
	struct flight *flight = open_flight(fd);
	const char *request = NULL;
	size_t n = 0;

	take_request(flight, 100, 'a');
	take_request(flight, REQUEST_SIZE, 'b');
	assert_null(flight_take(flight));
	flight_free(flight);

	flight = open_flight(fd);
	assert_int_equal(count_full(flight), 2);
	request = flight_get(flight, 0, &n);
	assert_int_equal(n, 100);
	assert_int_equal(request[4], 'a');
	assert_int_equal(request[99], 'a');
	request = flight_get(flight, 1, &n);
	assert_int_equal(n, REQUEST_SIZE);
	assert_int_equal(request[REQUEST_SIZE - 1], 'b');
	flight_clear(flight, flight_get(flight, 0, &n));
	assert_int_equal(count_full(flight), 1);
	flight_free(flight);

	flight = open_flight(fd);
	assert_int_equal(count_full(flight), 1);
	assert_non_null(flight_take(flight));
	flight_free(flight);
}

static void test_deaths_are_counted_for_each_request(void **state)
{
	_cleanup_(closep) int fd = make_memory();
	struct flight *flight = open_flight(fd);
	size_t n;

	take_request(flight, 40, 'a');
	for (unsigned int i = 1; i <= 2; i++) {
		flight_free(flight);
		flight = open_flight(fd);
		assert_int_equal(flight_count_death(flight, flight_get(flight, 0, &n)), i);
	}
	flight_clear(flight, flight_get(flight, 0, &n));
	take_request(flight, 40, 'b');
	assert_int_equal(flight_count_death(flight, flight_get(flight, 0, &n)), 1);
	flight_free(flight);
}

/* What the kernel did not write cannot be believed: the slot ends where it ends. */
static void test_a_size_that_is_too_large(void **state)
{
	_cleanup_(closep) int fd = make_memory();
	_cleanup_(flight_freep) struct flight *flight = open_flight(fd);
	size_t n = 0;

	*(uint32_t *)flight_take(flight) = UINT32_MAX;
	assert_non_null(flight_get(flight, 0, &n));
	assert_int_equal(n, REQUEST_SIZE);
}

/* Whoever holds the memfd sees it, by the layout that both have from one header. */
static void test_progress_is_seen_from_outside(void **state)
{
	_cleanup_(closep) int fd = make_memory();
	_cleanup_(flight_freep) struct flight *flight = open_flight(fd);
	struct flight_header before, taken, done;
	size_t n;

	flight_serve(flight);
	assert_int_equal(pread(fd, &before, sizeof(before), 0), sizeof(before));
	assert_int_equal(before.thread, gettid());
	take_request(flight, 40, 'a');
	assert_int_equal(pread(fd, &taken, sizeof(taken), 0), sizeof(taken));
	flight_clear(flight, flight_get(flight, 0, &n));
	assert_int_equal(pread(fd, &done, sizeof(done), 0), sizeof(done));
	assert_true(before.progress < taken.progress && taken.progress < done.progress);
}

static void test_init_and_its_answer(void **state)
{
	_cleanup_(closep) int fd = make_memory();
	struct flight *flight = open_flight(fd);
	char large[FLIGHT_INIT_MAX + 1] = { 0 };
	size_t n = 0;

	assert_int_equal(flight_set_init(flight, large, sizeof(large)), -EFBIG);
	assert_int_equal(flight_agree(flight, large, sizeof(large)), -EFBIG);
	assert_null(flight_init(flight, &n));
	assert_int_equal(flight_set_init(flight, "init", 4), 0);
	assert_int_equal(flight_agree(flight, "answer", 6), 0);
	flight_free(flight);

	flight = open_flight(fd);
	assert_memory_equal(flight_init(flight, &n), "init", 4);
	assert_int_equal(n, 4);
	assert_int_equal(flight_agree(flight, "answer", 6), 0);
	assert_int_equal(flight_agree(flight, "answes", 6), -EPROTO);
	assert_int_equal(flight_agree(flight, "answer", 5), -EPROTO);
	/* The first one stands. */
	assert_int_equal(flight_agree(flight, "answer", 6), 0);
	flight_free(flight);
}

static void test_the_ledger_outlives_its_process(void **state)
{
	_cleanup_(closep) int fd = make_memory();
	struct flight *flight = open_flight(fd);

	assert_int_equal(ledger_get(flight_ledger(flight), LEDGER_APPLIED), 0);
	ledger_count(flight_ledger(flight), LEDGER_APPLIED);
	flight_free(flight);
	flight = open_flight(fd);
	assert_int_equal(ledger_get(flight_ledger(flight), LEDGER_APPLIED), 1);
	flight_free(flight);
}

static void test_another_layout_is_refused(void **state)
{
	_cleanup_(closep) int fd = make_memory();
	struct flight *flight = open_flight(fd);
	const uint32_t other = 99;

	flight_free(steal_ptr(flight));
	assert_int_equal(flight_new(fd, REQUEST_SIZE * 2, &flight), -EPROTO);
	assert_int_equal(flight_new(fd, REQUEST_SIZE - 8, &flight), -EPROTO);
	assert_int_equal(pwrite(fd, &other, sizeof(other), 8), sizeof(other));
	assert_int_equal(flight_new(fd, REQUEST_SIZE, &flight), -EPROTO);
	assert_int_equal(pwrite(fd, &other, sizeof(other), 0), sizeof(other));
	assert_int_equal(flight_new(fd, REQUEST_SIZE, &flight), -EPROTO);
	assert_null(flight);
}

static void test_what_is_no_memfd_is_refused(void **state)
{
	_cleanup_(closep) int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct flight *flight = NULL;

	assert_int_equal(flight_new(null_fd, REQUEST_SIZE, &flight), -EINVAL);
	assert_int_equal(flight_new(-1, REQUEST_SIZE, &flight), -EBADF);
	assert_null(flight);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_new_one_is_empty),
		cmocka_unit_test(test_requests_outlive_their_reader),
		cmocka_unit_test(test_deaths_are_counted_for_each_request),
		cmocka_unit_test(test_a_size_that_is_too_large),
		cmocka_unit_test(test_progress_is_seen_from_outside),
		cmocka_unit_test(test_init_and_its_answer),
		cmocka_unit_test(test_the_ledger_outlives_its_process),
		cmocka_unit_test(test_another_layout_is_refused),
		cmocka_unit_test(test_what_is_no_memfd_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
