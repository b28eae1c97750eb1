/* SPDX-License-Identifier: Apache-2.0 */

/* Shells in place of a server. */

#include "base/server.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#define TIME_LIMIT_MS 30000

/* Says that it serves, and then waits for ever. */
#define SERVE "echo >&${ready#--ready-fd=}; read never <&${never#--never-fd=}"

struct fixture {
	struct server server;
	int never_fds[2];   /* nobody writes */
	int request_fds[2]; /* in place of /dev/fuse: one waits as soon as there is a byte */
};

static int setup(void **state)
{
	static struct fixture fixture;

	unsetenv("SECCOMPFS_HANG_MS");
	fixture = (struct fixture){ .server = SERVER_INIT };
	*state = &fixture;
	return pipe2(fixture.never_fds, O_CLOEXEC) || pipe2(fixture.request_fds, O_CLOEXEC) ||
	       server_init(&fixture.server);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->server.pid) {
		kill(fixture->server.pid, SIGKILL);
		waitpid(fixture->server.pid, NULL, 0);
	}
	server_deinit(&fixture->server);
	for (int i = 0; i < 2; i++) {
		close(fixture->never_fds[i]);
		close(fixture->request_fds[i]);
	}
	return 0;
}

/* The script has $ready, $never, $restarts and $cause. */
static void start(struct fixture *fixture, const char *script)
{
	struct server *server = &fixture->server;
	const char *path;

	assert_int_equal(command_add_path(&server->command, "/bin/sh"), 0);
	assert_int_equal(command_add_word(&server->command, "sh"), 0);
	assert_int_equal(command_add_word(&server->command, "-c"), 0);
	assert_int_equal(command_add_word(&server->command,
	                                  "ready=$0 never=$1 restarts=$2 cause=$3; %s", script),
	                 0);
	assert_int_equal(command_add_fd(&server->command, "ready-fd", server->ready_fds[1]), 0);
	assert_int_equal(command_add_fd(&server->command, "never-fd", fixture->never_fds[0]), 0);
	assert_int_equal(server_add_history(server), 0);
	server->program_fd = command_open_program(&server->command, &path);
	assert_true(server->program_fd >= 0);
	for (int i = 0; i < SERVER_MOUNTS_MAX; i++)
		server->watches[i] = HANG_WATCH_INIT(fixture->request_fds[0],
		                                     fixture->never_fds[0]);
	assert_int_equal(server_start(server), 0);
	assert_true(server->pid > 0);
}

static void await_ready(struct server *server)
{
	struct pollfd ready = { .fd = server->ready_fds[0], .events = POLLIN };

	assert_int_equal(poll(&ready, 1, TIME_LIMIT_MS), 1);
	assert_true(server_read_ready(server));
}

