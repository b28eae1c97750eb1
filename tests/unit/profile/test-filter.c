/* SPDX-License-Identifier: Apache-2.0 */

/* The filters that libseccomp builds: what runc's calls come to, and what is refused. */

#include "bpf.h"
#include "ruleset-cases.h"
#include "syscall_table.h"

#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* 0 or FILTER_E_REFUSED, with what was said. */
static int build(const char *text, struct filter *filter, struct buffer *messages)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(parsed_deinit) struct parsed parsed = { 0 };
	struct path path = { .key = "value" };
	int r;

	*filter = (struct filter){ 0 };
	assert_int_equal(parse(text, &parsed, NULL), 0);
	r = filter_build(parsed.ruleset, &path, filter, &diag);
	for (size_t i = 0; i < diag.n_entries; i++)
		diag_entry_format(&diag.entries[i], messages);
	assert_int_equal(r != 0, diag.n_errors > 0);
	assert_int_equal(r == 0, filter->instructions != NULL);
	return r;
}

static uint32_t decide(const struct filter *filter, uint32_t architecture, const char *name,
                       uint64_t argument_0, uint64_t argument_1)
{
	struct seccomp_data data = {
		.nr = seccomp_syscall_resolve_name_arch(architecture, name),
		.arch = architecture == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : architecture,
		.args = { argument_0, argument_1 },
	};

	return bpf_run(filter, &data);
}

struct decision_case {
	const char *name;
	uint64_t argument_0, argument_1;
	uint32_t architecture;
	uint32_t result;
};

static void check_decisions(const char *text, const struct decision_case *cases, size_t n_cases)
{
	_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT;
	_cleanup_(filter_deinit) struct filter filter = { 0 };

	assert_int_equal(build(text, &filter, &messages), 0);
	assert_true(bpf_is_valid(&filter));
	for (size_t i = 0; i < n_cases; i++) {
		const struct decision_case *c = &cases[i];
		uint32_t result = decide(&filter, c->architecture, c->name, c->argument_0,
		                         c->argument_1);

		if (result != c->result)
			fail_msg("%s(%#llx, %#llx): %#x, not %#x", c->name,
			         (unsigned long long)c->argument_0,
			         (unsigned long long)c->argument_1, result, c->result);
	}
}

#define X86_64 SCMP_ARCH_X86_64

static void test_actions(void **state)
{
	static const struct decision_case cases[] = {
		{ "read", 0, 0, X86_64, SECCOMP_RET_ALLOW },
		{ "kill", 0, 0, X86_64, SECCOMP_RET_KILL_THREAD },
		{ "tkill", 0, 0, X86_64, SECCOMP_RET_KILL_THREAD },
		{ "tgkill", 0, 0, X86_64, SECCOMP_RET_KILL_PROCESS },
		{ "pause", 0, 0, X86_64, SECCOMP_RET_TRAP },
		{ "mount", 0, 0, X86_64, SECCOMP_RET_ERRNO | EPERM },
		{ "bpf", 0, 0, X86_64, SECCOMP_RET_ERRNO | 0 },
		{ "reboot", 0, 0, X86_64, SECCOMP_RET_ERRNO | 4094 },
		{ "ptrace", 0, 0, X86_64, SECCOMP_RET_TRACE | EPERM },
		{ "setns", 0, 0, X86_64, SECCOMP_RET_TRACE | 7 },
		{ "getpid", 0, 0, X86_64, SECCOMP_RET_LOG },
		{ "getppid", 0, 0, X86_64, SECCOMP_RET_ERRNO | 38 },
		/* No other architecture was named. */
		{ "read", 0, 0, SCMP_ARCH_X86, SECCOMP_RET_KILL_THREAD },
		{ "read", 0, 0, SCMP_ARCH_X32, SECCOMP_RET_KILL_THREAD },
	};

	check_decisions("defaultAction: SCMP_ACT_ERRNO\n"
	                "defaultErrnoRet: 38\n"
	                "syscalls:\n"
	                "- {names: [read, no_such_call], action: SCMP_ACT_ALLOW}\n"
	                "- {names: [kill], action: SCMP_ACT_KILL}\n"
	                "- {names: [tkill], action: SCMP_ACT_KILL_THREAD}\n"
	                "- {names: [tgkill], action: SCMP_ACT_KILL_PROCESS}\n"
	                "- {names: [pause], action: SCMP_ACT_TRAP}\n"
	                "- {names: [mount], action: SCMP_ACT_ERRNO}\n"
	                "- {names: [bpf], action: SCMP_ACT_ERRNO, errnoRet: 0}\n"
	                "- {names: [reboot], action: SCMP_ACT_ERRNO, errnoRet: 4094}\n"
	                "- {names: [ptrace], action: SCMP_ACT_TRACE}\n"
	                "- {names: [setns], action: SCMP_ACT_TRACE, errnoRet: 7}\n"
	                "- {names: [getpid], action: SCMP_ACT_LOG}\n"
	                /* The default action: left out, or libseccomp would refuse it. */
	                "- {names: [getppid], action: SCMP_ACT_ERRNO, errnoRet: 38}\n",
	                cases, ARRAY_SIZE(cases));
}

