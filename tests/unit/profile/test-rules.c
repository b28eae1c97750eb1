/* SPDX-License-Identifier: Apache-2.0 */

#include "profile-cases.h"

static void test_accepts_what_the_specification_allows(void **state)
{
	static const struct render_case cases[] = {
		{ "defaultAction: SCMP_ACT_LOG", "{\"defaultAction\":\"SCMP_ACT_LOG\"}" },
		{ "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 38, flags: "
		  "[SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_TSYNC, "
		  "SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV]}",
		  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"flags\":["
		  "\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_TSYNC\","
		  "\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\","
		  "\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]}" },
		{ "{defaultAction: SCMP_ACT_TRACE, defaultErrnoRet: 0}",
		  "{\"defaultAction\":\"SCMP_ACT_TRACE\",\"defaultErrnoRet\":0}" },
		{ "defaultAction: SCMP_ACT_ALLOW\n"
		  "syscalls:\n"
		  "  - names: [socket]\n"
		  "    action: SCMP_ACT_ERRNO\n"
		  "    errnoRet: 4095\n"
		  "    args: [{index: 5, value: 18446744073709551615, valueTwo: 0x10, op: "
		  "SCMP_CMP_MASKED_EQ}]\n",
		  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":\"SCMP_ACT_ERRNO"
		  "\",\"args\":[{\"index\":5,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":"
		  "18446744073709551615,\"valueTwo\":16}],\"errnoRet\":4095,\"names\":[\"socket\"]}"
		  "]}" },
		/* What is optional may be null, as the decoders of the runtimes have it. */
		{ "{defaultAction: SCMP_ACT_KILL, architectures: null, syscalls: [{names: [a], "
		  "action: SCMP_ACT_TRAP, args: null, errnoRet: null}], defaultErrnoRet: null}",
		  "{\"architectures\":null,\"defaultAction\":\"SCMP_ACT_KILL\",\"defaultErrnoRet\":"
		  "null,\"syscalls\":[{\"action\":\"SCMP_ACT_TRAP\",\"args\":null,\"errnoRet\":null,"
		  "\"names\":[\"a\"]}]}" },
		{ "{defaultAction: SCMP_ACT_ALLOW, listenerPath: /run/x, listenerMetadata: m, "
		  "syscalls: [{names: [mount], action: SCMP_ACT_NOTIFY}]}",
		  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerMetadata\":\"m\","
		  "\"listenerPath\":\"/run/x\",\"syscalls\":[{\"action\":\"SCMP_ACT_NOTIFY\","
		  "\"names\":[\"mount\"]}]}" },
		/* Aliases and merge keys are carried out first. */
		{ "defaultAction: SCMP_ACT_ALLOW\n"
		  "syscalls:\n"
		  "  - &r {names: [a], action: SCMP_ACT_ERRNO}\n"
		  "  - {<<: *r, errnoRet: 1}\n"
		  "  - *r\n",
		  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":\"SCMP_ACT_ERRNO"
		  "\",\"names\":[\"a\"]},{\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"names\":["
		  "\"a\"]},{\"action\":\"SCMP_ACT_ERRNO\",\"names\":[\"a\"]}]}" },
	};

	CHECK_CASES(cases, VALIDATE_STRICT);
}

