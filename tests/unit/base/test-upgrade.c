/* SPDX-License-Identifier: Apache-2.0 */

/* /bin/true, /bin/false and others as the program that is to serve: each is its own check. */

#include "base/upgrade.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "manager.h"

#define FAILED "READY=1\nSTATUS=serving; the upgrade failed: the new worker: "

/* A server whose program is there, but does not run. */
struct fixture {
	struct server server;
	struct upgrade upgrade;
	int manager_fd;
	int program_fd; /* the one that it began with */
};

static int setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .server = SERVER_INIT, .upgrade = UPGRADE_INIT };
	fixture.manager_fd = manager_listen();
	fixture.program_fd = fixture.server.program_fd = open("/bin/sh", O_PATH | O_CLOEXEC);
	*state = &fixture;
	return fixture.program_fd < 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	pid_t pid = fixture->upgrade.check_pid;

	upgrade_deinit(&fixture->upgrade);
	if (pid)
		waitpid(pid, NULL, 0);
	server_deinit(&fixture->server);
	close(fixture->manager_fd);
	unsetenv("NOTIFY_SOCKET");
	return 0;
}

static void expect_told(const struct fixture *fixture, const char *expected)
{
	int fd;

	manager_expect(fixture->manager_fd, expected, &fd);
	assert_int_equal(fd, -1);
}

/* With path on disk. */
static void begin(struct fixture *fixture, const char *path)
{
	char text[256] = "";

	assert_int_equal(command_add_path(&fixture->server.command, "%s", path), 0);
	assert_int_equal(command_add_word(&fixture->server.check, "program"), 0);
	assert_int_equal(command_add_word(&fixture->server.check, "1000"), 0);
	fixture->upgrade.is_wanted = true;
	upgrade_begin(&fixture->upgrade, &fixture->server);
	assert_false(fixture->upgrade.is_wanted);
	assert_true(recv(fixture->manager_fd, text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "RELOADING=1\n"));
}

static bool await_check(struct fixture *fixture)
{
	siginfo_t info;
	bool is_good;

	assert_int_equal(fixture->upgrade.step, UPGRADE_CHECKING);
	assert_true(fixture->upgrade.kill_ms > 0);
	/* What serves is what served before. */
	assert_int_equal(fixture->server.program_fd, fixture->program_fd);
	assert_int_equal(waitid(P_PID, (id_t)fixture->upgrade.check_pid, &info, WEXITED | WNOWAIT),
	                 0);
	is_good = upgrade_reap(&fixture->upgrade, &fixture->server);
	assert_int_equal(fixture->upgrade.check_pid, 0);
	assert_int_equal(fixture->upgrade.kill_ms, 0);
	assert_false(upgrade_reap(&fixture->upgrade, &fixture->server));
	return is_good;
}

/* As if nothing had been. */
static void assert_over(const struct fixture *fixture)
{
	assert_int_equal(fixture->upgrade.step, UPGRADE_NONE);
	assert_int_equal(fixture->upgrade.other_fd, -1);
	assert_int_equal(fixture->server.program_fd, fixture->program_fd);
	manager_expect_nothing(fixture->manager_fd);
}

static void test_a_good_one(void **state)
{
	struct fixture *fixture = *state;
	struct upgrade *upgrade = &fixture->upgrade;
	char end[COMMAND_END_MAX] = "";

	begin(fixture, "/bin/true");
	assert_true(await_check(fixture));
	assert_int_equal(upgrade->step, UPGRADE_REPLACING);
	assert_int_equal(upgrade->other_fd, fixture->program_fd);
	assert_int_not_equal(fixture->server.program_fd, fixture->program_fd);
	/* The old one still serves: that says nothing of the new one. */
	upgrade_on_ready(upgrade);
	assert_int_equal(upgrade->step, UPGRADE_REPLACING);
	assert_true(upgrade_on_end(upgrade, &fixture->server, end));
	assert_string_equal(end, "upgraded");
	assert_int_equal(upgrade->step, UPGRADE_TRYING);
	manager_expect_nothing(fixture->manager_fd);
	upgrade_on_ready(upgrade);
	expect_told(fixture, "READY=1\nSTATUS=serving");
	assert_int_equal(upgrade->step, UPGRADE_NONE);
	assert_int_equal(upgrade->other_fd, -1);
	/* From now on an end is an end. */
	assert_false(upgrade_on_end(upgrade, &fixture->server, end));
	manager_expect_nothing(fixture->manager_fd);
}

static void test_one_that_ends_before_it_serves(void **state)
{
	struct fixture *fixture = *state;
	char end[COMMAND_END_MAX] = "";

	begin(fixture, "/bin/true");
	assert_true(await_check(fixture));
	assert_true(upgrade_on_end(&fixture->upgrade, &fixture->server, end));
	fixture->server.status = W_EXITCODE(5, 0);
	assert_true(upgrade_on_end(&fixture->upgrade, &fixture->server, end));
	assert_string_equal(end, "ended with status 5");
	expect_told(fixture, FAILED "ended with status 5");
	assert_over(fixture);
	assert_false(upgrade_on_end(&fixture->upgrade, &fixture->server, end));
}

static void test_one_that_could_not_serve(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, "/bin/false");
	assert_false(await_check(fixture));
	expect_told(fixture, FAILED "ended with status 1");
	assert_over(fixture);
}

static void test_one_that_does_not_answer(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, "/bin/sleep");
	assert_false(upgrade_reap(&fixture->upgrade, &fixture->server));
	upgrade_kill(&fixture->upgrade);
	assert_false(await_check(fixture));
	expect_told(fixture, FAILED "killed by signal 9");
	assert_over(fixture);
	upgrade_kill(&fixture->upgrade);
}

static void test_one_that_is_not_there(void **state)
{
	struct fixture *fixture = *state;

	begin(fixture, "/nonexistent");
	expect_told(fixture, FAILED "No such file or directory");
	assert_int_equal(fixture->upgrade.check_pid, 0);
	assert_over(fixture);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_good_one),
		CASE(test_one_that_ends_before_it_serves),
		CASE(test_one_that_could_not_serve),
		CASE(test_one_that_does_not_answer),
		CASE(test_one_that_is_not_there),
	};

	return cmocka_run_group_tests_name("base/upgrade", tests, NULL, NULL);
}
