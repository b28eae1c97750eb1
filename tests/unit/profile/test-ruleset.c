/* SPDX-License-Identifier: Apache-2.0 */

#include "ruleset-cases.h"

#include <stdlib.h>

struct written_case {
	const char *text;
	const char *bytes; /* NULL: refused */
	const char *messages;
	bool is_plain;
};

static void check_written(const struct written_case *one)
{
	_cleanup_(parsed_deinit) struct parsed parsed;
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT, messages = BUFFER_INIT;
	int r = parse(one->text, &parsed, &messages);

	if (r != (one->bytes ? 0 : RULESET_E_INVALID) ||
	    strcmp(messages.data ? messages.data : "", one->messages ? one->messages : "") != 0)
		fail_msg("%s\ngave %d:\n%s\nexpected:\n%s", one->text, r,
		         messages.data ? messages.data : "", one->messages ? one->messages : "");
	if (!one->bytes)
		return;
	assert_int_equal(ruleset_write(parsed.ruleset, &bytes), 0);
	assert_string_equal(bytes.data, one->bytes);
	assert_int_equal(parsed.ruleset->is_plain, one->is_plain);
}

static void test_read_and_write(void **state)
{
	static const struct written_case cases[] = {
		{ "{defaultAction: SCMP_ACT_LOG}", "{\"defaultAction\":\"SCMP_ACT_LOG\"}", NULL,
		  true },
		{ "{syscalls: [], flags: [], architectures: [], defaultAction: SCMP_ACT_KILL}",
		  "{\"architectures\":[],\"defaultAction\":\"SCMP_ACT_KILL\",\"flags\":[],"
		  "\"syscalls\":[]}",
		  NULL, true },
		{ "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 38, listenerPath: /run/a<b, "
		  "listenerMetadata: \"m\\u2028\", flags: [SECCOMP_FILTER_FLAG_LOG], "
		  "architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86]}",
		  "{\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],"
		  "\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"
		  "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"listenerMetadata\":\"m\\u2028\","
		  "\"listenerPath\":\"/run/a\\u003cb\"}",
		  NULL, true },
		{ "defaultAction: SCMP_ACT_ERRNO\n"
		  "syscalls:\n"
		  "- names: [socket, read]\n"
		  "  action: SCMP_ACT_ERRNO\n"
		  "  errnoRet: 0x10\n"
		  "  args: [{index: 5, value: 18446744073709551615, op: SCMP_CMP_EQ},\n"
		  "         {valueTwo: 0, value: 0, op: SCMP_CMP_MASKED_EQ, index: 0}]\n",
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"action\":"
		  "\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":5,\"op\":\"SCMP_CMP_EQ\",\"value\":"
		  "18446744073709551615},{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":0,"
		  "\"valueTwo\":0}],\"errnoRet\":16,\"names\":[\"socket\",\"read\"]}]}",
		  NULL, true },
		/* merge keys and aliases */
		{ "defaultAction: &a SCMP_ACT_ALLOW\n"
		  "syscalls:\n"
		  "- &r {names: [a], action: *a, args: null, errnoRet: ~}\n"
		  "- {<<: *r, names: [b]}\n",
		  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
		  "\"SCMP_ACT_ALLOW\",\"names\":[\"a\"]},{\"action\":\"SCMP_ACT_ALLOW\","
		  "\"names\":[\"b\"]}]}",
		  NULL, true },
		/* unknown keys are plain, and gone when written */
		{ "{defaultAction: SCMP_ACT_LOG, foo: {bar: 1}}",
		  "{\"defaultAction\":\"SCMP_ACT_LOG\"}", NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_written(&cases[i]);
}

#define RULE(rule)    "{defaultAction: SCMP_ACT_LOG, syscalls: [" rule "]}"
#define WRITTEN(rule) "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[" rule "]}"

static void test_forms_of_moby_are_not_plain(void **state)
{
	static const struct written_case cases[] = {
		{ RULE("{name: read, action: SCMP_ACT_TRAP}"),
		  WRITTEN("{\"action\":\"SCMP_ACT_TRAP\",\"names\":[\"read\"]}") },
		{ RULE("{names: [a], name: null, action: SCMP_ACT_TRAP}"),
		  WRITTEN("{\"action\":\"SCMP_ACT_TRAP\",\"names\":[\"a\"]}") },
		{ RULE("{names: [a], comment: '', action: SCMP_ACT_TRAP}"),
		  WRITTEN("{\"action\":\"SCMP_ACT_TRAP\",\"names\":[\"a\"]}") },
		{ RULE("{names: [a], includes: {}, action: SCMP_ACT_TRAP}"),
		  WRITTEN("{\"action\":\"SCMP_ACT_TRAP\",\"names\":[\"a\"]}") },
		{ RULE("{names: [a], excludes: null, action: SCMP_ACT_TRAP}"),
		  WRITTEN("{\"action\":\"SCMP_ACT_TRAP\",\"names\":[\"a\"]}") },
		{ "{defaultAction: SCMP_ACT_LOG, archMap: null}",
		  "{\"defaultAction\":\"SCMP_ACT_LOG\"}" },
		{ "{defaultAction: SCMP_ACT_LOG, x-seccompfs: {}}",
		  "{\"defaultAction\":\"SCMP_ACT_LOG\"}" },
		{ "{<<: {x-seccompfs: ~}, defaultAction: SCMP_ACT_LOG}",
		  "{\"defaultAction\":\"SCMP_ACT_LOG\"}" },
		{ "{defaultAction: SCMP_ACT_LOG, x-seccompfs: {<<: {base: none}}}",
		  "{\"defaultAction\":\"SCMP_ACT_LOG\"}" },
		/* the name of an error wins over its number */
		{ "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 1, defaultErrno: ENOSYS}",
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38}" },
		{ "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 1, defaultErrno: ''}",
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1}" },
		{ RULE("{names: [a], errno: EOPNOTSUPP, action: SCMP_ACT_ERRNO}"),
		  WRITTEN("{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":95,\"names\":[\"a\"]}") },
		{ RULE("{names: [a], errno: '13', action: SCMP_ACT_ERRNO}"),
		  WRITTEN("{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13,\"names\":[\"a\"]}") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_written(&cases[i]);
}

static void test_what_cannot_be_read_is_refused(void **state)
{
	static const struct written_case cases[] = {
		{ "{}", NULL, "t:1:1: required key defaultAction is missing" },
		{ "[]", NULL, "t:1:1: found sequence, allowed is a mapping with defaultAction" },
		{ "{defaultAction: allow}", NULL,
		  "t:1:17: defaultAction: unknown action \"allow\"" },
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: 1}", NULL,
		  "t:1:41: syscalls: found integer 1, allowed is a list of mappings with names and "
		  "action" },
		{ RULE("{action: SCMP_ACT_LOG}"), NULL,
		  "t:1:42: syscalls[0]: required key names is missing" },
		{ RULE("{names: [], action: SCMP_ACT_LOG}"), NULL,
		  "t:1:50: syscalls[0].names: found an empty list, allowed is a list of one or "
		  "more names of system calls" },
		{ RULE("{names: [\"a\\0b\"], action: SCMP_ACT_LOG}"), NULL,
		  "t:1:51: syscalls[0].names[0]: found string \"a\\x00b\", allowed is a string "
		  "that is not empty" },
		{ RULE("{name: a, names: [b], action: SCMP_ACT_LOG}"), NULL,
		  "t:1:49: syscalls[0].name: found with names: allowed is one of the two" },
		{ RULE("{names: [a]}"), NULL,
		  "t:1:42: syscalls[0]: required key action is missing" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, args: [{index: 6, value: -1, op: EQ}]}"),
		  NULL,
		  "t:1:92: syscalls[0].args[0].index: found integer 6, allowed is an integer from "
		  "0 to 5\n"
		  "t:1:102: syscalls[0].args[0].value: found integer -1, allowed is an integer "
		  "from 0 to 18446744073709551615\n"
		  "t:1:110: syscalls[0].args[0].op: unknown operator \"EQ\"" },
		{ RULE("{names: [a], action: SCMP_ACT_ERRNO, errno: EPREM}"), NULL,
		  "t:1:86: syscalls[0].errno: unknown error name \"EPREM\": did you mean EPERM?" },
		{ RULE("{names: [a], action: SCMP_ACT_ERRNO, errno: '4096'}"), NULL,
		  "t:1:86: syscalls[0].errno: unknown error name \"4096\": allowed is one such as "
		  "EPERM" },
		{ RULE("{names: [a], action: SCMP_ACT_ERRNO, errnoRet: 4096}"), NULL,
		  "t:1:89: syscalls[0].errnoRet: found integer 4096, allowed is an integer from 0 "
		  "to 4095" },
		{ "{defaultAction: SCMP_ACT_LOG, architectures: [SCMP_ARCH_X86], archMap: [{}]}",
		  NULL, "t:1:72: archMap: found with architectures: allowed is one of the two" },
		{ "{defaultAction: SCMP_ACT_LOG, archMap: [{}]}", NULL,
		  "t:1:41: archMap[0]: found mapping, allowed is a mapping with architecture and "
		  "subArchitectures" },
		/* what Go takes for the key that was meant: without it the rule would hold for all */
		{ RULE("{names: [a], action: SCMP_ACT_LOG, Args: [{index: 0, value: 1, op: "
		       "SCMP_CMP_EQ}]}"),
		  NULL, "t:1:77: syscalls[0]: unknown key \"Args\": did you mean args?" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, args: [{index: 0, value: 1, ValueTwo: "
		       "3, op: SCMP_CMP_EQ}]}"),
		  NULL,
		  "t:1:105: syscalls[0].args[0]: unknown key \"ValueTwo\": did you mean valueTwo?" },
		{ "{defaultAction: SCMP_ACT_LOG, <<: {SysCalls: []}}", NULL,
		  "t:1:36: unknown key \"SysCalls\": did you mean syscalls?" },
		/* conditions */
		{ RULE("{names: [a], action: SCMP_ACT_LOG, includes: {minKernel: '4'}}"), NULL,
		  "t:1:99: syscalls[0].includes.minKernel: found string \"4\", allowed is a "
		  "kernel's version such as \"4.8\"" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, excludes: {minKernel: 4.8.1}}"), NULL,
		  "t:1:99: syscalls[0].excludes.minKernel: found string \"4.8.1\", allowed is a "
		  "kernel's version such as \"4.8\"" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, includes: {caps: [CAP_SYS_ADMN]}}"),
		  NULL,
		  "t:1:95: syscalls[0].includes.caps[0]: unknown capability \"CAP_SYS_ADMN\": did "
		  "you mean CAP_SYS_ADMIN?" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, includes: {arches: [amd46]}}"), NULL,
		  "t:1:97: syscalls[0].includes.arches[0]: unknown architecture \"amd46\": did you "
		  "mean amd64?" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, includes: []}"), NULL,
		  "t:1:87: syscalls[0].includes: found sequence, allowed is a mapping with caps, "
		  "arches or minKernel" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, includes: {capabilities: [CAP_BPF]}}"),
		  NULL,
		  "t:1:88: syscalls[0].includes: unknown key \"capabilities\": allowed are caps, "
		  "arches, minKernel" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, excludes: {<<: {Caps: [CAP_BPF]}}}"),
		  NULL, "t:1:93: syscalls[0].excludes: unknown key \"Caps\": did you mean caps?" },
		{ RULE("{names: [a], action: \"x\\e[m\\ny\"}"), NULL,
		  "t:1:63: syscalls[0].action: unknown action \"x\\x1b[m\\x0ay\"" },
		/* x-seccompfs */
		{ "{defaultAction: SCMP_ACT_LOG, x-seccompfs: {bas: runc}}", NULL,
		  "t:1:45: x-seccompfs: unknown key \"bas\": did you mean base?" },
		{ "{defaultAction: SCMP_ACT_LOG, x-seccompfs: {profile: 1}}", NULL,
		  "t:1:45: x-seccompfs: unknown key \"profile\": allowed are base, caps" },
		{ "{defaultAction: SCMP_ACT_LOG, x-seccompfs: runc}", NULL,
		  "t:1:44: x-seccompfs: found string \"runc\", allowed is a mapping with base and "
		  "caps" },
		{ "{defaultAction: SCMP_ACT_LOG, x-seccompfs: {caps: [CAP_FOO]}}", NULL,
		  "t:1:52: x-seccompfs.caps[0]: unknown capability \"CAP_FOO\": allowed is one "
		  "such as CAP_NET_ADMIN" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_written(&cases[i]);
}

