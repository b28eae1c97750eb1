/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sync_queue.h"

#define NOBODYS 1000 /* a descriptor that is not open */

struct fixture {
	struct sync_queue queue;
	int files[SYNC_QUEUE_MAX];
	int pipe[2]; /* which no fsync(2) takes */
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	sync_queue_init(&fixture->queue);
	for (size_t i = 0; i < SYNC_QUEUE_MAX; i++) {
		char path[] = "/tmp/test-sync_queue-XXXXXX";

		fixture->files[i] = mkstemp(path);
		if (fixture->files[i] < 0 || unlink(path) < 0 ||
		    write(fixture->files[i], path, sizeof(path)) < 0)
			return -1;
	}
	*state = fixture;
	return pipe(fixture->pipe);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	sync_queue_deinit(&fixture->queue);
	for (size_t i = 0; i < SYNC_QUEUE_MAX; i++)
		close(fixture->files[i]);
	close(fixture->pipe[0]);
	close(fixture->pipe[1]);
	free(fixture);
	return 0;
}

static void gives(struct sync_queue *queue, const int *fds, const int *expected, size_t n)
{
	int results[SYNC_QUEUE_MAX] = { 1, 1, 1, 1 };

	sync_queue_run(queue, fds, results, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(results[i], expected[i]);
}

static void check_all(struct fixture *fixture, struct sync_queue *queue)
{
	const int *files = fixture->files, unfit = fixture->pipe[1];

	gives(queue, files, (int[]){ 0, 0, 0, 0 }, 4);
	gives(queue, files, (int[]){ 0 }, 1);
	gives(queue, (int[]){ -1, files[0], -1, files[1] }, (int[]){ 0, 0, 0, 0 }, 4);
	gives(queue, (int[]){ -1, -1 }, (int[]){ 0, 0 }, 2);
	gives(queue, NULL, NULL, 0);
	gives(queue, (int[]){ unfit, files[0], files[1] }, (int[]){ -EINVAL, 0, 0 }, 3);
	gives(queue, (int[]){ files[0], unfit, files[1] }, (int[]){ 0, -EINVAL, 0 }, 3);
	gives(queue, (int[]){ files[0], files[1], unfit }, (int[]){ 0, 0, -EINVAL }, 3);
	gives(queue, (int[]){ files[0], NOBODYS, unfit, files[1] },
	      (int[]){ 0, -EBADF, -EINVAL, 0 }, 4);
	gives(queue, (int[]){ NOBODYS, files[0], NOBODYS }, (int[]){ -EBADF, 0, -EBADF }, 3);
}

static void test_together(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture->queue.context)
		skip(); /* a kernel without CONFIG_AIO */
	for (unsigned int i = 0; i < 10; i++)
		check_all(fixture, &fixture->queue);
	assert_true(fixture->queue.context != 0);
}

static void test_one_by_one(void **state)
{
	struct sync_queue none = SYNC_QUEUE_INIT;

	check_all(*state, &none);
	assert_true(none.context == 0);
	sync_queue_deinit(&none);
}

/* As where the kernel takes no request. */
static void test_refused(void **state)
{
	struct fixture *fixture = *state;
	struct sync_queue gone = fixture->queue;

	sync_queue_deinit(&fixture->queue);
	check_all(fixture, &gone);
}

/* From here on, in this process. */
static bool forbid_events(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_getevents, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { .len = 4, .filter = steps };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* As a kernel of 32 bits that knows no times of 32 bits: it would take requests, and nobody would learn
 * what came of them. */
static void test_no_events(void **state)
{
	const struct fixture *fixture = *state;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct sync_queue queue;
		int results[3] = { 1, 1, 1 };

		if (!forbid_events())
			_exit(2);
		sync_queue_init(&queue);
		sync_queue_run(&queue, fixture->files, results, 3);
		_exit(results[0] || results[1] || results[2]);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_together, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_by_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_events, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
