/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "capture.h"

/* As systemd says which file its socket is. */
static void set_journal(int fd)
{
	char name[64];
	struct stat st;

	assert_return_code(fstat(fd, &st), errno);
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", name, 1);
}

/* What one line of the log looks like on a stderr that is a file; the journal is the file of
 * journal_fd. */
static void logged(int journal_fd, char *line, size_t n_line, enum log_level level,
                   const char *text)
{
	struct capture capture;

	capture_begin(&capture);
	set_journal(journal_fd);
	log_open("seccompfs", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
	log_message(level, "%s", text);
	capture_end(&capture, line, n_line);
}

static void test_prefix_for_the_journal(void **state)
{
	char line[256];

	(void)state;
	logged(STDIN_FILENO, line, sizeof(line), LOG_LEVEL_WARNING, "profile audit.json: odd");
	assert_string_equal(line, "seccompfs: profile audit.json: odd\n");
	logged(STDERR_FILENO, line, sizeof(line), LOG_LEVEL_WARNING, "profile audit.json: odd");
	assert_string_equal(line, "<4>seccompfs: profile audit.json: odd\n");
	logged(STDERR_FILENO, line, sizeof(line), LOG_LEVEL_DEBUG, "too much");
	assert_string_equal(line, "");
}

static void test_error_texts(void **state)
{
	assert_string_equal(error_text(ENOENT), strerror(ENOENT));
	assert_string_equal(error_text(0), strerror(0));
	assert_string_equal(error_text(100000), "unknown error");
}

static void test_a_line_stays_one_line(void **state)
{
	char line[256];

	(void)state;
	logged(STDERR_FILENO, line, sizeof(line), LOG_LEVEL_INFO,
	       "comm a\n<3>seccompfs: b\x1b[1m\x7f \xc3\xbc");
	assert_string_equal(line, "<6>seccompfs: comm a?<3>seccompfs: b?[1m? \xc3\xbc\n");
}

static void test_a_long_line_is_cut(void **state)
{
	static char text[5000], line[6000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	logged(STDERR_FILENO, line, sizeof(line), LOG_LEVEL_INFO, text);
	assert_int_equal(strlen(line), strlen("<6>seccompfs: ") + 1023 + 1);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

static void wait_ms(long ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

static void test_ratelimit(void **state)
{
	struct ratelimit limit = { .burst = 3, .interval_ms = 100 };
	unsigned int n_suppressed = 99, n_passed = 0;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(ratelimit_pass(&limit, &n_suppressed));
		assert_int_equal(n_suppressed, 0);
	}
	/* A slow machine may begin a new interval here; then the lines after it are limited. */
	for (unsigned int i = 0; i < 10; i++)
		n_passed += ratelimit_pass(&limit, &n_suppressed);
	assert_true(n_passed <= 3);
	wait_ms(150);
	assert_true(ratelimit_pass(&limit, &n_suppressed));
	assert_true(n_suppressed >= 7 - n_passed && n_suppressed <= 10);
	assert_true(ratelimit_pass(&limit, &n_suppressed));
	assert_int_equal(n_suppressed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefix_for_the_journal),
		cmocka_unit_test(test_error_texts),
		cmocka_unit_test(test_a_line_stays_one_line),
		cmocka_unit_test(test_a_long_line_is_cut),
		cmocka_unit_test(test_ratelimit),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
