/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ctype.h>
#include <seccomp.h>
#include <stdlib.h>

#include "base/util.h"
#include "profile/syscalls.h"
#include "syscall_table.h"

#define X86    "SCMP_ARCH_X86"
#define X86_64 "SCMP_ARCH_X86_64"
#define ARM64  "SCMP_ARCH_AARCH64"

static const struct syscall_entry *find(const char *name)
{
	for (size_t i = 0; i < syscall_n_table; i++)
		if (strcmp(syscall_table[i].name, name) == 0)
			return &syscall_table[i];
	return NULL;
}

static void test_four_answers(void **state)
{
	static const struct {
		const char *name, *architecture;
		enum syscall_knowledge knowledge;
	} cases[] = {
		{ "read", X86_64, SYSCALL_NATIVE },
		{ "read", ARM64, SYSCALL_NATIVE },
		{ "clone3", X86_64, SYSCALL_NATIVE },
		{ "open", ARM64, SYSCALL_ELSEWHERE },
		{ "socketcall", X86, SYSCALL_NATIVE },
		{ "socketcall", X86_64, SYSCALL_ELSEWHERE },
		{ "breakpoint", "SCMP_ARCH_ARM", SYSCALL_NATIVE },
		{ "breakpoint", X86_64, SYSCALL_ELSEWHERE },
		/* only on architectures that libseccomp does not have */
		{ "getxuid", X86_64, SYSCALL_ELSEWHERE },
		/* through a multiplexer, with a number of their own and without */
		{ "socket", X86, SYSCALL_NATIVE },
		{ "send", X86, SYSCALL_NATIVE },
		{ "semop", X86, SYSCALL_NATIVE },
		{ "send", X86_64, SYSCALL_ELSEWHERE },
		{ "opennat", X86_64, SYSCALL_UNKNOWN },
		{ "READ", X86_64, SYSCALL_UNKNOWN },
		{ "", X86_64, SYSCALL_UNKNOWN },
		{ "syscalls", X86_64, SYSCALL_UNKNOWN },
		{ "read", "SCMP_ARCH_VAX", SYSCALL_ELSEWHERE },
		{ "read", "SCMP_ARCH_OF_A_VERY_LONG_NAME", SYSCALL_ELSEWHERE },
		{ "read", "x86_64", SYSCALL_ELSEWHERE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (syscall_look_up(cases[i].name, cases[i].architecture) != cases[i].knowledge)
			fail_msg("%s on %s: %d", cases[i].name, cases[i].architecture,
			         syscall_look_up(cases[i].name, cases[i].architecture));
}

/* Which they are depends on this host's libseccomp. */
static void test_newer_than_libseccomp(void **state)
{
	size_t n_newer = 0;

	for (size_t i = 0; i < syscall_n_table; i++) {
		const char *name = syscall_table[i].name;
		bool is_native = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name) >= 0;
		enum syscall_knowledge knowledge = syscall_look_up(name, X86_64);

		if (syscall_table[i].architectures & 1U << 1)
			assert_int_equal(knowledge, is_native ? SYSCALL_NATIVE : SYSCALL_NEWER);
		else
			assert_int_equal(knowledge, is_native ? SYSCALL_NATIVE : SYSCALL_ELSEWHERE);
		n_newer += knowledge == SYSCALL_NEWER;
	}
	print_message("# %zu of %zu names are newer than this libseccomp\n", n_newer,
	              syscall_n_table);
	assert_string_equal(syscall_architectures[1], X86_64);
}

static void test_the_table_is_sorted(void **state)
{
	for (size_t i = 1; i < syscall_n_table; i++)
		assert_true(strcmp(syscall_table[i - 1].name, syscall_table[i].name) < 0);
}

/* All numbers that an architecture has, each from the first of its ranges. */
static const int first_numbers[] = { 0, 4000, 5000, 6000, 0xf0000, 0x40000000 };
#define N_NUMBERS 1000

static uint32_t token_of(const char *architecture)
{
	char word[32];
	size_t n = 0;

	for (const char *p = architecture + strlen("SCMP_ARCH_"); *p; p++)
		word[n++] = (char)tolower((unsigned char)*p);
	word[n] = '\0';
	return seccomp_arch_resolve_name(word);
}

static size_t check_numbers(uint32_t token, size_t architecture, int first)
{
	size_t n_found = 0;

	for (int i = first; i < first + N_NUMBERS; i++) {
		char *name = seccomp_syscall_resolve_num_arch(token, i);
		const struct syscall_entry *entry;

		if (!name)
			continue;
		entry = find(name);
		/* libseccomp gives some architectures a call or two that their headers lack. */
		if (!entry || !entry->architectures)
			fail_msg("%s: %s, %d", syscall_architectures[architecture], name, i);
		n_found += entry->architectures >> architecture & 1;
		free(name);
	}
	return n_found;
}

static void test_the_table_has_all_of_libseccomp(void **state)
{
	size_t n_architectures = 0;

	for (size_t a = 0; a < SYSCALL_N_ARCHITECTURES; a++) {
		uint32_t token = token_of(syscall_architectures[a]);
		size_t n_found = 0;

		if (!token)
			continue; /* newer than this libseccomp */
		n_architectures++;
		for (size_t i = 0; i < ARRAY_SIZE(first_numbers); i++)
			n_found += check_numbers(token, a, first_numbers[i]);
		assert_true(n_found > 300);
	}
	assert_true(n_architectures >= 19);
}

static void test_suggestions(void **state)
{
	static const struct {
		const char *wanted, *best;
	} cases[] = {
		{ "opennat", "openat" },
		{ "cloen3", "clone3" },
		{ "READ", "read" },
		{ "rseq_slice_yeld", "rseq_slice_yield" },
		/* as near as execv, which only other architectures have */
		{ "execvf", "execve" },
		{ "nothing_like_it", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *best = syscall_suggest(cases[i].wanted);

		if (!cases[i].best)
			assert_null(best);
		else
			assert_string_equal(best ? best : "nothing", cases[i].best);
	}
}

static void test_dangers(void **state)
{
	static const char *const harmless[] = { "read",   "close", "getpid", "socketpair",
		                                "ptrace", "",      "mounts" };

	assert_string_equal(syscall_danger("init_module"), "loads code into the kernel");
	assert_string_equal(syscall_danger("mount"), "mounts or changes mounts");
	assert_non_null(syscall_danger("setns"));
	assert_non_null(syscall_danger("io_uring_setup"));
	assert_non_null(syscall_danger("vm86"));
	assert_non_null(syscall_danger("clone3"));
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		assert_null(syscall_danger(harmless[i]));
}

static void test_pointers(void **state)
{
	/* In the order of the arguments: p is a pointer. */
	static const struct {
		const char *name, *arguments;
	} cases[] = {
		{ "read", "-p----" },
		{ "openat", "-p----" },
		{ "open", "p-----" },
		{ "openat2", "-pp---" },
		{ "mount", "ppp-p-" },
		{ "socket", "------" },
		{ "connect", "-p----" },
		{ "clone", "--ppp-" },
		{ "clone3", "p-----" },
		{ "execve", "ppp---" },
		{ "execveat", "-ppp--" },
		{ "bpf", "-p-p--" },
		{ "futex", "p---p-" },
		{ "ioctl", "------" },
		{ "fcntl", "------" },
		{ "prctl", "------" },
		{ "mmap", "------" },
		{ "mprotect", "------" },
		{ "capset", "pp----" },
		{ "statx", "-p--p-" },
		{ "unlink", "p-----" },
		{ "reboot", "---p--" },
		{ "socketcall", "-p----" },
		{ "ipc", "----p-" },
		{ "recvfrom", "-p--pp" },
		{ "umount2", "p-----" },
		{ "keyctl", "------" },
		{ "pselect6", "-ppppp" },
		{ "kill", "------" },
		{ "setns", "------" },
		{ "process_vm_readv", "-p-p--" },
		{ "personality", "------" },
		{ "nosuch", "------" },
		{ "", "------" },
		{ "pen open", "------" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char found[7] = "------";

		for (unsigned int k = 0; k < 6; k++)
			if (syscall_has_pointer(cases[i].name, k))
				found[k] = 'p';
		if (strcmp(found, cases[i].arguments) != 0)
			fail_msg("%s: %s", cases[i].name, found);
	}
	assert_false(syscall_has_pointer("read", 6));
	assert_false(syscall_has_pointer("read", 33));
}

static bool has_sibling(const char *name, const char *sibling)
{
	const char *const *siblings = syscall_siblings(name);

	while (siblings && *siblings)
		if (strcmp(*siblings++, sibling) == 0)
			return true;
	return false;
}

static void test_widths(void **state)
{
	static const struct {
		const char *name;
		unsigned int bits[6];
	} cases[] = {
		{ "socket", { 32, 32, 32, 64, 64, 64 } },
		{ "unshare", { 64, 64, 64, 64, 64, 64 } },
		{ "clone3", { 64, 64, 64, 64, 64, 64 } },
		{ "keyctl", { 32, 64, 64, 64, 64, 64 } },
		{ "read", { 32, 64, 64, 64, 64, 64 } },
		{ "tee", { 32, 32, 64, 32, 64, 64 } },
		{ "mknodat", { 32, 64, 16, 32, 64, 64 } },
		{ "umount2", { 64, 32, 64, 64, 64, 64 } },
		{ "accept", { 32, 64, 64, 64, 64, 64 } }, /* the first of the table */
		{ "write", { 32, 64, 64, 64, 64, 64 } },  /* the last */
		{ "no_such_call", { 64, 64, 64, 64, 64, 64 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int j = 0; j < 6; j++)
			assert_int_equal(syscall_argument_bits(cases[i].name, j), cases[i].bits[j]);
	}
	for (size_t i = 1; i < syscall_n_widths; i++)
		assert_true(strcmp(syscall_widths[i - 1].name, syscall_widths[i].name) < 0);
}

/* An address has all bits, and what has less is a name that there is. */
static void test_widths_and_pointers(void **state)
{
	for (size_t i = 0; i < syscall_n_widths; i++) {
		const char *name = syscall_widths[i].name;

		assert_int_equal(syscall_look_up(name, "SCMP_ARCH_X86_64") == SYSCALL_UNKNOWN,
		                 false);
		for (unsigned int j = 0; j < 6; j++) {
			if (syscall_has_pointer(name, j) && syscall_argument_bits(name, j) != 64)
				fail_msg("%s, argument %u", name, j);
		}
	}
}

static void test_siblings(void **state)
{
	static const char *const pairs[][2] = {
		{ "clone", "clone3" },
		{ "clone3", "clone" },
		{ "fork", "vfork" },
		{ "fork", "clone3" },
		{ "openat", "openat2" },
		{ "openat2", "open" },
		{ "mount", "fsopen" },
		{ "mount", "move_mount" },
		{ "fsopen", "mount" },
		{ "ptrace", "process_vm_writev" },
		{ "init_module", "finit_module" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (!has_sibling(pairs[i][0], pairs[i][1]))
			fail_msg("%s: not %s", pairs[i][0], pairs[i][1]);
	assert_false(has_sibling("clone", "fork"));
	assert_null(syscall_siblings("read"));
	/* All are names that there are. */
	for (size_t i = 0; i < syscall_n_table; i++) {
		const char *const *siblings = syscall_siblings(syscall_table[i].name);

		while (siblings && *siblings)
			assert_non_null(find(*siblings++));
	}
}

static void test_multiplexers(void **state)
{
	uint64_t number = 0;

	assert_string_equal(syscall_multiplexer("socket", &number), "socketcall");
	assert_int_equal(number, 1);
	assert_string_equal(syscall_multiplexer("sendmmsg", &number), "socketcall");
	assert_int_equal(number, 20);
	assert_string_equal(syscall_multiplexer("shmctl", &number), "ipc");
	assert_int_equal(number, 24);
	assert_null(syscall_multiplexer("read", &number));
	assert_null(syscall_multiplexer("socketcall", &number));
}

/* libseccomp numbers what goes through one as -100, or -200, and the number. */
static void test_multiplexers_are_those_of_libseccomp(void **state)
{
	size_t n = 0;

	for (size_t i = 0; i < syscall_n_table; i++) {
		const char *name = syscall_table[i].name;
		int pseudo = seccomp_syscall_resolve_name_arch(SCMP_ARCH_PPC, name);
		uint64_t number;
		const char *multiplexer = syscall_multiplexer(name, &number);

		if (pseudo <= -100 && pseudo > -300) {
			assert_string_equal(multiplexer, pseudo > -200 ? "socketcall" : "ipc");
			assert_int_equal(number, -pseudo % 100);
			n++;
		}
	}
	assert_int_equal(n, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_four_answers),
		cmocka_unit_test(test_newer_than_libseccomp),
		cmocka_unit_test(test_the_table_is_sorted),
		cmocka_unit_test(test_the_table_has_all_of_libseccomp),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_dangers),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_widths_and_pointers),
		cmocka_unit_test(test_siblings),
		cmocka_unit_test(test_multiplexers),
		cmocka_unit_test(test_multiplexers_are_those_of_libseccomp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
