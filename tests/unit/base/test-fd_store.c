/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/fd_store.h"
#include "manager.h"

#define N_OPEN 24 /* descriptors that a child gets as the manager would pass them */

/* The environment of a process that gets n descriptors. */
static void set_environment(pid_t pid, const char *n, const char *names)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", n, 1);
	if (names)
		setenv("LISTEN_FDNAMES", names, 1);
	else
		unsetenv("LISTEN_FDNAMES");
}

/* Runs a case in a child, where the descriptors from 3 on are free to be what it says. Its
 * assertions must not use cmocka's, which leave by longjmp. */
static void in_child(int (*run)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int null_fd = open("/dev/null", O_RDONLY);

		close_range(null_fd + 1, ~0U, 0);
		for (int fd = 3; fd < 3 + N_OPEN; fd++)
			if (fd != null_fd)
				dup2(null_fd, fd);
		_exit(run());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0); /* otherwise the line that failed */
}

#define CHECK(what)                      \
	do {                             \
		if (!(what))             \
			return __LINE__; \
	} while (0)

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int run_names(void)
{
	_cleanup_(fd_store_deinit) struct fd_store store = FD_STORE_INIT;
	struct stored_fd *stored;

	set_environment(getpid(), "3", "one:two:one");
	CHECK(!fd_store_receive(&store));
	CHECK(!getenv("LISTEN_PID") && !getenv("LISTEN_FDS") && !getenv("LISTEN_FDNAMES"));
	CHECK(store.n_fds == 3);
	CHECK((stored = fd_store_find(&store, "two")) && stored->fd == 4);
	CHECK(fcntl(4, F_GETFD) == FD_CLOEXEC);
	CHECK((stored = fd_store_find(&store, "one")) && stored->fd == 3);
	close(steal_fd(&stored->fd));
	CHECK((stored = fd_store_find(&store, "one")) && stored->fd == 5);
	CHECK(!fd_store_find(&store, "three"));
	fd_store_deinit(&store);
	CHECK(!is_open(4) && !is_open(5) && is_open(6));
	return 0;
}

/* More names than descriptors, fewer, none, and empty ones. */
static int run_unnamed(void)
{
	_cleanup_(fd_store_deinit) struct fd_store store = FD_STORE_INIT;

	set_environment(getpid(), "4", ":b");
	CHECK(!fd_store_receive(&store));
	CHECK(store.n_fds == 4);
	CHECK(!strcmp(store.fds[0].name, "unknown") && !strcmp(store.fds[1].name, "b"));
	CHECK(!strcmp(store.fds[2].name, "unknown") && !strcmp(store.fds[3].name, "unknown"));
	return 0;
}

static int run_none_named(void)
{
	_cleanup_(fd_store_deinit) struct fd_store store = FD_STORE_INIT;

	set_environment(getpid(), "1", NULL);
	CHECK(!fd_store_receive(&store));
	CHECK(store.n_fds == 1 && !strcmp(store.fds[0].name, "unknown"));
	return 0;
}

static int run_not_open(void)
{
	_cleanup_(fd_store_deinit) struct fd_store store = FD_STORE_INIT;

	close(4);
	set_environment(getpid(), "3", "a:b:c:d");
	CHECK(!fd_store_receive(&store));
	CHECK(store.n_fds == 2 && fd_store_find(&store, "c")->fd == 5);
	CHECK(!fd_store_find(&store, "b") && !fd_store_find(&store, "d"));
	return 0;
}

static int run_too_many(void)
{
	_cleanup_(fd_store_deinit) struct fd_store store = FD_STORE_INIT;

	set_environment(getpid(), "18", "");
	CHECK(!fd_store_receive(&store));
	CHECK(store.n_fds == FD_STORE_MAX && is_open(3 + FD_STORE_MAX - 1));
	CHECK(!is_open(3 + FD_STORE_MAX) && !is_open(4 + FD_STORE_MAX));
	CHECK(is_open(5 + FD_STORE_MAX));
	return 0;
}

/* What is not for this process stays open, but its environment is not handed on either. */
static int run_not_ours(void)
{
	static const char *const counts[] = {
		"", "-1", "0", "+2", "2x", "4097", "99999999999999999999"
	};
	_cleanup_(fd_store_deinit) struct fd_store store = FD_STORE_INIT;

	set_environment(getppid(), "2", "a:b");
	CHECK(!fd_store_receive(&store));
	CHECK(!store.n_fds && is_open(3) && !getenv("LISTEN_FDS"));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		set_environment(getpid(), counts[i], "a:b");
		fd_store_deinit(&store);
		CHECK(!fd_store_receive(&store));
		CHECK(!store.n_fds && is_open(3));
	}
	fd_store_deinit(&store);
	CHECK(!fd_store_receive(&store) && !store.n_fds);
	return 0;
}

static void test_receive(void **state)
{
	(void)state;
	in_child(run_names);
	in_child(run_unnamed);
	in_child(run_none_named);
	in_child(run_not_open);
	in_child(run_too_many);
	in_child(run_not_ours);
}

static void test_put(void **state)
{
	_cleanup_(closep) int fd = manager_listen(), passed_fd = -1, memfd = memfd_create("m", 0);
	struct stat sent, passed;

	(void)state;
	assert_true(fd_store_put("a-name", memfd));
	manager_expect(fd, "FDSTORE=1\nFDPOLL=0\nFDNAME=a-name", &passed_fd);
	assert_int_equal(fstat(memfd, &sent), 0);
	assert_int_equal(fstat(passed_fd, &passed), 0);
	assert_int_equal(sent.st_ino, passed.st_ino);
	manager_expect_nothing(fd);
}

static void test_put_without_manager(void **state)
{
	char name[FD_STORE_NAME_MAX + 100];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	unsetenv("NOTIFY_SOCKET");
	assert_false(fd_store_put("a-name", 0));
	setenv("NOTIFY_SOCKET", "/nonexistent", 1);
	assert_false(fd_store_put("a-name", 0));
	{
		_cleanup_(closep) int fd = manager_listen();

		assert_false(fd_store_put(name, 0));
		assert_false(fd_store_put("closed", 1000));
		manager_expect_nothing(fd);
	}
}

static void test_remove(void **state)
{
	_cleanup_(closep) int fd = manager_listen();
	int passed_fd;

	(void)state;
	fd_store_remove("a-name");
	manager_expect(fd, "FDSTOREREMOVE=1\nFDNAME=a-name", &passed_fd);
	assert_int_equal(passed_fd, -1);
}

static void test_discard(void **state)
{
	_cleanup_(closep) int fd = manager_listen(),
			      taken = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct fd_store store = { .fds = { { .fd = -1, .name = "taken" },
		                           { .fd = open("/dev/null", O_RDONLY | O_CLOEXEC),
		                             .name = "left" } },
		                  .n_fds = 2 };
	int left = store.fds[1].fd, passed_fd;

	(void)state;
	fd_store_discard(&store);
	manager_expect(fd, "FDSTOREREMOVE=1\nFDNAME=left", &passed_fd);
	manager_expect_nothing(fd);
	assert_false(is_open(left));
	assert_true(is_open(taken));
	fd_store_deinit(&store);
	fd_store_deinit(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_put_without_manager),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_discard),
	};

	return cmocka_run_group_tests_name("base/fd_store", tests, NULL, NULL);
}
