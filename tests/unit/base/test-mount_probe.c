/* SPDX-License-Identifier: Apache-2.0 */

#include "base/mount_probe.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <linux/fuse.h>

#include "base/fuse_mount.h"

#define TIME_LIMIT_MS 30000
#define SILENT_MS     200 /* for one who will never answer */
#define REQUEST_MAX   (FUSE_MIN_READ_BUFFER + 4096)

struct fixture {
	char path[64];
	struct fuse_mount fuse;
	pid_t server; /* 0: none */
};

static int setup(void **state)
{
	static struct fixture fixture;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	fixture = (struct fixture){ .path = "/tmp/test-mount_probe.XXXXXX",
		                    .fuse = FUSE_MOUNT_INIT("fuse.seccompfs-test") };
	*state = &fixture;
	return !mkdtemp(fixture.path) ||
	       fuse_mount_open(&fixture.fuse, fixture.path, "test", 0, "", &diag);
}

static void let_go(struct fixture *fixture)
{
	closep(&fixture->fuse.fd);
	closep(&fixture->fuse.flight_fd);
	fixture->fuse.fd = fixture->fuse.flight_fd = -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	umount2(fixture->path, MNT_DETACH | MNT_FORCE);
	let_go(fixture);
	if (fixture->server) {
		kill(fixture->server, SIGKILL);
		waitpid(fixture->server, NULL, 0);
	}
	return rmdir(fixture->path);
}

static bool answer(int fd, const struct fuse_in_header *request, int error, const void *data,
                   size_t n_data)
{
	char bytes[sizeof(struct fuse_out_header) + sizeof(struct fuse_init_out)];
	const struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + n_data),
		.error = -error,
		.unique = request->unique,
	};

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), data, n_data);
	return write(fd, bytes, header.len) == (ssize_t)header.len;
}

/* Agrees with the kernel, and then does to each request what it is to do. */
static void serve(const struct fixture *fixture, bool is_to_abort)
{
	const struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
		                            .minor = 31,
		                            .max_write = 4096 };
	static union {
		struct fuse_in_header header;
		char bytes[REQUEST_MAX];
	} request;
	int fd = fixture->fuse.fd;

	while (read(fd, &request, sizeof(request)) > 0) {
		if (request.header.opcode == FUSE_INIT)
			answer(fd, &request.header, 0, &init, sizeof(init));
		else if (is_to_abort)
			umount2(fixture->path, MNT_DETACH | MNT_FORCE);
		else
			answer(fd, &request.header, EIO, "", 0);
	}
}

static void start_server(struct fixture *fixture, bool is_to_abort)
{
	fixture->server = fork();
	assert_true(fixture->server >= 0);
	if (!fixture->server) {
		serve(fixture, is_to_abort);
		_exit(0);
	}
}

static void test_no_server_is_needed(void **state)
{
	assert_int_equal(mount_probe("/", TIME_LIMIT_MS), MOUNT_ALIVE);
	assert_int_equal(mount_probe("/nonexistent", TIME_LIMIT_MS), MOUNT_ALIVE);
}

/* Also one that has nothing but errors to tell. */
static void test_one_that_answers(void **state)
{
	struct fixture *fixture = *state;

	start_server(fixture, false);
	assert_int_equal(mount_probe(fixture->path, TIME_LIMIT_MS), MOUNT_ALIVE);
	/* Its process was waited for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
}

static void test_one_that_nobody_serves(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mount_probe(fixture->path, SILENT_MS), MOUNT_SILENT);
	/* Here nobody has taken the request, so that the process can be killed. */
	assert_true(waitpid(-1, NULL, 0) > 0);
	let_go(fixture);
	assert_int_equal(mount_probe(fixture->path, TIME_LIMIT_MS), MOUNT_DEAD);
	assert_int_equal(umount2(fixture->path, 0), 0);
	assert_int_equal(mount_probe(fixture->path, TIME_LIMIT_MS), MOUNT_ALIVE);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_one_that_goes_while_it_is_asked(void **state)
{
	struct fixture *fixture = *state;

	start_server(fixture, true);
	assert_int_equal(mount_probe(fixture->path, TIME_LIMIT_MS), MOUNT_DEAD);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_server_is_needed),
		CASE(test_one_that_answers),
		CASE(test_one_that_nobody_serves),
		CASE(test_one_that_goes_while_it_is_asked),
	};

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		puts("1..0 # SKIP mounts need root");
		return getenv("CI") ? 1 : 0;
	}
	return cmocka_run_group_tests_name("base/mount_probe", tests, NULL, NULL);
}
