/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/instance.h"

/* The right-hand sides are what `systemd-escape --path` of systemd 252 prints. */
static const struct {
	const char *path;
	const char *escaped;
} cases[] = {
	{ "/", "-" },
	{ "//", "-" },
	{ "/./", "-" },
	{ "/var/lib/kubelet", "var-lib-kubelet" },
	{ "/var/lib/kubelet/seccomp/profiles", "var-lib-kubelet-seccomp-profiles" },
	{ "/a//b/", "a-b" },
	{ "//a/./b", "a-b" },
	{ "/a/.", "a" },
	{ "/./a", "a" },
	{ "/.hidden", "\\x2ehidden" },
	{ "/./.hidden", "\\x2ehidden" },
	{ "/a/.b", "a-.b" },
	{ "/..a", "\\x2e.a" },
	{ "/a b", "a\\x20b" },
	{ "/a-b", "a\\x2db" },
	{ "/a\\b", "a\\x5cb" },
	{ "/a:_b.c", "a:_b.c" },
	{ "/\xc3\xbc\xff", "\\xc3\\xbc\\xff" },
	{ "/\n\x7f", "\\x0a\\x7f" },
	{ "/@%+~", "\\x40\\x25\\x2b\\x7e" },
};

static void test_escapes_as_systemd_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(freep) char *escaped = instance_escape(cases[i].path);

		assert_non_null(escaped);
		assert_string_equal(escaped, cases[i].escaped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes_as_systemd_does),
	};

	return cmocka_run_group_tests_name("base/instance", tests, NULL, NULL);
}
