/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/options.h"

#define ARGUMENTS_MAX 16

/* Parses a command line whose words have one blank between them. */
static int parse(const char *line, struct options *options, struct diag *diag)
{
	_cleanup_(freep) char *copy = strdup(line);
	char *words[ARGUMENTS_MAX + 1] = { NULL }, *rest = copy;
	int n = 0;

	while (rest && n < ARGUMENTS_MAX)
		words[n++] = strsep(&rest, " ");
	return options_parse(n, words, options, diag);
}

static void assert_parsed(const char *line, struct options *options)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	*options = OPTIONS_INIT;
	if (parse(line, options, &diag)) {
		diag_print(&diag, stderr, "# ");
		fail_msg("refused: %s", line);
	}
}

static void assert_refused(const char *line)
{
	_cleanup_(options_deinit) struct options options = OPTIONS_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	if (parse(line, &options, &diag) != OPTIONS_E_USAGE)
		fail_msg("not refused: %s", line);
}

static void test_defaults(void **state)
{
	_cleanup_(options_deinit) struct options options;

	(void)state;
	assert_parsed("seccompfs machine.yaml /mnt", &options);
	assert_int_equal(options.action, OPTIONS_MOUNT);
	assert_false(options.helper || options.foreground || options.read_only);
	assert_false(options.nonempty || options.remount);
	assert_string_equal(options.source, "machine.yaml");
	assert_string_equal(options.mount_point, "/mnt");
	assert_string_equal(options.validate, "strict");
	assert_string_equal(options.compile, "on");
	assert_string_equal(options.caps, "default");
	assert_string_equal(options.max_patch, "1048576");
	assert_null(options.config);
	assert_null(options.control);
	assert_null(options.state);
	assert_null(options.node);
	assert_null(options.kernel.data);
}

static void test_own_options(void **state)
{
	_cleanup_(options_deinit) struct options options;

	(void)state;
	assert_parsed(
		"/usr/sbin/seccompfs -o ro,control=/c,state=s a b -f "
		"-o validate=off,compile=reject,caps=default:CAP_BPF,max_patch=99999999,node=n-1.x,config=/etc/a,nonempty",
		&options);
	assert_true(options.foreground && options.read_only && options.nonempty);
	assert_string_equal(options.control, "/c");
	assert_string_equal(options.state, "s");
	assert_string_equal(options.validate, "off");
	assert_string_equal(options.compile, "reject");
	assert_string_equal(options.caps, "default:CAP_BPF");
	assert_string_equal(options.max_patch, "99999999");
	assert_string_equal(options.node, "n-1.x");
	assert_string_equal(options.config, "/etc/a");
	assert_string_equal(options.source, "a");
}

