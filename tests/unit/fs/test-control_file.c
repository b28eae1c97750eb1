/* SPDX-License-Identifier: Apache-2.0 */

/* Whose writes and closes count. Processes are real, since /proc is asked about them. */

#include "control_file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "fake_store.h"
#include "split_write.h"

#define MAX_PATCH ((size_t)1 << 20)

struct fixture {
	struct store store;
	struct control_file_listener listener;
	unsigned int n_heard[RESULT_FAILED + 1]; /* by the listener */
	struct control_file *file;               /* opened by this process */
	pid_t child;                             /* waits */
};

static void hear(void *userdata, enum result_kind kind)
{
	struct fixture *fixture = userdata;

	fixture->n_heard[kind]++;
}

static void fixture_init(struct fixture *fixture)
{
	*fixture = (struct fixture){ 0 };
	fixture->child = fork();
	if (fixture->child == 0) {
		/* A test that fails does not come to kill it. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	assert_true(fixture->child > 0);
	fixture->listener = (struct control_file_listener){ hear, fixture };
	fixture->file = control_file_new(&fixture->store, MAX_PATCH, -1, getpid(),
	                                 &fixture->listener);
	assert_non_null(fixture->file);
}

static void fixture_deinit(struct fixture *fixture)
{
	kill(fixture->child, SIGKILL);
	waitpid(fixture->child, NULL, 0);
	control_file_free(fixture->file);
	store_deinit(&fixture->store);
}

#define FIXTURE(name)                                  \
	_cleanup_(fixture_deinit) struct fixture name; \
	fixture_init(&(name))

static int write_text(struct fixture *fixture, const char *text, pid_t thread)
{
	return control_file_write(fixture->file, text, strlen(text), 0, thread);
}

/* The child is killed, and not yet gone. */
static void kill_child(const struct fixture *fixture)
{
	siginfo_t info;

	kill(fixture->child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)fixture->child, &info, WEXITED | WNOWAIT), 0);
}

static void test_flush_by_the_opener_counts(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(control_file_flush(fixture.file, getpid()), 0);
	assert_int_equal(write_text(&fixture, "a: b\n", getpid()), 0);
	assert_int_equal(fixture.n_heard[RESULT_APPLIED], 0);
	assert_int_equal(control_file_flush(fixture.file, getpid()), 0);
	assert_int_equal(fixture.store.n_patches, 1);
	assert_int_equal(fixture.n_heard[RESULT_APPLIED], 1);
	assert_int_equal(write_text(&fixture, "a: [\n", getpid()), 0);
	assert_int_equal(control_file_flush(fixture.file, getpid()), -EINVAL);
	assert_int_equal(fixture.n_heard[RESULT_APPLIED], 1);
	assert_int_equal(fixture.n_heard[RESULT_FAILED], 1);
}

/* A write(2) that the kernel divided: what is written again is no patch, and the reason stays. */
static void test_the_rest_of_a_long_write(void **state)
{
	static const char rest[] = "'b' 'c']}\n";
	_cleanup_(buffer_deinit) struct buffer head = BUFFER_INIT;
	FIXTURE(fixture);
	pid_t thread = getpid();
	off_t end = SPLIT_WRITE_MAX;

	buffer_append_string(&head, "{a: [");
	buffer_append_repeated(&head, ' ', SPLIT_WRITE_MAX - head.n_data);
	assert_int_equal(control_file_write(fixture.file, head.data, head.n_data, 0, thread), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(control_file_write(fixture.file, rest, strlen(rest), end, thread),
		                 -EINVAL);
	assert_int_equal(fixture.n_heard[RESULT_FAILED], 1);
	/* Another patch is another one. */
	assert_int_equal(control_file_write(fixture.file, "{a: b}\n", 7, end, thread), 0);
	assert_int_equal(fixture.n_heard[RESULT_APPLIED], 1);
	assert_int_equal(fixture.store.n_patches, 1);
	assert_int_equal(fixture.n_heard[RESULT_FAILED], 1);
}

static void test_pending(void **state)
{
	FIXTURE(fixture);

	assert_false(control_file_is_pending(fixture.file));
	assert_int_equal(write_text(&fixture, "# nothing\n", getpid()), 0);
	assert_false(control_file_is_pending(fixture.file));
	assert_int_equal(write_text(&fixture, "a: [\n", getpid()), 0);
	assert_true(control_file_is_pending(fixture.file));
	/* Refused, but more may come. */
	assert_int_equal(control_file_flush(fixture.file, getpid()), -EINVAL);
	assert_true(control_file_is_pending(fixture.file));
	assert_int_equal(write_text(&fixture, "]\n", getpid()), 0);
	assert_int_equal(control_file_flush(fixture.file, getpid()), 0);
	assert_false(control_file_is_pending(fixture.file));
	/* Committed by the write itself. */
	assert_int_equal(write_text(&fixture, "{a: b}\n", getpid()), 0);
	assert_false(control_file_is_pending(fixture.file));
}

static void test_flush_by_a_child_does_not(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "a: b\n", getpid()), 0);
	assert_int_equal(write_text(&fixture, "c: [\n", fixture.child), 0);
	assert_int_equal(control_file_flush(fixture.file, fixture.child), 0);
	assert_int_equal(fixture.store.n_patches + fixture.store.n_failures, 0);
	assert_int_equal(write_text(&fixture, "]\n", getpid()), 0);
	assert_int_equal(control_file_flush(fixture.file, getpid()), 0);
	assert_int_equal(fixture.store.n_patches, 1);
}