static void test_knows_every_word(void **state)
{
	static const char *const actions[] = { "ALLOW",       "ERRNO", "KILL",  "KILL_PROCESS",
		                               "KILL_THREAD", "LOG",   "TRACE", "TRAP" };
	static const char *const architectures[] = {
		"X86",     "X86_64",      "X32",    "ARM",      "AARCH64",     "MIPS",
		"MIPS64",  "MIPS64N32",   "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC",
		"PPC64",   "PPC64LE",     "S390",   "S390X",    "PARISC",      "PARISC64",
		"RISCV64", "LOONGARCH64", "M68K",   "SH",       "SHEB",
	};
	static const char *const operators[] = { "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, bytes = BUFFER_INIT,
						       messages = BUFFER_INIT;

		buffer_printf(&text, "defaultAction: SCMP_ACT_%s", actions[i]);
		assert_int_equal(render(text.data, VALIDATE_STRICT, &bytes, &messages), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, bytes = BUFFER_INIT,
						       messages = BUFFER_INIT;

		buffer_printf(&text, "{defaultAction: SCMP_ACT_LOG, architectures: [SCMP_ARCH_%s]}",
		              architectures[i]);
		assert_int_equal(render(text.data, VALIDATE_STRICT, &bytes, &messages), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, bytes = BUFFER_INIT,
						       messages = BUFFER_INIT;

		buffer_printf(&text,
		              "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [a], action: "
		              "SCMP_ACT_TRAP, args: [{index: 0, value: 0, op: SCMP_CMP_%s}]}]}",
		              operators[i]);
		assert_int_equal(render(text.data, VALIDATE_STRICT, &bytes, &messages), 0);
	}
}

#define ACTIONS                                                                  \
	"SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, " \
	"SCMP_ACT_KILL_THREAD, SCMP_ACT_LOG, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_TRAP"
static void test_words(void **state)
{
	static const struct render_case cases[] = {
		{ "defaultAction: SCMP_ACT_LOGG", NULL,
		  "t:1:16: defaultAction: unknown action \"SCMP_ACT_LOGG\": did you mean SCMP_ACT_LOG?" },
		{ "defaultAction: LOG", NULL,
		  "t:1:16: defaultAction: unknown action \"LOG\": did you mean SCMP_ACT_LOG?" },
		{ "defaultAction: scmp_act_allow", NULL,
		  "t:1:16: defaultAction: unknown action \"scmp_act_allow\": did you mean "
		  "SCMP_ACT_ALLOW?" },
		{ "defaultAction: SCM_ACT_TRAP", NULL,
		  "t:1:16: defaultAction: unknown action \"SCM_ACT_TRAP\": did you mean "
		  "SCMP_ACT_TRAP?" },
		/* The prefix alone makes nothing near. */
		{ "defaultAction: SCMP_ACT_FOO", NULL,
		  "t:1:16: defaultAction: unknown action \"SCMP_ACT_FOO\": allowed are " ACTIONS },
		{ "defaultAction: \"a\\n\\x7f\\0b\"", NULL,
		  "t:1:16: defaultAction: unknown action \"a\\x0a\\x7f\\x00b\": allowed are " ACTIONS },
		{ "defaultAction: 1", NULL,
		  "t:1:16: defaultAction: found integer 1, allowed is one of " ACTIONS },
		{ "defaultAction: ", NULL,
		  "t:1:15: defaultAction: found null, allowed is one of " ACTIONS },
		{ "defaultAction: [SCMP_ACT_LOG]", NULL,
		  "t:1:16: defaultAction: found sequence, allowed is one of " ACTIONS },
		{ "{defaultAction: SCMP_ACT_LOG, architectures: [SCMP_ARCH_X86-64, SCMP_ARCH_X86]}",
		  NULL,
		  "t:1:47: architectures[0]: unknown architecture \"SCMP_ARCH_X86-64\": did you mean "
		  "SCMP_ARCH_X86_64?" },
		{ "{defaultAction: SCMP_ACT_LOG, architectures: SCMP_ARCH_X86}", NULL,
		  "t:1:46: architectures: found string \"SCMP_ARCH_X86\", allowed is a list of "
		  "architectures" },
		{ "{defaultAction: SCMP_ACT_LOG, flags: [SECCOMP_FILTER_FLAG_LOGS]}", NULL,
		  "t:1:39: flags[0]: unknown flag \"SECCOMP_FILTER_FLAG_LOGS\": did you mean "
		  "SECCOMP_FILTER_FLAG_LOG?" },
		{ "{defaultAction: SCMP_ACT_LOG, flags: [SECCOMP_FILTER_FLAG_NEW_LISTENER]}", NULL,
		  "t:1:39: flags[0]: unknown flag \"SECCOMP_FILTER_FLAG_NEW_LISTENER\": allowed are "
		  "SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, "
		  "SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" },
		/* A name of libseccomp's that no runtime takes. */
		{ "{defaultAction: SCMP_ACT_LOG, flags: [], architectures: [SCMP_ARCH_NATIVE, 5]}",
		  NULL,
		  "t:1:58: architectures[0]: unknown architecture \"SCMP_ARCH_NATIVE\": allowed are "
		  "SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_LOONGARCH64, SCMP_ARCH_M68K, "
		  "SCMP_ARCH_MIPS, SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL, "
		  "SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64, "
		  "SCMP_ARCH_PPC, SCMP_ARCH_PPC64, SCMP_ARCH_PPC64LE, SCMP_ARCH_RISCV64, "
		  "SCMP_ARCH_S390, SCMP_ARCH_S390X, SCMP_ARCH_SH, SCMP_ARCH_SHEB, SCMP_ARCH_X32, "
		  "SCMP_ARCH_X86, SCMP_ARCH_X86_64\n"
		  "t:1:76: architectures[1]: found integer 5, allowed is one of "
		  "SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, SCMP_ARCH_LOONGARCH64, SCMP_ARCH_M68K, "
		  "SCMP_ARCH_MIPS, SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL, "
		  "SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64, "
		  "SCMP_ARCH_PPC, SCMP_ARCH_PPC64, SCMP_ARCH_PPC64LE, SCMP_ARCH_RISCV64, "
		  "SCMP_ARCH_S390, SCMP_ARCH_S390X, SCMP_ARCH_SH, SCMP_ARCH_SHEB, SCMP_ARCH_X32, "
		  "SCMP_ARCH_X86, SCMP_ARCH_X86_64" },
	};

	CHECK_CASES(cases, VALIDATE_STRICT);
}

static void test_keys(void **state)
{
	static const struct render_case cases[] = {
		{ "a: 1", NULL,
		  "warning: t:1:1: unknown key \"a\": runtimes ignore it\n"
		  "t:1:1: required key defaultAction is missing" },
		/* The misspelt key is checked as what it should be, and is not missing too. */
		{ "DefaultAction: SCMP_ACT_LOGG", NULL,
		  "t:1:1: unknown key \"DefaultAction\": did you mean defaultAction?\n"
		  "t:1:16: defaultAction: unknown action \"SCMP_ACT_LOGG\": did you mean SCMP_ACT_LOG?" },
		{ "default_action: SCMP_ACT_LOG", NULL,
		  "t:1:1: unknown key \"default_action\": did you mean defaultAction?" },
		{ "{defaultAction: SCMP_ACT_LOG, sycalls: []}", NULL,
		  "t:1:31: unknown key \"sycalls\": did you mean syscalls?" },
		{ "{defaultAction: SCMP_ACT_LOG, description: x}",
		  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"description\":\"x\"}",
		  "warning: t:1:31: unknown key \"description\": runtimes ignore it" },
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{nams: [a], Action: SCMP_ACT_LOG, "
		  "errnoret: 1}]}",
		  NULL,
		  "t:1:43: syscalls[0]: unknown key \"nams\": did you mean names?\n"
		  "t:1:54: syscalls[0]: unknown key \"Action\": did you mean action?\n"
		  "t:1:76: syscalls[0]: unknown key \"errnoret\": did you mean errnoRet?\n"
		  "t:1:86: syscalls[0].errnoRet: found with action SCMP_ACT_LOG: allowed with "
		  "SCMP_ACT_ERRNO and SCMP_ACT_TRACE only" },
		/* It does not count when the right one is there. */
		{ "{defaultAction: SCMP_ACT_LOG, defaultaction: SCMP_ACT_X}", NULL,
		  "t:1:31: unknown key \"defaultaction\": did you mean defaultAction?" },
		/* A comment is no place for strictness. */
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [a], action: SCMP_ACT_LOG, "
		  "comments: x}]}",
		  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"action\":\"SCMP_ACT_LOG\","
		  "\"comments\":\"x\",\"names\":[\"a\"]}]}",
		  "warning: t:1:77: syscalls[0]: unknown key \"comments\": runtimes ignore it" },
	};

	CHECK_CASES(cases, VALIDATE_STRICT);
}

#define RULE(inside) "{defaultAction: SCMP_ACT_LOG, syscalls: [" inside "]}"

static void test_syscalls(void **state)
{
	static const struct render_case cases[] = {
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: {names: [a]}}", NULL,
		  "t:1:41: syscalls: found mapping, allowed is a list of mappings with names and action" },
		{ RULE("mkdir, null"), NULL,
		  "t:1:42: syscalls[0]: found string \"mkdir\", allowed is a mapping with names and "
		  "action\n"
		  "t:1:49: syscalls[1]: found null, allowed is a mapping with names and action" },
		{ RULE("{}"), NULL,
		  "t:1:42: syscalls[0]: required key action is missing\n"
		  "t:1:42: syscalls[0]: required key names is missing" },
		{ RULE("{names: [], action: SCMP_ACT_LOG}"), NULL,
		  "t:1:50: syscalls[0].names: found an empty list, allowed is a list of one or more "
		  "names of system calls" },
		{ RULE("{names: mkdir, action: SCMP_ACT_LOG}"), NULL,
		  "t:1:50: syscalls[0].names: found string \"mkdir\", allowed is a list of one or more "
		  "names of system calls" },
		{ RULE("{names: [mkdir, '', 5, ~, [a]], action: SCMP_ACT_LOG}"), NULL,
		  "t:1:58: syscalls[0].names[1]: found string \"\", allowed is a string that is not "
		  "empty\n"
		  "t:1:62: syscalls[0].names[2]: found integer 5, allowed is a string that is not "
		  "empty\n"
		  "t:1:65: syscalls[0].names[3]: found null, allowed is a string that is not empty\n"
		  "t:1:68: syscalls[0].names[4]: found sequence, allowed is a string that is not "
		  "empty" },
		{ RULE("{names: [a], action: SCMP_ACT_ERRNO, errnoRet: 4096}"), NULL,
		  "t:1:89: syscalls[0].errnoRet: found integer 4096, allowed is an integer from 0 to "
		  "4095" },
		{ RULE("{names: [a], action: SCMP_ACT_ERRNO, errnoRet: -1}"), NULL,
		  "t:1:89: syscalls[0].errnoRet: found integer -1, allowed is an integer from 0 to "
		  "4095" },
		{ RULE("{names: [a], action: SCMP_ACT_ALLOW, errnoRet: 1}"), NULL,
		  "t:1:89: syscalls[0].errnoRet: found with action SCMP_ACT_ALLOW: allowed with "
		  "SCMP_ACT_ERRNO and SCMP_ACT_TRACE only" },
		{ "{defaultAction: SCMP_ACT_KILL, defaultErrnoRet: 1}", NULL,
		  "t:1:49: defaultErrnoRet: found with action SCMP_ACT_KILL: allowed with "
		  "SCMP_ACT_ERRNO and SCMP_ACT_TRACE only" },
		{ "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: EPERM}", NULL,
		  "t:1:50: defaultErrnoRet: found string \"EPERM\", allowed is an integer from 0 to "
		  "4095" },
	};

	CHECK_CASES(cases, VALIDATE_STRICT);
}

