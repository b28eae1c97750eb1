/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "base/util.h"
#include "errno_names.h"
#include "profile/bases.h"

static void test_capabilities(void **state)
{
	static const char *const unknown[] = { "", "CAP_", "CAP_SYS", "SYS_ADMIN ", "CAP_CAP_BPF" };
	unsigned int number;
	uint64_t all = 0;

	(void)state;
	for (unsigned int i = 0; capability_name(i); i++) {
		assert_true(capability_parse(capability_name(i), &number));
		assert_int_equal(number, i);
		all = all << 1 | 1;
	}
	assert_int_equal(all, (UINT64_C(1) << 41) - 1);
	assert_null(capability_name(64));
	assert_true(capability_parse("cap_sys_admin", &number));
	assert_int_equal(number, 21);
	assert_true(capability_parse("Net_Raw", &number));
	assert_int_equal(number, 13);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_false(capability_parse(unknown[i], &number));
	assert_string_equal(capability_suggest("CAP_SYS_ADMN"), "CAP_SYS_ADMIN");
	assert_null(capability_suggest("CAP_FOO"));
}

static void test_default_capabilities(void **state)
{
	static const char *const names[] = {
		"CHOWN",  "DAC_OVERRIDE", "FOWNER",  "FSETID",           "KILL",
		"SETGID", "SETUID",       "SETPCAP", "NET_BIND_SERVICE", "NET_RAW",
		"MKNOD",  "SYS_CHROOT",   "SETFCAP", "AUDIT_WRITE",
	};
	uint64_t set = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned int number;

		assert_true(capability_parse(names[i], &number));
		set |= UINT64_C(1) << number;
	}
	assert_int_equal(set, CAPABILITIES_DEFAULT);
}

static void test_architectures(void **state)
{
	static const char *const names[] = { "SCMP_ARCH_X86", "x86", "X86", "386" };
	struct facts facts = { 0 };
	bool is_known;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_true(facts_set_architecture(&facts, "arm64"));
		assert_string_equal(facts.architecture, "SCMP_ARCH_AARCH64");
		assert_true(facts_set_architecture(&facts, names[i]));
		assert_string_equal(facts.architecture, "SCMP_ARCH_X86");
		assert_string_equal(facts.go_architecture, "386");
	}
	assert_false(facts_set_architecture(&facts, "vax"));
	assert_string_equal(facts.architecture, "SCMP_ARCH_X86");
	assert_true(facts_has_architecture(&facts, "x86"));
	assert_true(facts_has_architecture(&facts, "386"));
	assert_false(facts_has_architecture(&facts, "X86"));
	assert_false(facts_has_architecture(&facts, "amd64"));
	assert_string_equal(architecture_suggest("amd46", &is_known), "amd64");
	assert_false(is_known);
	architecture_suggest("mipsel64", &is_known);
	assert_true(is_known);
	assert_null(architecture_suggest("vax", &is_known));
}

static void test_kernels(void **state)
{
	static const char *const unknown[] = { "",     "4",     "4.",   ".8",      "4.8.", "4.8 ",
		                               " 4.8", "4.8.1", "4.-1", "4.65536", "v4.8" };
	uint32_t major = 0, minor = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		assert_false(kernel_parse(unknown[i], false, &major, &minor));
		assert_int_equal(major, 0);
	}
	assert_true(kernel_parse("4.8", false, &major, &minor));
	assert_int_equal(major, 4);
	assert_int_equal(minor, 8);
	assert_true(kernel_parse("6.1.0-13-amd64", true, &major, &minor));
	assert_int_equal(major, 6);
	assert_int_equal(minor, 1);
	assert_true(kernel_parse("6.18-rc1", true, &major, &minor));
	assert_int_equal(minor, 18);
	assert_false(kernel_parse("linux", true, &major, &minor));
}

static void test_this_machine(void **state)
{
	struct facts facts;
	struct utsname name;
	char release[64];

	(void)state;
	assert_int_equal(uname(&name), 0);
	assert_int_equal(facts_measure(&facts), 0);
	snprintf(release, sizeof(release), "%u.%u", (unsigned int)facts.kernel_major,
	         (unsigned int)facts.kernel_minor);
	assert_memory_equal(release, name.release, strlen(release));
	assert_int_equal(facts.capabilities, CAPABILITIES_DEFAULT);
	assert_ptr_equal(facts.bases, &base_table_builtin);
#if defined(__x86_64__) && defined(__LP64__)
	assert_string_equal(facts.architecture, "SCMP_ARCH_X86_64");
	assert_string_equal(facts.go_architecture, "amd64");
#elif defined(__aarch64__)
	assert_string_equal(facts.architecture, "SCMP_ARCH_AARCH64");
	assert_string_equal(facts.go_architecture, "arm64");
#endif
}

static void test_errno_names(void **state)
{
	uint32_t number;

	(void)state;
	assert_true(errno_name_parse("EPERM", 4095, &number));
	assert_int_equal(number, 1);
	assert_true(errno_name_parse("EWOULDBLOCK", 4095, &number));
	assert_true(errno_name_parse("4095", 4095, &number));
	assert_int_equal(number, 4095);
	assert_false(errno_name_parse("4096", 4095, &number));
	assert_false(errno_name_parse("99999999999999999999", 4095, &number));
	assert_false(errno_name_parse("-1", 4095, &number));
	assert_false(errno_name_parse("", 4095, &number));
	assert_false(errno_name_parse("eperm", 4095, &number));
	assert_string_equal(errno_name_suggest("eperm"), "EPERM");
	assert_string_equal(errno_name(38), "ENOSYS");
	assert_string_equal(errno_name(11), "EAGAIN");
	assert_null(errno_name(4095));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capabilities),  cmocka_unit_test(test_default_capabilities),
		cmocka_unit_test(test_architectures), cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_this_machine),  cmocka_unit_test(test_errno_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
