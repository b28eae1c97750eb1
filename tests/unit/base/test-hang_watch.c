/* SPDX-License-Identifier: Apache-2.0 */

#include "base/hang_watch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/flight_layout.h"
#include "base/util.h"

#define REQUEST_SIZE 8192
#define N_LOOKS      5

/* A pipe in place of /dev/fuse, the memfd of a mount, and a process that does nothing. */
struct fixture {
	int fuse_fds[2];
	int flight_fd;
	struct flight_header *header;
	pid_t pid;
	struct hang_watch watch;
};

static size_t memory_size(void)
{
	return FLIGHT_PAGE_SIZE + FLIGHT_N_SLOTS * flight_slot_size(REQUEST_SIZE);
}

static struct flight_slot *slot(const struct fixture *fixture, size_t i)
{
	return (void *)((char *)fixture->header + FLIGHT_PAGE_SIZE +
	                i * flight_slot_size(REQUEST_SIZE));
}

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .flight_fd = memfd_create("flight", MFD_CLOEXEC) };
	if (pipe2(fixture.fuse_fds, O_CLOEXEC) < 0)
		return -1;
	fixture.pid = fork();
	if (!fixture.pid) {
		pause();
		_exit(0);
	}
	fixture.watch = HANG_WATCH_INIT(fixture.fuse_fds[0], fixture.flight_fd);
	*state = &fixture;
	return 0;
}

/* What the first process that serves does. */
static void begin(struct fixture *fixture)
{
	assert_int_equal(ftruncate(fixture->flight_fd, (off_t)memory_size()), 0);
	fixture->header = mmap(NULL, memory_size(), PROT_READ | PROT_WRITE, MAP_SHARED,
	                       fixture->flight_fd, 0);
	assert_true(fixture->header != MAP_FAILED);
	*fixture->header = (struct flight_header){ .layout = FLIGHT_LAYOUT,
		                                   .n_slots = FLIGHT_N_SLOTS,
		                                   .request_size = REQUEST_SIZE,
		                                   .magic = FLIGHT_MAGIC };
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	kill(fixture->pid, SIGKILL);
	waitpid(fixture->pid, NULL, 0);
	if (fixture->header)
		munmap(fixture->header, memory_size());
	close(fixture->fuse_fds[0]);
	close(fixture->fuse_fds[1]);
	close(fixture->flight_fd);
	return 0;
}

static void request(const struct fixture *fixture)
{
	assert_int_equal(write(fixture->fuse_fds[1], "?", 1), 1);
}

static unsigned int look(struct fixture *fixture)
{
	return hang_watch_look(&fixture->watch, fixture->pid);
}

static void test_nobody_waits(void **state)
{
	struct fixture *fixture = *state;

	for (unsigned int i = 0; i < N_LOOKS; i++)
		assert_int_equal(look(fixture), 0);
	begin(fixture);
	for (unsigned int i = 0; i < N_LOOKS; i++)
		assert_int_equal(look(fixture), 0);
}

static void test_a_request_that_nobody_takes(void **state)
{
	struct fixture *fixture = *state;

	/* Also before the first process has laid out the memory. */
	request(fixture);
	for (unsigned int i = 1; i <= N_LOOKS; i++)
		assert_int_equal(look(fixture), i);
	begin(fixture);
	assert_int_equal(look(fixture), N_LOOKS + 1);
}

static void test_a_request_that_nobody_answers(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	slot(fixture, FLIGHT_N_SLOTS - 1)->n_bytes = 40;
	for (unsigned int i = 1; i <= N_LOOKS; i++)
		assert_int_equal(look(fixture), i);
	slot(fixture, FLIGHT_N_SLOTS - 1)->n_bytes = 0;
	assert_int_equal(look(fixture), 0);
}

static void test_progress(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	request(fixture);
	for (unsigned int i = 1; i <= N_LOOKS; i++)
		assert_int_equal(look(fixture), i);
	fixture->header->progress++;
	assert_int_equal(look(fixture), 0);
	assert_int_equal(look(fixture), 1);
	hang_watch_reset(&fixture->watch);
	assert_int_equal(look(fixture), 1);
}

/* Of another version, or garbage: nothing is read where it must not be. */
static void test_memory_of_another_layout(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture);
	slot(fixture, 0)->n_bytes = 40;
	fixture->header->layout++;
	assert_int_equal(look(fixture), 0);
	fixture->header->layout--;
	fixture->header->n_slots = UINT32_MAX;
	fixture->header->request_size = UINT64_MAX;
	(void)look(fixture);
	fixture->header->n_slots = FLIGHT_N_SLOTS;
	fixture->header->request_size = REQUEST_SIZE;
	assert_true(look(fixture) > 0);
}

/* Whoever waits for its child of vfork(2) waits uninterruptibly, as for a disk. */
static _Noreturn void wait_uninterruptibly(int fd)
{
	char byte;

	if (!vfork()) {
		ssize_t n = read(fd, &byte, 1);

		_exit((int)n);
	}
	_exit(0);
}

static bool is_in_state(pid_t pid, char letter)
{
	char path[64], stat[512] = "";
	_cleanup_(closep) int fd = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return read(fd, stat, sizeof(stat) - 1) > 0 && strrchr(stat, ')')[2] == letter;
}

static void test_a_disk_that_is_slow(void **state)
{
	struct fixture *fixture = *state;
	int fds[2];
	pid_t pid;

	begin(fixture);
	slot(fixture, 0)->n_bytes = 40;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		close(fds[1]);
		wait_uninterruptibly(fds[0]);
	}
	while (!is_in_state(pid, 'D'))
		usleep(1000);
	for (unsigned int i = 0; i < N_LOOKS; i++)
		assert_int_equal(hang_watch_look(&fixture->watch, pid), 0);
	/* It is the same for the thread that serves, if that is another one than the first. */
	fixture->header->thread = (uint32_t)pid;
	assert_int_equal(hang_watch_look(&fixture->watch, pid), 0);
	assert_int_equal(look(fixture), 1); /* no thread of that process */
	close(fds[1]);
	close(fds[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nobody_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_request_that_nobody_takes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_request_that_nobody_answers, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(test_progress, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_of_another_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_disk_that_is_slow, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
