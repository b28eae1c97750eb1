/* SPDX-License-Identifier: Apache-2.0 */

/*
 * socket on an architecture where it is also reached through socketcall, by the filters of
 * libseccomp: what is denied gets through by no way, nothing is permitted that was not, and a
 * profile of which a filter can be built stays one.
 */

#include <linux/audit.h>
#include <stdio.h>

#include "bpf.h"
#include "deny-cases.h"

#define RULE(names, action) "{names: [" names "], action: SCMP_ACT_" action "}"
#define RULE_IF(names, action, operator, value)                                             \
	"{names: [" names "], action: SCMP_ACT_" action ", args: [{index: 0, op: SCMP_CMP_" \
	operator", value: " value "}]}"
#define ERRNO "ERRNO, errnoRet: 22"

static const char *const standards[] = {
	"SCMP_ACT_ERRNO",
	"SCMP_ACT_ERRNO, defaultErrnoRet: 38",
	"SCMP_ACT_KILL_PROCESS",
	"SCMP_ACT_ALLOW",
};

#define FOR_CALL(name, number)                                                                \
	{                                                                                     \
		"", RULE(name, "LOG"), RULE(name, ERRNO), RULE_IF(name, "LOG", "NE", "40"),   \
			RULE_IF(name, ERRNO, "EQ", "40"), RULE_IF(name, "LOG", "EQ", number), \
			RULE_IF(name, "LOG", "NE", number)                                    \
	}

static const char *const socket_rules[] = FOR_CALL("socket", "38");
static const char *const socketcall_rules[] = FOR_CALL("socketcall", "1");
static const char *const connect_rules[] = {
	"",
	RULE("connect", "LOG"),
	RULE("connect", ERRNO),
};

struct denial_case {
	const char *list;
	bool is_socket, is_socketcall, is_connect; /* what may no longer be permitted */
};

#define DENY(names, errno) "[{names: [" names "], errnoRet: " errno ", reason: x}]"
#define DENY_IF(names, value, errno)             \
	"[{names: [" names "], errnoRet: " errno \
	", reason: x, args: [{index: 0, op: SCMP_CMP_EQ, value: " value "}]}]"

static const struct denial_case denials[] = {
	{ DENY("socket", "1"), true, true, false },
	{ DENY_IF("socket", "38", "1"), true, true, false },
	{ DENY_IF("socket", "38", "22"), true, true, false },
	{ DENY("socket, connect", "38"), true, true, true },
	{ DENY_IF("socketcall", "1", "1"), false, true, false },
	{ DENY("socketcall", "1"), false, true, true },
};

/* Calls that are looked at: those of 32 bits by both ways. */
static const struct {
	uint32_t architecture;
	int number;
	uint64_t argument;
} calls[] = {
	{ AUDIT_ARCH_X86_64, 41, 38 }, { AUDIT_ARCH_X86_64, 41, 1 }, { AUDIT_ARCH_I386, 359, 38 },
	{ AUDIT_ARCH_I386, 359, 1 },   { AUDIT_ARCH_I386, 102, 1 },  { AUDIT_ARCH_I386, 102, 3 },
	{ AUDIT_ARCH_X86_64, 42, 5 },  { AUDIT_ARCH_I386, 362, 5 },
};

enum {
	SOCKET_ALG,
	SOCKET,
	SOCKET_ALG_32,
	SOCKET_32,
	SOCKETCALL_SOCKET,
	SOCKETCALL_CONNECT,
	CONNECT,
	CONNECT_32,
	N_CALLS,
};

static bool is_permitted(uint32_t result)
{
	return result == SECCOMP_RET_ALLOW || result == SECCOMP_RET_LOG;
}