static void test_fsync_by_a_child_counts(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "a: b\n", fixture.child), 0);
	assert_int_equal(control_file_fsync(fixture.file), 0);
	assert_int_equal(fixture.store.n_patches, 1);
}

static void test_release_commits_what_is_left(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "a: b\n", fixture.child), 0);
	assert_int_equal(control_file_flush(fixture.file, fixture.child), 0);
	assert_int_equal(fixture.store.n_patches, 0);
	control_file_release(steal_ptr(fixture.file));
	assert_int_equal(fixture.store.n_patches, 1);
}

static void test_free_commits_nothing(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "a: b\n", getpid()), 0);
	control_file_free(steal_ptr(fixture.file));
	assert_int_equal(fixture.store.n_patches, 0);
}

static void test_a_killed_writer_drops_the_patch(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "a: b\n", getpid()), 0);
	assert_int_equal(write_text(&fixture, "c: d\n", fixture.child), 0);
	kill_child(&fixture);
	assert_int_equal(control_file_flush(fixture.file, fixture.child), -EIO);
	assert_int_equal(fixture.store.n_recorded, 1);
	/* What the others add is not the whole. */
	assert_int_equal(write_text(&fixture, "{e: f}\n", getpid()), -EIO);
	assert_int_equal(control_file_flush(fixture.file, getpid()), -EIO);
	control_file_release(steal_ptr(fixture.file));
	assert_int_equal(fixture.store.n_patches, 0);
}

/* A killed child that only had the descriptor, such as a sleep in the background. */
static void test_a_killed_bystander_does_not(void **state)
{
	FIXTURE(fixture);

	assert_int_equal(write_text(&fixture, "a: b\n", getpid()), 0);
	kill_child(&fixture);
	assert_int_equal(control_file_flush(fixture.file, fixture.child), 0);
	assert_int_equal(control_file_flush(fixture.file, getpid()), 0);
	assert_int_equal(fixture.store.n_patches, 1);
}

static void test_a_killed_opener_drops_the_patch(void **state)
{
	FIXTURE(fixture);

	control_file_free(fixture.file);
	fixture.file = control_file_new(&fixture.store, MAX_PATCH, -1, fixture.child,
	                                &fixture.listener);
	assert_int_equal(write_text(&fixture, "a: b\n", getpid()), 0);
	kill_child(&fixture);
	assert_int_equal(control_file_flush(fixture.file, fixture.child), -EIO);
	control_file_release(steal_ptr(fixture.file));
	assert_int_equal(fixture.store.n_patches, 0);
	assert_int_equal(fixture.store.n_recorded, 1);
}

/* From another process namespace everybody is 0: then every close counts. */
static void test_unknown_processes(void **state)
{
	FIXTURE(fixture);

	control_file_free(fixture.file);
	fixture.file = control_file_new(&fixture.store, MAX_PATCH, -1, 0, &fixture.listener);
	assert_int_equal(write_text(&fixture, "a: b\n", 0), 0);
	assert_int_equal(control_file_flush(fixture.file, 0), 0);
	assert_int_equal(fixture.store.n_patches, 1);
}

/* Reads to the end of the result, size bytes at a time, from the offset that the writes left. */
static void read_all(struct fixture *fixture, size_t size, struct buffer *out)
{
	const char *data;
	off_t offset = 7;
	size_t n;

	buffer_clear(out);
	do {
		assert_int_equal(control_file_read(fixture->file, size, offset++, &data, &n), 0);
		assert_true(n <= size);
		buffer_append(out, data, n);
	} while (n);
	buffer_append_char(out, '\0');
}

static void test_read(void **state)
{
	FIXTURE(fixture);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	const char *data;
	size_t n;

	snprintf(fixture.store.last, sizeof(fixture.store.last), "of somebody else");
	read_all(&fixture, 5, &text);
	assert_string_equal(text.data, "of somebody else");
	assert_int_equal(control_file_read(fixture.file, 2, 0, &data, &n), 0);
	assert_int_equal(n, 2);
	assert_memory_equal(data, "of", 2);
	read_all(&fixture, 100, &text);
	assert_string_equal(text.data, " somebody else");
	/* The end stays the end, until there is a result of its own. */
	snprintf(fixture.store.last, sizeof(fixture.store.last), "of another");
	read_all(&fixture, 100, &text);
	assert_string_equal(text.data, "");

	assert_int_equal(write_text(&fixture, "{a: b}\n", getpid()), 0);
	read_all(&fixture, 7, &text);
	assert_non_null(strstr(text.data, "result: applied\n"));
	/* A commit in the middle of reading begins it anew; reading itself commits. */
	assert_int_equal(write_text(&fixture, "a: [\n", getpid()), 0);
	read_all(&fixture, 3, &text);
	assert_ptr_equal(strstr(text.data, "result: failed\n"), text.data);
	read_all(&fixture, 3, &text);
	assert_string_equal(text.data, "");
	assert_int_equal(fixture.store.n_failures, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flush_by_the_opener_counts),
		cmocka_unit_test(test_the_rest_of_a_long_write),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_flush_by_a_child_does_not),
		cmocka_unit_test(test_fsync_by_a_child_counts),
		cmocka_unit_test(test_release_commits_what_is_left),
		cmocka_unit_test(test_free_commits_nothing),
		cmocka_unit_test(test_a_killed_writer_drops_the_patch),
		cmocka_unit_test(test_a_killed_bystander_does_not),
		cmocka_unit_test(test_a_killed_opener_drops_the_patch),
		cmocka_unit_test(test_unknown_processes),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
