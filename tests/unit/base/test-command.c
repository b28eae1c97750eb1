/* SPDX-License-Identifier: Apache-2.0 */

#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static void shell(struct command *command, const char *script)
{
	assert_int_equal(command_add_path(command, "/nonexistent/%s", "sh"), 0);
	assert_int_equal(command_add_path(command, "/bin/%s", "sh"), 0);
	assert_int_equal(command_add_word(command, "sh"), 0);
	assert_int_equal(command_add_word(command, "-c"), 0);
	assert_int_equal(command_add_word(command, "%s", script), 0);
}

static void expect_end(const struct command *command, const char *expected)
{
	const char *path;
	_cleanup_(closep) int program_fd = command_open_program(command, &path);
	pid_t pid = command_start(command, program_fd);
	char end[COMMAND_END_MAX];
	int status;

	assert_true(program_fd >= 0 && pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	command_describe_end(status, end);
	assert_string_equal(end, expected);
}

static void test_the_first_that_is_there_runs(void **state)
{
	_cleanup_(command_deinit) struct command command = COMMAND_INIT;

	shell(&command, "exit 3");
	expect_end(&command, "ended with status 3");
	expect_end(&command, "ended with status 3");
}

static void test_signals_are_not_blocked(void **state)
{
	_cleanup_(command_deinit) struct command command = COMMAND_INIT;
	sigset_t all, before;

	shell(&command, "kill $$; exit 3");
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	expect_end(&command, "killed by signal 15");
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_descriptors_are_handed_down(void **state)
{
	_cleanup_(command_deinit) struct command command = COMMAND_INIT;
	int fds[2];
	char got[8] = "";

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	shell(&command, "eval \"echo hello >&${0#--out=}\"");
	assert_int_equal(command_add_fd(&command, "out", fds[1]), 0);
	expect_end(&command, "ended with status 0");
	assert_int_equal(read(fds[0], got, sizeof(got) - 1), 6);
	assert_string_equal(got, "hello\n");
	/* Ours is as it was. */
	assert_int_equal(fcntl(fds[1], F_GETFD), FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
}

static void test_a_word_that_changes(void **state)
{
	_cleanup_(command_deinit) struct command command = COMMAND_INIT;
	char *word;

	shell(&command, "exit \"${0:-5}\"");
	assert_int_equal(command_add_room(&command, 8, &word), 0);
	expect_end(&command, "ended with status 5");
	snprintf(word, 8, "%d", 42);
	expect_end(&command, "ended with status 42");
	snprintf(word, 8, "%d", 3);
	expect_end(&command, "ended with status 3");
}

static void test_none_is_there(void **state)
{
	_cleanup_(command_deinit) struct command command = COMMAND_INIT;
	const char *path;

	assert_int_equal(command_add_path(&command, "/nonexistent"), 0);
	assert_int_equal(command_add_path(&command, "/dev/null"), 0);
	assert_int_equal(command_open_program(&command, &path), -EACCES);
	assert_string_equal(path, "/dev/null");
}

static char *write_program(const char *directory, const char *text)
{
	char *path = NULL;
	_cleanup_(closep) int fd = -1;

	assert_true(asprintf(&path, "%s/program", directory) > 0);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return path;
}

/* Another program, which comes to the same path, is another program. Scripts are told by what an
 * interpreter opens. */
static void test_a_program_stays_the_same(void **state)
{
	_cleanup_(command_deinit) struct command command = COMMAND_INIT;
	char directory[] = "/tmp/test-command-XXXXXX";
	_cleanup_(freep) char *path = NULL, *again = NULL;
	_cleanup_(closep) int before = -1;
	const char *found;
	int status;
	pid_t pid;

	assert_non_null(mkdtemp(directory));
	path = write_program(directory, "#!/bin/sh\nexit 5\n");
	assert_int_equal(command_add_path(&command, "%s", path), 0);
	assert_int_equal(command_add_word(&command, "program"), 0);
	before = command_open_program(&command, &found);
	again = write_program(directory, "#!/bin/sh\nexit 6\n");
	expect_end(&command, "ended with status 6");
	pid = command_start(&command, before);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 5);
	/* Not executable by its content. */
	free(steal_ptr(again));
	again = write_program(directory, "\177ELF, not really");
	expect_end(&command, "cannot be run");
	unlink(path);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_first_that_is_there_runs),
		cmocka_unit_test(test_signals_are_not_blocked),
		cmocka_unit_test(test_descriptors_are_handed_down),
		cmocka_unit_test(test_a_word_that_changes),
		cmocka_unit_test(test_none_is_there),
		cmocka_unit_test(test_a_program_stays_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