/* Waits for its end, and takes it. */
static void expect_end(struct server *server, const char *expected)
{
	char text[COMMAND_END_MAX];
	siginfo_t info;

	assert_int_equal(waitid(P_PID, (id_t)server->pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(server_reap(server));
	assert_int_equal(server->pid, 0);
	server_describe_end(server, text);
	assert_string_equal(text, expected);
	/* Once. */
	assert_false(server_reap(server));
}

static void test_it_ends(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, "exit 3");
	expect_end(&fixture->server, "ended with status 3");
	assert_int_equal(server_start(&fixture->server), 0);
	expect_end(&fixture->server, "ended with status 3");
}

static void test_it_says_once_that_it_serves(void **state)
{
	struct fixture *fixture = *state;
	struct server *server = &fixture->server;

	start(fixture, "echo >&${ready#--ready-fd=}; " SERVE);
	assert_false(server->is_ready);
	await_ready(server);
	assert_true(server->is_ready);
	assert_int_equal(poll(&(struct pollfd){ .fd = server->ready_fds[0], .events = POLLIN }, 1,
	                      TIME_LIMIT_MS),
	                 1);
	assert_false(server_read_ready(server));
	/* Nothing stands there. */
	assert_false(server_read_ready(server));
	assert_false(server_reap(server));
	kill(server->pid, SIGTERM);
	expect_end(server, "killed by signal 15");
	/* Another one has to say so itself. */
	assert_int_equal(server_start(server), 0);
	assert_false(server->is_ready);
	await_ready(server);
}

/* One that was killed just after it had said that it serves, and was reaped before that was read. */
static void test_the_word_of_one_before(void **state)
{
	struct fixture *fixture = *state;
	struct server *server = &fixture->server;

	assert_int_equal(write(server->ready_fds[1], "", 1), 1);
	start(fixture, "read never <&${never#--never-fd=}");
	assert_false(server_read_ready(server));
	assert_int_equal(write(server->ready_fds[1], "", 1), 1);
	assert_true(server_read_ready(server));
}

static void test_history(void **state)
{
	struct fixture *fixture = *state;
	struct server *server = &fixture->server;

	start(fixture, "case \"$restarts $cause\" in"
	               " '--restarts=0 --last-cause=') exit 10;;"
	               " '--restarts=4294967295 --last-cause=killed by signal 9') exit 11;;"
	               " esac");
	expect_end(server, "ended with status 10");
	server_set_history(server, UINT32_MAX, "killed by signal 9");
	assert_int_equal(server_start(server), 0);
	expect_end(server, "ended with status 11");
}

/* At least so many looks; one more where it happens to wait for a disk. */
static void look_until_it_is_killed(struct server *server, int n_at_least)
{
	int n = 0;

	while (!server->is_hung && n < 100 * n_at_least) {
		server_look(server);
		n++;
	}
	assert_true(server->is_hung);
	assert_true(n >= n_at_least);
	/* Nothing more to be done. */
	server_look(server);
}

static void test_it_hangs(void **state)
{
	struct fixture *fixture = *state;
	struct server *server = &fixture->server;

	start(fixture, SERVE);
	await_ready(server);
	assert_int_equal(server_look_ms(server), 1000);
	/* Nobody waits. */
	for (int i = 0; i < 100; i++)
		server_look(server);
	assert_false(server->is_hung);
	assert_int_equal(write(fixture->request_fds[1], "?", 1), 1);
	look_until_it_is_killed(server, 10);
	expect_end(server, "hung: no progress for 10 s");
	/* None to be looked at. */
	server_look(server);
	/* What is said of the next one is not about this. */
	assert_int_equal(server_start(server), 0);
	assert_false(server->is_hung);
	await_ready(server);
	for (int i = 0; i < 9; i++)
		server_look(server);
	assert_false(server->is_hung);
	kill(server->pid, SIGTERM);
	expect_end(server, "killed by signal 15");
}

static void test_it_hangs_before_it_serves(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, "read never <&${never#--never-fd=}");
	assert_int_equal(write(fixture->request_fds[1], "?", 1), 1);
	look_until_it_is_killed(&fixture->server, 60);
	expect_end(&fixture->server, "hung: no progress for 60 s");
}

static void test_another_limit(void **state)
{
	struct server server = SERVER_INIT;

	setenv("SECCOMPFS_HANG_MS", "500", 1);
	assert_int_equal(server_init(&server), 0);
	assert_int_equal(server_look_ms(&server), 50);
	server_deinit(&server);
	/* No time for looks. */
	setenv("SECCOMPFS_HANG_MS", "9", 1);
	server = SERVER_INIT;
	assert_int_equal(server_init(&server), 0);
	assert_int_equal(server_look_ms(&server), 1000);
	server_deinit(&server);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_it_ends),
		CASE(test_it_says_once_that_it_serves),
		CASE(test_the_word_of_one_before),
		CASE(test_history),
		CASE(test_it_hangs),
		CASE(test_it_hangs_before_it_serves),
		CASE(test_another_limit),
	};

	return cmocka_run_group_tests_name("base/server", tests, NULL, NULL);
}