#define ARGUMENT(inside) RULE("{names: [a], action: SCMP_ACT_LOG, args: [" inside "]}")
#define OPERATORS                                                                               \
	"SCMP_CMP_EQ, SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_LE, SCMP_CMP_LT, SCMP_CMP_MASKED_EQ, " \
	"SCMP_CMP_NE"

static void test_arguments(void **state)
{
	static const struct render_case cases[] = {
		{ ARGUMENT("{}"), NULL,
		  "t:1:84: syscalls[0].args[0]: required key index is missing\n"
		  "t:1:84: syscalls[0].args[0]: required key value is missing\n"
		  "t:1:84: syscalls[0].args[0]: required key op is missing" },
		{ ARGUMENT("{index: 6, value: 1, op: SCMP_CMP_EQ}"), NULL,
		  "t:1:92: syscalls[0].args[0].index: found integer 6, allowed is an integer from 0 to "
		  "5" },
		{ ARGUMENT("{index: -1, value: -1, op: SCMP_CMP_EQ}"), NULL,
		  "t:1:92: syscalls[0].args[0].index: found integer -1, allowed is an integer from 0 to "
		  "5\n"
		  "t:1:103: syscalls[0].args[0].value: found integer -1, allowed is an integer from 0 "
		  "to 18446744073709551615" },
		{ ARGUMENT("{index: 0, value: 18446744073709551616, op: SCMP_CMP_EQ}"), NULL,
		  "t:1:102: syscalls[0].args[0].value: found float 18446744073709551616, allowed is an "
		  "integer from 0 to 18446744073709551615" },
		{ ARGUMENT("{index: 0, value: '1', op: SCMP_CMP_EQ}"), NULL,
		  "t:1:102: syscalls[0].args[0].value: found string \"1\", allowed is an integer from 0 "
		  "to 18446744073709551615" },
		{ ARGUMENT("{index: null, value: 1.5, valueTwo: -1, op: SCMP_CMP_EQUAL}"), NULL,
		  "t:1:92: syscalls[0].args[0].index: found null, allowed is an integer from 0 to 5\n"
		  "t:1:105: syscalls[0].args[0].value: found float 1.5, allowed is an integer from 0 to "
		  "18446744073709551615\n"
		  "t:1:120: syscalls[0].args[0].valueTwo: found integer -1, allowed is an integer from "
		  "0 to 18446744073709551615\n"
		  "t:1:128: syscalls[0].args[0].op: unknown operator \"SCMP_CMP_EQUAL\": allowed "
		  "are " OPERATORS },
		{ ARGUMENT("{index: 0, value: 0, op: SCMP_CMP_MASKED_EG}"), NULL,
		  "t:1:109: syscalls[0].args[0].op: unknown operator \"SCMP_CMP_MASKED_EG\": did you "
		  "mean SCMP_CMP_MASKED_EQ?" },
		{ ARGUMENT("{idx: 0, value: 0, op: SCMP_CMP_EQ}"), NULL,
		  "warning: t:1:85: syscalls[0].args[0]: unknown key \"idx\": runtimes ignore it\n"
		  "t:1:84: syscalls[0].args[0]: required key index is missing" },
	};

	CHECK_CASES(cases, VALIDATE_STRICT);
}

