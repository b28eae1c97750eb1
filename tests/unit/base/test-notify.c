/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "base/notify.h"
#include "base/util.h"

/* Listens where name says, "@" for the abstract namespace, and points the environment at it. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
	                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
	                 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void assert_heard(const char *name)
{
	_cleanup_(closep) int fd = listen_at(name);
	char message[64] = "";

	notify_manager("READY=1\nSTATUS=serving");
	assert_int_equal(recv(fd, message, sizeof(message) - 1, 0), 22);
	assert_string_equal(message, "READY=1\nSTATUS=serving");
}

static void test_path(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "/tmp/test-notify.%d", (int)getpid());
	assert_heard(name);
	unlink(name);
}

static void test_abstract_name(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof(name), "@test-notify.%d", (int)getpid());
	assert_heard(name);
}

static void test_longest_name(void **state)
{
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[0] = '@';
	name[sizeof(name) - 1] = '\0';
	assert_heard(name);
}

/* Nobody there, a name too long, no name: none may do harm. */
static void test_nobody_listens(void **state)
{
	char name[512];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	notify_manager("READY=1");
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	notify_manager("READY=1");
	setenv("NOTIFY_SOCKET", "", 1);
	notify_manager("READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify_manager("READY=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_abstract_name),
		cmocka_unit_test(test_longest_name),
		cmocka_unit_test(test_nobody_listens),
	};

	return cmocka_run_group_tests_name("base/notify", tests, NULL, NULL);
}
