/* SPDX-License-Identifier: Apache-2.0 */

#include "asker.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/util.h"

static void test_escape(void **state)
{
	char text[64] = "<";
	char small[8] = "";

	asker_escape("a b\\c\n\x1b[31m\x7f\xff", text, sizeof(text));
	assert_string_equal(text, "<a b\\x5cc\\x0a\\x1b[31m\\x7f\\xff");
	/* No half of an escape, and always an end. */
	asker_escape("abc\n\n\n", small, sizeof(small));
	assert_string_equal(small, "abc\\x0a");
	small[0] = '\0';
	asker_escape("abcd\n", small, sizeof(small));
	assert_string_equal(small, "abcd");
}

static void *describe_thread(void *userdata)
{
	char *text = userdata;
	pid_t thread = gettid();

	prctl(PR_SET_NAME, "a thread");
	if (thread != getpid() && asker_process(thread) == getpid())
		asker_describe(thread, text, 64);
	return NULL;
}

static void test_describe(void **state)
{
	char text[64] = "", expected[64];
	pthread_t thread;

	prctl(PR_SET_NAME, "odd) 1\n\x1b");
	/* /proc/PID/comm ends at a line break, which one inside looks like. */
	snprintf(expected, sizeof(expected), "pid %d (odd) 1)", (int)getpid());
	asker_describe(getpid(), text, sizeof(text));
	assert_string_equal(text, expected);
	prctl(PR_SET_NAME, "a\x1b[1m");
	snprintf(expected, sizeof(expected), "pid %d (a\\x1b[1m)", (int)getpid());
	asker_describe(getpid(), text, sizeof(text));
	assert_string_equal(text, expected);

	/* A thread is shown as its process. */
	prctl(PR_SET_NAME, "main");
	assert_int_equal(pthread_create(&thread, NULL, describe_thread, text), 0);
	pthread_join(thread, NULL);
	snprintf(expected, sizeof(expected), "pid %d (main)", (int)getpid());
	assert_string_equal(text, expected);

	asker_describe(0, text, sizeof(text));
	assert_string_equal(text, "an unknown process");
	assert_int_equal(asker_process(0), 0);
	assert_int_equal(asker_process(getpid()), getpid());
	assert_false(asker_is_killed(0));
	assert_false(asker_is_killed(getpid()));
	assert_false(asker_hears(0));
	assert_true(asker_hears(getpid()));
}

static void *exit_thread(void *userdata)
{
	_exit(*(const int *)userdata);
}

static void *kill_thread(void *userdata)
{
	raise(*(const int *)userdata);
	return NULL;
}

enum ending {
	END_EXIT,
	END_EXIT_OF_A_THREAD, /* which kills the others, the first one as well */
	END_SIGNAL,
	END_SIGNAL_TO_A_THREAD,
};

static void end_process(enum ending ending, int value)
{
	pthread_t thread;

	prctl(PR_SET_NAME, "x) S 1 (0");
	if (ending == END_EXIT)
		_exit(value);
	if (ending == END_SIGNAL)
		raise(value);
	pthread_create(&thread, NULL, ending == END_EXIT_OF_A_THREAD ? exit_thread : kill_thread,
	               &value);
	for (;;)
		pause();
}

/* The child ends but stays a zombie, which /proc shows like one that is just closing its files. */
static pid_t end_child(enum ending ending, int value)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		end_process(ending, value);
	assert_true(pid > 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

static void test_killed(void **state)
{
	pid_t exited = end_child(END_EXIT, 3);

	assert_true(asker_is_killed(end_child(END_SIGNAL, SIGKILL)));
	assert_true(asker_is_killed(end_child(END_SIGNAL, SIGTERM)));
	assert_true(asker_is_killed(end_child(END_SIGNAL_TO_A_THREAD, SIGTERM)));
	assert_false(asker_is_killed(exited));
	assert_false(asker_is_killed(end_child(END_EXIT, 0)));
	assert_false(asker_is_killed(end_child(END_EXIT_OF_A_THREAD, 0)));
	assert_false(asker_is_killed(end_child(END_EXIT_OF_A_THREAD, 3)));
	assert_false(asker_hears(exited));
	assert_int_equal(asker_process(exited), exited);
	while (wait(NULL) > 0)
		;
	assert_int_equal(asker_process(exited), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_describe),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