static void test_names(void **state)
{
	enum comparison comparison;
	enum action action;

	(void)state;
	for (int i = 0; i < N_ACTIONS; i++) {
		assert_true(action_parse(action_name((enum action)i), &action));
		assert_int_equal(action, i);
	}
	for (int i = 0; i < N_COMPARISONS; i++) {
		assert_true(comparison_parse(comparison_name((enum comparison)i), &comparison));
		assert_int_equal(comparison, i);
	}
	assert_false(action_parse("SCMP_ACT_", &action));
	assert_false(action_parse("ALLOW", &action));
	assert_false(comparison_parse("SCMP_CMP_XX", &comparison));
	assert_true(action_is_permissive(ACTION_ALLOW));
	assert_true(action_is_permissive(ACTION_LOG));
	assert_true(action_is_permissive(ACTION_TRACE));
	assert_true(action_is_permissive(ACTION_NOTIFY));
	assert_false(action_is_permissive(ACTION_ERRNO));
	assert_false(action_is_permissive(ACTION_TRAP));
	assert_false(action_is_permissive(ACTION_KILL));
}

static void test_copy_is_apart(void **state)
{
	_cleanup_(parsed_deinit) struct parsed parsed;
	_cleanup_(buffer_deinit) struct buffer before = BUFFER_INIT, after = BUFFER_INIT;
	struct ruleset *copy;

	(void)state;
	assert_int_equal(parse("{defaultAction: SCMP_ACT_LOG, architectures: [SCMP_ARCH_X86], "
	                       "flags: [SECCOMP_FILTER_FLAG_LOG], syscalls: [{names: [a, b], "
	                       "action: SCMP_ACT_ALLOW, args: [{index: 1, value: 2, op: "
	                       "SCMP_CMP_EQ}]}]}",
	                       &parsed, NULL),
	                 0);
	assert_int_equal(ruleset_write(parsed.ruleset, &before), 0);
	copy = ruleset_copy(parsed.arena, parsed.ruleset);
	assert_non_null(copy);
	copy->architectures.words[0].text = "x";
	copy->flags.words[0].text = "x";
	copy->rules[0].names.words[0].text = "x";
	copy->rules[0].arguments[0].value = 3;
	copy->rules[0].action = ACTION_TRAP;
	assert_int_equal(ruleset_write(parsed.ruleset, &after), 0);
	assert_string_equal(after.data, before.data);
}