static void test_architectures(void **state)
{
	static const struct decision_case cases[] = {
		{ "read", 0, 0, X86_64, SECCOMP_RET_ALLOW },
		{ "read", 0, 0, SCMP_ARCH_X86, SECCOMP_RET_ALLOW },
		{ "read", 0, 0, SCMP_ARCH_X32, SECCOMP_RET_ALLOW },
		{ "write", 0, 0, SCMP_ARCH_X32, SECCOMP_RET_ERRNO | EPERM },
		{ "read", 0, 0, SCMP_ARCH_ARM, SECCOMP_RET_KILL_THREAD },
		/* Of one architecture only. */
		{ "stat64", 0, 0, SCMP_ARCH_X86, SECCOMP_RET_ALLOW },
	};

	check_decisions("{defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64, "
	                "SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_X86], syscalls: [{names: [read, "
	                "stat64], action: SCMP_ACT_ALLOW}]}",
	                cases, ARRAY_SIZE(cases));
}

static void test_conditions(void **state)
{
	static const struct decision_case cases[] = {
		/* Two indices: both. */
		{ "socket", 1, 2, X86_64, SECCOMP_RET_ALLOW },
		{ "socket", 1, 3, X86_64, SECCOMP_RET_ERRNO | EPERM },
		{ "socket", 2, 2, X86_64, SECCOMP_RET_ERRNO | EPERM },
		/* One index twice: any, and so for the others. */
		{ "prctl", 1, 0, X86_64, SECCOMP_RET_ALLOW },
		{ "prctl", 2, 0, X86_64, SECCOMP_RET_ALLOW },
		{ "prctl", 3, 5, X86_64, SECCOMP_RET_ALLOW },
		{ "prctl", 3, 0, X86_64, SECCOMP_RET_ERRNO | EPERM },
		{ "clone", 0x7e020000, 0, X86_64, SECCOMP_RET_ERRNO | EPERM },
		{ "clone", 0x1ff, 0, X86_64, SECCOMP_RET_ALLOW },
		{ "personality", 0xffffffffffffffff, 0, X86_64, SECCOMP_RET_ALLOW },
		{ "personality", 0xffffffff, 0, X86_64, SECCOMP_RET_ERRNO | EPERM },
	};

	check_decisions(
		"defaultAction: SCMP_ACT_ERRNO\n"
		"syscalls:\n"
		"- names: [socket]\n"
		"  action: SCMP_ACT_ALLOW\n"
		"  args: [{index: 0, value: 1, op: SCMP_CMP_EQ}, {index: 1, value: 2, op: "
		"SCMP_CMP_EQ}]\n"
		"- names: [prctl]\n"
		"  action: SCMP_ACT_ALLOW\n"
		"  args: [{index: 0, value: 1, op: SCMP_CMP_EQ}, {index: 1, value: 5, op: "
		"SCMP_CMP_EQ}, {index: 0, value: 2, op: SCMP_CMP_EQ}]\n"
		"- names: [clone]\n"
		"  action: SCMP_ACT_ALLOW\n"
		"  args: [{index: 0, value: 2114060288, valueTwo: 0, op: SCMP_CMP_MASKED_EQ}]\n"
		"- names: [personality]\n"
		"  action: SCMP_ACT_ALLOW\n"
		"  args: [{index: 0, value: 18446744073709551615, op: SCMP_CMP_EQ}]\n",
		cases, ARRAY_SIZE(cases));
}

struct refusal_case {
	const char *text;
	const char *message; /* behind the version */
};

