/* SPDX-License-Identifier: Apache-2.0 */

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/server.h"

/* One that was killed just after it had said that it serves, and was reaped before that was read. */
static void test_the_word_of_one_before(void **state)
{
	struct server server = SERVER_INIT;
	const char *path;

	(void)state;
	assert_int_equal(server_init(&server), 0);
	assert_int_equal(command_add_path(&server.command, "/bin/true"), 0);
	assert_int_equal(command_add_word(&server.command, "true"), 0);
	server.program_fd = command_open_program(&server.command, &path);
	assert_true(server.program_fd >= 0);
	assert_int_equal(write(server.ready_fds[1], "", 1), 1);

	assert_int_equal(server_start(&server), 0);
	assert_false(server_read_ready(&server));
	assert_int_equal(write(server.ready_fds[1], "", 1), 1);
	assert_true(server_read_ready(&server));
	while (!server_reap(&server))
		poll(NULL, 0, 1);
	assert_int_equal(server.status, 0);
	server_deinit(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_word_of_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