struct holds_case {
	enum comparison comparison;
	uint64_t value, value_two, argument;
	bool holds;
};

static void test_argument_holds(void **state)
{
	static const struct holds_case cases[] = {
		{ COMPARE_NE, 1, 0, 2, true },
		{ COMPARE_NE, 1, 0, 1, false },
		{ COMPARE_LT, 2, 0, 1, true },
		{ COMPARE_LT, 2, 0, 2, false },
		{ COMPARE_LE, 2, 0, 2, true },
		{ COMPARE_LE, 2, 0, 3, false },
		{ COMPARE_EQ, UINT64_MAX, 0, UINT64_MAX, true },
		{ COMPARE_EQ, UINT64_MAX, 0, UINT32_MAX, false },
		{ COMPARE_GE, 2, 0, 2, true },
		{ COMPARE_GE, 2, 0, 1, false },
		{ COMPARE_GT, 2, 0, UINT64_MAX, true },
		{ COMPARE_GT, 2, 0, 2, false },
		{ COMPARE_MASKED_EQ, 0x7e020000, 0, 0x11, true },
		{ COMPARE_MASKED_EQ, 0x7e020000, 0, 0x20000, false },
		{ COMPARE_MASKED_EQ, 6, 4, 5, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct rule_argument argument = {
			.comparison = cases[i].comparison,
			.value = cases[i].value,
			.value_two = cases[i].value_two,
		};

		assert_int_equal(rule_argument_holds(&argument, cases[i].argument), cases[i].holds);
	}
}

struct decide_case {
	const char *name;
	uint64_t arguments[RULE_N_ARGUMENTS];
	enum action action;
	uint32_t errno_ret;
	int rule; /* -1: the default action */
};

static void test_decide(void **state)
{
	static const char text[] =
		"defaultAction: SCMP_ACT_ERRNO\n"
		"syscalls:\n"
		/* says what the default says: no runtime hands it to libseccomp */
		"- {names: [socket, same], action: SCMP_ACT_ERRNO, errnoRet: 1}\n"
		"- {names: [socket], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 1, op: "
		"SCMP_CMP_EQ}, {index: 1, value: 2, op: SCMP_CMP_NE}]}\n"
		/* two on one index: any */
		"- {names: [range], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 5, op: "
		"SCMP_CMP_GE}, {index: 0, value: 3, op: SCMP_CMP_LE}, {index: 2, value: 9, op: "
		"SCMP_CMP_EQ}]}\n"
		"- {names: [late], action: SCMP_ACT_ALLOW, args: [{index: 0, value: 1, op: "
		"SCMP_CMP_EQ}]}\n"
		"- {names: [late, twice], action: SCMP_ACT_TRACE, errnoRet: 7}\n"
		"- {names: [twice], action: SCMP_ACT_ERRNO, errnoRet: 8}\n";
	static const struct decide_case cases[] = {
		{ "unknown", { 0 }, ACTION_ERRNO, 1, -1 },
		{ "same", { 0 }, ACTION_ERRNO, 1, -1 },
		{ "socket", { 1, 3 }, ACTION_ALLOW, 0, 1 },
		{ "socket", { 1, 2 }, ACTION_ERRNO, 1, -1 },
		{ "socket", { 2, 3 }, ACTION_ERRNO, 1, -1 },
		{ "range", { 3 }, ACTION_ALLOW, 0, 2 },
		{ "range", { 5 }, ACTION_ALLOW, 0, 2 },
		{ "range", { 4, 0, 9 }, ACTION_ALLOW, 0, 2 },
		{ "range", { 4, 0, 8 }, ACTION_ERRNO, 1, -1 },
		{ "late", { 1 }, ACTION_TRACE, 7, 4 },
		{ "twice", { 1 }, ACTION_TRACE, 7, 4 },
	};
	_cleanup_(parsed_deinit) struct parsed parsed;

	(void)state;
	assert_int_equal(parse(text, &parsed, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct decide_case *one = &cases[i];
		struct decision decision = ruleset_decide(parsed.ruleset, one->name,
		                                          one->arguments);
		const struct rule *rule = one->rule < 0 ? NULL : &parsed.ruleset->rules[one->rule];

		if (decision.action != one->action || decision.errno_ret != one->errno_ret ||
		    decision.rule != rule)
			fail_msg("case %zu: %s %u by rule %td", i, action_name(decision.action),
			         decision.errno_ret,
			         decision.rule ? decision.rule - parsed.ruleset->rules : -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_and_write),
		cmocka_unit_test(test_forms_of_moby_are_not_plain),
		cmocka_unit_test(test_what_cannot_be_read_is_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_copy_is_apart),
		cmocka_unit_test(test_argument_holds),
		cmocka_unit_test(test_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
