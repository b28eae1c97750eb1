/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "input.h"
#include "patch_result.h"

/* Puts a memfd in the place of a stream's descriptor; the old one is returned. */
static int capture(FILE *stream, int to_fd)
{
	int old_fd;

	fflush(stream);
	old_fd = dup(fileno(stream));
	assert_true(old_fd >= 0);
	assert_true(dup2(to_fd, fileno(stream)) >= 0);
	return old_fd;
}

static void restore(FILE *stream, int old_fd)
{
	fflush(stream);
	assert_true(dup2(old_fd, fileno(stream)) >= 0);
	close(old_fd);
}

static void read_back(int fd, struct buffer *out)
{
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(input_read_fd(fd, out), 0);
	close(fd);
}

struct result_case {
	const char *result;
	int status;
	const char *out;
	const char *err;
};

static void check_case(const struct result_case *one)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT, err = BUFFER_INIT;
	struct line_span span = { .first = 2, .original = 1, .label = "patch" };
	struct line_map map = { &span, 1 };
	int out_fd = memfd_create("out", MFD_CLOEXEC), err_fd = memfd_create("err", MFD_CLOEXEC);
	int old_out_fd = capture(stdout, out_fd), old_err_fd = capture(stderr, err_fd);
	int status = patch_result_print(one->result, strlen(one->result), &map, "node-1");

	restore(stdout, old_out_fd);
	restore(stderr, old_err_fd);
	read_back(out_fd, &out);
	read_back(err_fd, &err);
	assert_string_equal(out.data, one->out);
	assert_string_equal(err.data, one->err);
	assert_int_equal(status, one->status);
}

#define PATCHED "patched MachineConfigs.config.talos.dev/v1alpha1 at the node node-1\n"

static void test_results(void **state)
{
	static const struct result_case cases[] = {
		{ "result: applied\n"
		  "message: 'patched machine config: 1 created'\n"
		  "resources:\n"
		  "    - id: audit.json\n"
		  "      version: 18446744073709551615\n"
		  "      event: created\n"
		  "    - id: b.json\n"
		  "      version: 2\n"
		  "      event: destroyed\n"
		  "errors: []\n"
		  "warnings:\n"
		  "    - line: 3\n"
		  "      column: 7\n"
		  "      path: machine.seccompProfiles[0]\n"
		  "      message: not there\n"
		  "      rule: nothing-there\n"
		  "      remedy: 'put it there: now'\n",
		  EXIT_SUCCESS,
		  PATCHED "created audit.json, version 18446744073709551615\n"
		          "destroyed b.json, version 2\n",
		  "warning: patch:2:7: machine.seccompProfiles[0]: not there [nothing-there]\n"
		  "    put it there: now\n" },
		{ "result: applied\nmessage: x\nresources: []\nerrors: []\nwarnings: []\n",
		  EXIT_SUCCESS, PATCHED, "" },
		{ "result: skipped\nmessage: no changes detected\n", EXIT_SUCCESS,
		  "Apply was skipped: no changes detected.\n", "" },
		{ "result: failed\n"
		  "message: 'patch refused: 2 errors'\n"
		  "resources: []\n"
		  "errors:\n"
		  "    - {line: 5, column: 11, path: machine.x, message: 'unknown action \"X\": %s'}\n"
		  "    - {line: 0, column: 0, path: '', message: out of luck}\n"
		  "warnings: []\n"
		  "omitted: {resources: 0, errors: 7, warnings: 0}\n",
		  EXIT_FAILURE, "",
		  "patch:4:11: machine.x: unknown action \"X\": %s\n"
		  "out of luck\n"
		  "7 more errors\n"
		  "seccompctl: patch refused: 2 errors\n" },
		{ "", EXIT_FAILURE, "", "seccompctl: the control file gave no result\n" },
		{ "[]", EXIT_FAILURE, "", "seccompctl: the control file gave no result\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_case(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