static void test_refusals(void **state)
{
	const struct refusal_case cases[] = {
		{ "{defaultAction: SCMP_ACT_LOG, architectures: [SCMP_ARCH_M68K]}",
		  seccomp_arch_resolve_name("m68k") /* since 2.6 */
		          ? "builds no filter: SCMP_ARCH_M68K has another byte order than this machine"
		          : "builds no filter: SCMP_ARCH_M68K is unknown to it" },
		{ "{defaultAction: SCMP_ACT_LOG, architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_S390X]}",
		  "builds no filter: SCMP_ARCH_S390X has another byte order than this machine" },
		{ "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 4095}",
		  "builds no filter: it takes no errnoRet of 4095" },
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [read, write], action: "
		  "SCMP_ACT_ERRNO, errnoRet: 4095}]}",
		  "refuses the rule for read: it takes no errnoRet of 4095" },
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [read], action: SCMP_ACT_ALLOW, "
		  "args: [{index: 0, value: 1, op: SCMP_CMP_EQ}]}, {names: [read], action: "
		  "SCMP_ACT_ERRNO, args: [{index: 0, value: 1, op: SCMP_CMP_EQ}]}]}",
		  "refuses the rule for read: it holds for calls for which an earlier rule has "
		  "another action, and they cannot be combined" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT;
		_cleanup_(filter_deinit) struct filter filter = { 0 };
		const char *found;

		assert_int_equal(build(cases[i].text, &filter, &messages), FILTER_E_REFUSED);
		found = strstr(messages.data, cases[i].message);
		if (!found || strcmp(found, cases[i].message) != 0)
			fail_msg("case %zu: %s", i, messages.data);
	}
}

static void test_says_where(void **state)
{
	_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT;
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	static const char prefix[] = "t:4:12: value.syscalls[1]: libseccomp ";

	assert_int_equal(build("defaultAction: SCMP_ACT_LOG\n"
	                       "syscalls:\n"
	                       "- {names: [read], action: SCMP_ACT_ALLOW}\n"
	                       "- {names: [read, write], action: SCMP_ACT_ERRNO, errnoRet: 4095}\n",
	                       &filter, &messages),
	                 FILTER_E_REFUSED);
	messages.data[strlen(prefix)] = 0;
	assert_string_equal(messages.data, prefix);
}

/* Before 2.6.1 libseccomp writes behind its buffer at 65,536 instructions. */
static void test_too_large(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, messages = BUFFER_INIT;
	_cleanup_(filter_deinit) struct filter filter = { 0 };

	buffer_append_string(&text,
	                     "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [read], action: "
	                     "SCMP_ACT_ALLOW, args: [");
	for (size_t i = 0; i < 70000; i++)
		buffer_printf(&text, "{index: 0, value: %zu, op: SCMP_CMP_EQ},", i);
	buffer_append_string(&text, "]}]}");
	assert_int_equal(build(text.data, &filter, &messages), FILTER_E_REFUSED);
	assert_non_null(strstr(messages.data, "builds no filter: it has too many rules"));
}

/* More than the kernel takes is built: who judges says by how much it is too large. */
static void test_more_than_the_kernel_takes(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, messages = BUFFER_INIT;
	_cleanup_(filter_deinit) struct filter filter = { 0 };

	buffer_append_string(&text,
	                     "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [read], action: "
	                     "SCMP_ACT_ALLOW, args: [");
	for (size_t i = 0; i < 1500; i++)
		buffer_printf(&text, "{index: 0, value: %zu, op: SCMP_CMP_EQ},", i << 32 | i);
	buffer_append_string(&text, "]}]}");
	assert_int_equal(build(text.data, &filter, &messages), 0);
	print_message("# %zu instructions\n", filter.n_instructions);
	assert_true(filter.n_instructions > FILTER_INSTRUCTIONS_MAX);
}

/* As in the worker's sandbox. */
static void forbid_seccomp(void)
{
	static const struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(instructions),
		                      (struct sock_filter *)instructions };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		_exit(2);
}

static int status_of_sandboxed_build(bool is_prepared)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT;
		struct filter filter;

		if (is_prepared)
			filter_prepare();
		forbid_seccomp();
		_exit(build("defaultAction: SCMP_ACT_KILL_PROCESS\n"
		            "syscalls:\n"
		            "- {names: [read], action: SCMP_ACT_LOG}\n"
		            "- {names: [mount], action: SCMP_ACT_NOTIFY}\n",
		            &filter, &messages));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Must be the first: once this process has asked the kernel nobody asks again. */
static void test_asks_the_kernel_only_when_prepared(void **state)
{
	int status = status_of_sandboxed_build(false);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	assert_int_equal(status_of_sandboxed_build(true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asks_the_kernel_only_when_prepared),
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_architectures),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_says_where),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_more_than_the_kernel_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