static bool run_all(const struct ruleset *ruleset, uint32_t results[N_CALLS])
{
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	int r = filter_build(ruleset, NULL, &filter, NULL);

	assert_true(r == 0 || r == FILTER_E_REFUSED);
	for (size_t i = 0; i < N_CALLS && r == 0; i++) {
		const struct seccomp_data data = { .arch = calls[i].architecture,
			                           .nr = calls[i].number,
			                           .args = { calls[i].argument } };

		results[i] = bpf_run(&filter, &data);
	}
	return r == 0;
}

static bool is_denied(const struct denial_case *denial, size_t call)
{
	switch (call) {
	case SOCKET_ALG:
	case SOCKET_ALG_32:
		return denial->is_socket;
	case SOCKETCALL_SOCKET:
		return denial->is_socketcall;
	case SOCKETCALL_CONNECT:
		return denial->is_connect;
	case CONNECT:
	case CONNECT_32:
		return denial->is_connect && denial->is_socket;
	default:
		return false;
	}
}

static void check(const char *profile, const struct denial_case *denial, size_t *n_checkedp)
{
	_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;
	_cleanup_(parsed_deinit) struct parsed source = { 0 }, denied = { 0 };
	_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT, bytes = BUFFER_INIT;
	uint32_t before[N_CALLS], after[N_CALLS];

	assert_int_equal(read_list(denial->list, &list, NULL), 0);
	assert_int_equal(parse(profile, &source, NULL), 0);
	assert_int_equal(parse(profile, &denied, NULL), 0);
	deny(&denied, list, &messages);
	assert_int_equal(ruleset_write(denied.ruleset, &bytes), 0);
	if (!run_all(source.ruleset, before))
		return;
	if (!run_all(denied.ruleset, after))
		fail_msg("%s\nwithout %s: libseccomp refuses\n%s", profile, denial->list,
		         bytes.data);
	for (size_t i = 0; i < N_CALLS; i++) {
		bool may = is_permitted(before[i]) && !is_denied(denial, i);

		if (!may && is_permitted(after[i]))
			fail_msg("%s\nwithout %s: call %zu gets through\n%s", profile, denial->list,
			         i, bytes.data);
		/* What is denied beyond that is said, or a rule of the profile that had no
		 * effect. */
		if (may && !is_permitted(after[i]) && !messages.data && i != SOCKET &&
		    i != SOCKET_32 &&
		    !(i == SOCKETCALL_CONNECT && !is_permitted(before[CONNECT_32])) &&
		    !(i == SOCKETCALL_SOCKET && !is_permitted(before[SOCKET_32])))
			fail_msg("%s\nwithout %s: call %zu is denied\n%s", profile, denial->list, i,
			         bytes.data);
	}
	++*n_checkedp;
}

static void test_grid(void **state)
{
	size_t n = 0, n_checked = 0;

	for (size_t a = 0; a < ARRAY_SIZE(standards); a++)
		for (size_t b = 0; b < ARRAY_SIZE(socket_rules); b++)
			for (size_t c = 0; c < ARRAY_SIZE(socketcall_rules); c++)
				for (size_t d = 0; d < ARRAY_SIZE(connect_rules) * 2; d++)
					for (size_t e = 0; e < ARRAY_SIZE(denials); e++) {
						_cleanup_(buffer_deinit) struct buffer text =
							BUFFER_INIT;
						const char *one = socket_rules[b];
						const char *two = socketcall_rules[c];

						buffer_printf(&text,
						              "{defaultAction: %s, architectures: "
						              "[SCMP_ARCH_X86_64, SCMP_ARCH_X86], "
						              "syscalls: [%s%s%s%s%s]}",
						              standards[a], d % 2 ? two : one,
						              *(d % 2 ? two : one) ? "," : "",
						              d % 2 ? one : two,
						              *(d % 2 ? one : two) ? "," : "",
						              connect_rules[d / 2]);
						check(text.data, &denials[e], &n_checked);
						n++;
					}
	printf("# %zu profiles and lists, of %zu the profile makes a filter\n", n, n_checked);
	assert_true(n_checked > n / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