static void test_read_only_is_what_came_last(void **state)
{
	static const struct {
		const char *line;
		bool read_only;
	} cases[] = {
		{ "seccompfs a b -o ro", true },
		{ "seccompfs a b -o ro,rw", false },
		{ "seccompfs a b -o rw -o ro", true },
		{ "seccompfs a b -o defaults,ro,nofail", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(options_deinit) struct options options;

		assert_parsed(cases[i].line, &options);
		assert_int_equal(options.read_only, cases[i].read_only);
	}
}

/* Each alone, with and without what mount(8) adds. */
static void test_standard_options_never_fail(void **state)
{
	static const char *const names[] = {
		"defaults",
		"ro",
		"rw",
		"auto",
		"noauto",
		"nofail",
		"_netdev",
		"user",
		"user=joe",
		"nouser",
		"users",
		"nousers",
		"group",
		"nogroup",
		"owner",
		"noowner",
		"relatime",
		"norelatime",
		"atime",
		"noatime",
		"strictatime",
		"lazytime",
		"nolazytime",
		"diratime",
		"nodiratime",
		"suid",
		"nosuid",
		"dev",
		"nodev",
		"exec",
		"noexec",
		"sync",
		"async",
		"dirsync",
		"mand",
		"nomand",
		"iversion",
		"noiversion",
		"silent",
		"loud",
		"nosymfollow",
		"comment=hi",
		"comment=",
		"x-systemd.before=kubelet.service",
		"x-gvfs-hide",
		"X-mount.mkdir",
		"X-fstrim.notrim",
		"allow_other",
		"default_permissions",
		"",
		",",
		"context=u:r:t:s0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(options_deinit) struct options options;
		char line[128];

		snprintf(line, sizeof(line), "/sbin/mount.fuse.seccompfs a b -o rw,%s,noatime",
		         names[i]);
		assert_parsed(line, &options);
	}
}

static void test_helper(void **state)
{
	_cleanup_(options_deinit) struct options options;

	(void)state;
	assert_parsed("/sbin/mount.fuse.seccompfs a b -s -n -v -t fuse.seccompfs -o rw,nofail",
	              &options);
	assert_true(options.helper);
	assert_false(options.foreground);
	assert_int_equal(options.action, OPTIONS_MOUNT);
	options_deinit(&options);
	assert_parsed("mount.fuse.seccompfs a b -f", &options);
	assert_int_equal(options.action, OPTIONS_FAKE);
	assert_false(options.foreground);
	options_deinit(&options);
	assert_parsed("mount.fuse.seccompfs a b -o remount,ro", &options);
	assert_true(options.remount);
}

static void test_only_the_helper_takes_its_letters(void **state)
{
	(void)state;
	assert_refused("seccompfs a b -s");
	assert_refused("seccompfs a b -n");
	assert_refused("seccompfs a b -t fuse.seccompfs");
}

static void test_labels_go_to_the_kernel(void **state)
{
	_cleanup_(options_deinit) struct options options;

	(void)state;
	assert_parsed("seccompfs a b -o fscontext=u:r:f:s0,ro,defcontext=\"u:r:d:s0:c1,c2\"",
	              &options);
	assert_string_equal(options.kernel.data,
	                    ",fscontext=u:r:f:s0,defcontext=\"u:r:d:s0:c1,c2\"");
}

static void test_help_and_version_need_nothing(void **state)
{
	_cleanup_(options_deinit) struct options options;

	(void)state;
	assert_parsed("seccompfs --help", &options);
	assert_int_equal(options.action, OPTIONS_HELP);
	options_deinit(&options);
	assert_parsed("mount.fuse.seccompfs -V", &options);
	assert_int_equal(options.action, OPTIONS_VERSION);
}

static void test_usage_errors(void **state)
{
	static const char *const lines[] = {
		"seccompfs",
		"seccompfs a",
		"seccompfs a b c",
		"seccompfs a ",
		"seccompfs  b",
		"seccompfs a b -x",
		"seccompfs a b --wrong",
		"seccompfs a b -o",
		"seccompfs a b -o contrl=/x",
		"seccompfs a b -o validate=loose",
		"seccompfs a b -o validate=",
		"seccompfs a b -o max_patch=0",
		"seccompfs a b -o max_patch=01",
		"seccompfs a b -o max_patch=-1",
		"seccompfs a b -o max_patch=1M",
		"seccompfs a b -o max_patch=100000000",
		"seccompfs a b -o max_patch=99999999999999999999",
		"seccompfs a b -o max_patch=",
		"seccompfs a b -o control=",
		"seccompfs a b -o node=a\tb",
		"seccompfs a b -o node=",
		"seccompfs a b -o ro=1",
		"seccompfs a b -o control",
		"seccompfs a b -o sunc",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_refused(lines[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_own_options),
		cmocka_unit_test(test_read_only_is_what_came_last),
		cmocka_unit_test(test_standard_options_never_fail),
		cmocka_unit_test(test_helper),
		cmocka_unit_test(test_only_the_helper_takes_its_letters),
		cmocka_unit_test(test_labels_go_to_the_kernel),
		cmocka_unit_test(test_help_and_version_need_nothing),
		cmocka_unit_test(test_usage_errors),
	};

	return cmocka_run_group_tests_name("supervisor/options", tests, NULL, NULL);
}