#define FOREIGN                                                                                   \
	"a key of Moby's format: a runtime that reads profiles by the OCI specification ignores " \
	"it"

/* Keys of Moby's format pass, their types are checked, and one warning says what they are. Only a
 * rule that would be lost with its key is an error. */
static void test_foreign_keys(void **state)
{
	static const struct render_case cases[] = {
		{ RULE("{name: a, action: SCMP_ACT_LOG}, {names: [b], action: SCMP_ACT_LOG}"), NULL,
		  "t:1:49: syscalls[0].name: a key of Moby's old format, which runtimes ignore: "
		  "allowed is names, a list" },
		{ RULE("{name: a, names: [b], action: SCMP_ACT_LOG}"), NULL,
		  "t:1:49: syscalls[0].name: found with names: allowed is one of the two" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, comment: '', includes: {}, excludes: {}}"),
		  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"action\":\"SCMP_ACT_LOG\","
		  "\"comment\":\"\",\"excludes\":{},\"includes\":{},\"names\":[\"a\"]}]}" },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, includes: {caps: [CAP_SYS_ADMIN], arches: "
		       "[amd64], minKernel: '4.8'}}"),
		  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"action\":\"SCMP_ACT_LOG\","
		  "\"includes\":{\"arches\":[\"amd64\"],\"caps\":[\"CAP_SYS_ADMIN\"],\"minKernel\":"
		  "\"4.8\"},\"names\":[\"a\"]}]}",
		  "warning: t:1:87: syscalls[0].includes: " FOREIGN },
		{ RULE("{names: [a], action: SCMP_ACT_LOG, includes: [x], excludes: {caps: x, "
		       "minKernel: 4.8}}"),
		  NULL,
		  "t:1:87: syscalls[0].includes: found sequence, allowed is a mapping with caps, arches "
		  "or minKernel\n"
		  "t:1:109: syscalls[0].excludes.caps: found string \"x\", allowed is a list of strings\n"
		  "t:1:123: syscalls[0].excludes.minKernel: found float 4.8, allowed is a string\n"
		  "warning: t:1:102: syscalls[0].excludes: " FOREIGN },
		{ "{defaultAction: SCMP_ACT_LOG, archMap: [{architecture: SCMP_ARCH_X86_64, "
		  "subArchitectures: null}]}",
		  "{\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":null}],"
		  "\"defaultAction\":\"SCMP_ACT_LOG\"}",
		  "warning: t:1:40: archMap: " FOREIGN },
		{ "{defaultAction: SCMP_ACT_LOG, architectures: [SCMP_ARCH_X86], archMap: "
		  "[{architecture: SCMP_ARCH_ARM, subArchitectures: [SCMP_ARCH_AARCH46]}]}",
		  NULL,
		  "t:1:122: archMap[0].subArchitectures[0]: unknown architecture \"SCMP_ARCH_AARCH46\": "
		  "did you mean SCMP_ARCH_AARCH64?\n"
		  "t:1:72: archMap: found with architectures: allowed is one of the two" },
	};

	CHECK_CASES(cases, VALIDATE_STRICT);
}

static void test_listener(void **state)
{
	static const struct render_case cases[] = {
		{ "{defaultAction: SCMP_ACT_LOG, listenerMetadata: x}", NULL,
		  "t:1:49: listenerMetadata: found without listenerPath: allowed with it only" },
		{ "{defaultAction: SCMP_ACT_LOG, listenerPath: ''}", NULL,
		  "t:1:45: listenerPath: found string \"\", allowed is a string that is not empty" },
		{ RULE("{names: [a], action: SCMP_ACT_NOTIFY}"),
		  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"action\":\"SCMP_ACT_NOTIFY\","
		  "\"names\":[\"a\"]}]}",
		  NULL },
	};

	CHECK_CASES(cases, VALIDATE_STRICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts_what_the_specification_allows),
		cmocka_unit_test(test_knows_every_word),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_syscalls),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_foreign_keys),
		cmocka_unit_test(test_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
