/* SPDX-License-Identifier: Apache-2.0 */

#include "deny-cases.h"

struct read_case {
	const char *text;
	const char *messages; /* NULL: none */
};

static void check_read(const struct read_case *cases, size_t n_cases, int expected)
{
	for (size_t i = 0; i < n_cases; i++) {
		_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;
		_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT;
		int r = read_list(cases[i].text, &list, &messages);

		if (r != expected || strcmp(messages.data ? messages.data : "",
		                            cases[i].messages ? cases[i].messages : "") != 0)
			fail_msg("%s\ngave %d:\n%s\nexpected %d:\n%s", cases[i].text, r,
			         messages.data ? messages.data : "", expected,
			         cases[i].messages ? cases[i].messages : "");
		assert_int_equal(r > 0, list == NULL);
	}
}

#define SOCKET  "- names: [socket]\n  reason: CVE-2026-31431\n"
#define BEFORE  "machine.seccompDeny[0]"
#define ALLOWED "a list of one or more names of system calls"

static void test_reads(void **state)
{
	static const struct read_case cases[] = {
		{ SOCKET },
		{ SOCKET "  errnoRet: 4094\n  args:\n" },
		{ SOCKET "  args: []\n  errnoRet: null\n" },
		{ SOCKET "  args: [{index: 1, value: 3, op: SCMP_CMP_GE}]\n" },
		{ SOCKET "  args: [{index: 0, value: 0xffffffff, valueTwo: 38, op: "
		         "SCMP_CMP_MASKED_EQ}]\n" },
		/* Of another architecture. */
		{ "- {names: [socketcall, arm_fadvise64_64], reason: x}" },
		/* Aliases and merge keys are carried out first. */
		{ "- &a {names: [bpf], reason: x}\n- {<<: *a, names: [ptrace]}\n- *a\n" },
	};

	check_read(cases, ARRAY_SIZE(cases), 0);
}

static void test_empty_is_none(void **state)
{
	static const char *const texts[] = { "[]", "null", "~", "" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		_cleanup_(stream_freep) struct stream *stream = NULL;
		struct deny_list *list = (struct deny_list *)1;
		const struct node *root = NULL;

		assert_int_equal(yaml_read_bytes("t", texts[i], strlen(texts[i]), &stream, NULL,
		                                 &diag),
		                 0);
		if (stream->n_documents > 0)
			root = stream->documents[0].root;
		assert_int_equal(deny_list_read(root, NULL, &list, &diag), 0);
		assert_null(list);
		assert_int_equal(diag.n_entries, 0);
	}
}

#define ARGUMENT(i, name, bits)                                                 \
	"warning: t:3:10: " BEFORE ".args[0]: the kernel takes the lower " bits \
	" bits of argument " i " of " name

/* No int is so large: more is denied than was asked for. */
static void test_warns_of_large_numbers(void **state)
{
#define WARNING(i, name, bits, which) \
	ARGUMENT(i, name, bits) ", and the number has more: every call" which " is denied"
#define LIST(name, condition) "- names: [" name "]\n  reason: x\n  args: [{" condition "}]\n"
	static const struct read_case cases[] = {
		{ LIST("socket", "index: 0, value: 0x100000026, op: SCMP_CMP_EQ"),
		  WARNING("0", "socket", "32", " with the same lower bits") },
		{ LIST("unshare, setns", "index: 1, value: 0x100000026, op: SCMP_CMP_NE"),
		  WARNING("1", "setns", "32", ", whatever the argument,") },
		{ LIST("mknod", "index: 1, value: 0x12180, op: SCMP_CMP_LE"),
		  WARNING("1", "mknod", "16", ", whatever the argument,") },
		{ LIST("bpf", "index: 0, value: 0x300000001, valueTwo: 0x100000001, op: "
		              "SCMP_CMP_MASKED_EQ"),
		  WARNING("0", "bpf", "32", " with the same lower bits") },
		{ LIST("bpf", "index: 0, value: 0x300000000, valueTwo: 0x100000000, op: "
		              "SCMP_CMP_MASKED_EQ"),
		  WARNING("0", "bpf", "32", ", whatever the argument,") },
		/* Nothing more is denied. */
		{ LIST("socket", "index: 0, value: 38, op: SCMP_CMP_EQ") },
		{ LIST("socket", "index: 0, value: 0xffffffff, op: SCMP_CMP_LE") },
		{ LIST("socket", "index: 0, value: 0x100000000, op: SCMP_CMP_GE") },
		{ LIST("socket", "index: 0, value: 0xffffffff00000000, valueTwo: 0, op: "
		                 "SCMP_CMP_MASKED_EQ") },
		/* -100, as a program may give it. */
		{ LIST("openat", "index: 0, value: 0xffffffffffffff9c, op: SCMP_CMP_NE") },
		/* A size is long, and so are flags of unshare. */
		{ LIST("read", "index: 2, value: 0x100000026, op: SCMP_CMP_EQ") },
		{ LIST("unshare", "index: 0, value: 0x100000026, op: SCMP_CMP_EQ") },
	};
#undef LIST
#undef WARNING

	check_read(cases, ARRAY_SIZE(cases), 0);
}

/* Each of the two is 17 masks. */
static void test_warns_of_too_many_parts(void **state)
{
#define BOTH                                          \
	"  args: [{index: 0, value: 1431655766, op: " \
	"SCMP_CMP_LE}, {index: 1, value: 1431655765, op: SCMP_CMP_LE}]\n"
	static const struct read_case cases[] = {
		{ SOCKET BOTH,
		  "warning: t:3:58: " BEFORE
		  ".args[1]: the kernel takes the lower 32 bits of argument 1 of socket, and to "
		  "compare these would take too many rules: calls are denied whatever the "
		  "argument" },
		{ "- names: [ptrace]\n  reason: x\n" BOTH },
	};
#undef BOTH

	check_read(cases, ARRAY_SIZE(cases), 0);
}

/* Nothing starts without them; under a condition something may. */
static void test_warns_of_what_runtimes_need(void **state)
{
	static const char args[] = "args: [{index: 0, op: SCMP_CMP_EQ, value: 9}]";
	static const char expected[] =
		"warning: t:1:16: machine.seccompDeny[0].names[1]: container runtimes themselves need "
		"execve (crun, runc): no container starts while it is denied";
	_cleanup_(deny_list_unrefp) struct deny_list *list = NULL, *narrow = NULL;
	_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT, none = BUFFER_INIT,
					       text = BUFFER_INIT;

	assert_int_equal(read_list("[{names: [bpf, execve], reason: x}]", &list, &messages), 0);
	assert_string_equal(messages.data, expected);
	buffer_printf(&text, "[{names: [execve, write], reason: x, %s}]", args);
	assert_int_equal(read_list(text.data, &narrow, &none), 0);
	assert_null(none.data);
}

/* By the worst that happens, with the runtimes of which that is so. */
static void test_says_what_happens_without_a_call(void **state)
{
#define WARNING(calls)                                                                    \
	"warning: t:1:12: " BEFORE ".names[0]: container runtimes themselves need " calls \
	" while it is denied"
	static const struct read_case cases[] = {
		{ "- {names: [write], reason: x}", WARNING("write (runc): no container starts") },
		{ "- {names: [capset], reason: x, args: []}",
		  WARNING("capset (crun, runc): no container without noNewPrivileges starts") },
		{ "- {names: [pselect6], reason: x}",
		  WARNING("pselect6 (crun): not every container starts, or can be executed in") },
		/* Seen, and done without. */
		{ "- {names: [umask], reason: x}" },
	};
#undef WARNING

	check_read(cases, ARRAY_SIZE(cases), 0);
}

/* The newest name of the table. */
static void test_warns_of_newer_calls(void **state)
{
	static const struct read_case cases[] = {
		{ "- {names: [rseq_slice_yield], reason: x}",
		  "warning: t:1:12: " BEFORE
		  ".names[0]: this host's libseccomp does not know rseq_slice_yield, "
		  "and runtimes leave out what theirs does not know: profiles whose default action "
		  "permits it go on to" },
	};

	check_read(cases, ARRAY_SIZE(cases), 0);
}

static void test_refuses_form(void **state)
{
	static const struct read_case cases[] = {
		{ "5", "t:1:1: machine.seccompDeny: found integer 5, allowed is a list of mappings "
		       "with names and reason" },
		{ "{names: [bpf]}",
		  "t:1:1: machine.seccompDeny: found mapping, allowed is a list of mappings with "
		  "names and reason" },
		{ "[bpf]", "t:1:2: " BEFORE
		           ": found string \"bpf\", allowed is a mapping with names and reason" },
		{ "[~]",
		  "t:1:2: " BEFORE ": found null, allowed is a mapping with names and reason" },
		{ "[{}]", "t:1:2: " BEFORE ": required key names is missing\n"
		          "t:1:2: " BEFORE ": required key reason is missing" },
		{ "[{names: [bpf], reason: x, errno: 1}]",
		  "t:1:28: " BEFORE
		  ": unknown key \"errno\": allowed are names, args, errnoRet, reason" },
		{ "[{names: [bpf], reason: x, comment: c}]",
		  "t:1:28: " BEFORE
		  ": unknown key \"comment\": allowed are names, args, errnoRet, reason" },
		{ "[{names: [bpf], reasons: x}]",
		  "t:1:17: " BEFORE ": unknown key \"reasons\": did you mean reason?" },
		{ "[{name: bpf, reason: x}]",
		  "t:1:3: " BEFORE ": unknown key \"name\": did you mean names?\n"
		  "t:1:9: " BEFORE ".names: found string \"bpf\", allowed is " ALLOWED },
		{ "[{names: [bpf], reason: x, action: SCMP_ACT_ERRNO}]",
		  "t:1:28: " BEFORE
		  ": unknown key \"action\": allowed are names, args, errnoRet, reason" },
	};

	check_read(cases, ARRAY_SIZE(cases), DENY_E_INVALID);
}

static void test_refuses_values(void **state)
{
	static const struct read_case cases[] = {
		{ "[{names: [], reason: x}]",
		  "t:1:10: " BEFORE ".names: found an empty list, allowed is " ALLOWED },
		{ "[{names: ~, reason: x}]",
		  "t:1:10: " BEFORE ".names: found null, allowed is " ALLOWED },
		{ "[{names: [sockett], reason: x}]",
		  "t:1:11: " BEFORE
		  ".names[0]: unknown system call \"sockett\": did you mean socket?" },
		{ "[{names: [\"socket\\0\"], reason: x}]",
		  "t:1:11: " BEFORE
		  ".names[0]: unknown system call \"socket\\x00\": did you mean socket?" },
		{ "[{names: [qqqqqqqqqqqq], reason: x}]",
		  "t:1:11: " BEFORE ".names[0]: unknown system call \"qqqqqqqqqqqq\"" },
		{ "[{names: [41], reason: x}]",
		  "t:1:11: " BEFORE
		  ".names[0]: found integer 41, allowed is a string that is not empty" },
		{ "[{names: [bpf], reason: x, errnoRet: 0}]",
		  "t:1:38: " BEFORE
		  ".errnoRet: found integer 0, allowed is an integer from 1 to 4094" },
		{ "[{names: [bpf], reason: x, errnoRet: 4095}]",
		  "t:1:38: " BEFORE
		  ".errnoRet: found integer 4095, allowed is an integer from 1 to 4094" },
		{ "[{names: [bpf], reason: x, errnoRet: EPERM}]",
		  "t:1:38: " BEFORE ".errnoRet: found string \"EPERM\", allowed is an integer "
		  "from 1 to 4094" },
		{ "[{names: [bpf], reason: ''}]",
		  "t:1:25: " BEFORE
		  ".reason: found string \"\", allowed is a string that is not empty" },
		{ "[{names: [bpf], reason: ~}]",
		  "t:1:25: " BEFORE ".reason: found null, allowed is a string that is not empty" },
	};

	check_read(cases, ARRAY_SIZE(cases), DENY_E_INVALID);
}

#define ARGS(args) "[{names: [bpf], reason: x, args: [" args "]}]"

static void test_refuses_arguments(void **state)
{
	static const struct read_case cases[] = {
		{ ARGS("5"),
		  "t:1:35: " BEFORE
		  ".args[0]: found integer 5, allowed is a mapping with index, value and "
		  "op" },
		{ ARGS("{}"), "t:1:35: " BEFORE ".args[0]: required key index is missing\n"
		              "t:1:35: " BEFORE ".args[0]: required key value is missing\n"
		              "t:1:35: " BEFORE ".args[0]: required key op is missing" },
		{ ARGS("{index: 6, value: -1, op: EQ, x: 1}"),
		  "t:1:43: " BEFORE
		  ".args[0].index: found integer 6, allowed is an integer from 0 to 5\n"
		  "t:1:53: " BEFORE ".args[0].value: found integer -1, allowed is an integer from "
		  "0 to 18446744073709551615\n"
		  "t:1:61: " BEFORE
		  ".args[0].op: unknown operator \"EQ\": did you mean SCMP_CMP_EQ?\n"
		  "t:1:65: " BEFORE
		  ".args[0]: unknown key \"x\": allowed are index, value, valueTwo, op" },
		{ ARGS("{index: 0, value: 0, op: SCMP_CMP_LT}"),
		  "t:1:35: " BEFORE ".args[0]: no argument fulfils this: nothing would be denied" },
		{ ARGS("{index: 0, value: 18446744073709551615, op: SCMP_CMP_GT}"),
		  "t:1:35: " BEFORE ".args[0]: no argument fulfils this: nothing would be denied" },
		{ ARGS("{index: 0, value: 1, valueTwo: 2, op: SCMP_CMP_MASKED_EQ}"),
		  "t:1:66: " BEFORE
		  ".args[0].valueTwo: has bits that are not in value: no argument "
		  "is equal to it" },
		{ ARGS("{index: 0, value: 1, op: SCMP_CMP_MASKED_EQ}"),
		  "t:1:35: " BEFORE ".args[0]: required key valueTwo is missing: "
		  "SCMP_CMP_MASKED_EQ compares the bits of value with it" },
		{ ARGS("{index: 2, value: 1, valueTwo: 2, op: SCMP_CMP_EQ}"),
		  "t:1:66: " BEFORE ".args[0].valueTwo: found with operator SCMP_CMP_EQ: allowed "
		  "with SCMP_CMP_MASKED_EQ only" },
		{ ARGS("{index: 1, value: 1, op: SCMP_CMP_GE}, {index: 1, value: 5, op: SCMP_CMP_LE}"),
		  "t:1:74: " BEFORE ".args[1]: a second condition on argument 1: allowed is one; "
		  "write an entry for each if either is to be denied" },
	};

	check_read(cases, ARRAY_SIZE(cases), DENY_E_INVALID);
}

static void test_refuses_too_many(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT, messages = BUFFER_INIT;
	_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;

	/* 16 parts each, but for the last. */
	for (int i = 0; i < 62; i++)
		buffer_append_string(&text, "- {names: [bpf], reason: x, args: [{index: 0, value: "
		                            "0xffff, op: SCMP_CMP_LT}]}\n");
	for (int i = 0; i < 9; i++)
		buffer_append_string(&text, "- {names: [bpf], reason: x}\n");
	assert_int_equal(read_list(text.data, &list, &messages), DENY_E_INVALID);
	assert_string_equal(messages.data,
	                    "t:1:1: machine.seccompDeny: denies 1001 calls, or parts of "
	                    "them, allowed are 1000");
}

static bool is_equal(const char *a, const char *b)
{
	_cleanup_(deny_list_unrefp) struct deny_list *mine = NULL, *theirs = NULL;

	assert_int_equal(read_list(a, &mine, NULL), 0);
	assert_int_equal(read_list(b, &theirs, NULL), 0);
	assert_true(deny_list_equal(mine, mine));
	assert_int_equal(deny_list_equal(mine, theirs), deny_list_equal(theirs, mine));
	assert_int_equal(deny_list_equal(mine, NULL), mine == NULL);
	return deny_list_equal(mine, theirs);
}

static void test_equality(void **state)
{
	static const char plain[] = "[{names: [bpf, ptrace], reason: x}]";

	assert_true(deny_list_equal(NULL, NULL));
	assert_true(is_equal(plain, "[{names: [bpf, ptrace], reason: another}]"));
	assert_true(is_equal(plain, "[{names: [ptrace], reason: x}, {names: [bpf], reason: x}]"));
	assert_true(is_equal(plain, "[{names: [bpf, ptrace, bpf], reason: x, errnoRet: 1}]"));
	/* An earlier denial without conditions covers the rest. */
	assert_true(is_equal(plain,
	                     "[{names: [bpf, ptrace], reason: x}, {names: [bpf], reason: y, "
	                     "errnoRet: 2, args: [{index: 0, value: 1, op: SCMP_CMP_GE}]}]"));
	assert_true(is_equal(plain,
	                     "[{names: [bpf, ptrace], reason: x, args: [{index: 0, value: 0, "
	                     "op: SCMP_CMP_GE}]}]"));
	assert_false(is_equal(plain, "[{names: [bpf], reason: x}]"));
	assert_false(is_equal(plain, "[{names: [bpf, ptrace], reason: x, errnoRet: 38}]"));
	assert_false(is_equal(plain,
	                      "[{names: [bpf, ptrace], reason: x, args: [{index: 0, value: 1, "
	                      "op: SCMP_CMP_GE}]}]"));
	assert_false(is_equal(ARGS("{index: 0, value: 1, op: SCMP_CMP_GE}"),
	                      ARGS("{index: 1, value: 1, op: SCMP_CMP_GE}")));
	assert_true(is_equal(ARGS("{index: 0, value: 1, op: SCMP_CMP_GE}"),
	                     ARGS("{index: 0, value: 0, op: SCMP_CMP_GT}")));
	assert_false(is_equal(plain, "[]"));
}

/* What conditions on an int come to. */
static void test_equality_of_ints(void **state)
{
#define LIST(name, condition) "[{names: [" name "], reason: x, args: [{index: 0, " condition "}]}]"
#define LOWER(value)          "op: SCMP_CMP_MASKED_EQ, value: 0xffffffff, valueTwo: " value

	assert_true(is_equal(LIST("socket", "op: SCMP_CMP_EQ, value: 38"),
	                     LIST("socket", LOWER("38"))));
	assert_false(is_equal(LIST("ptrace", "op: SCMP_CMP_EQ, value: 38"),
	                      LIST("ptrace", LOWER("38"))));
	assert_true(is_equal(LIST("openat", "op: SCMP_CMP_EQ, value: 0xffffffffffffff9c"),
	                     LIST("openat", LOWER("0xffffff9c"))));
	assert_true(is_equal(LIST("openat", "op: SCMP_CMP_NE, value: 0xffffffffffffff9c"),
	                     LIST("openat", "op: SCMP_CMP_NE, value: 0xffffff9c")));
	assert_true(
		is_equal(LIST("socket", "op: SCMP_CMP_LT, value: 1"), LIST("socket", LOWER("0"))));
	assert_true(is_equal(LIST("socket", "op: SCMP_CMP_GE, value: 0xffffffff"),
	                     LIST("socket", LOWER("0xffffffff"))));
	assert_true(is_equal(LIST("socket", "op: SCMP_CMP_LE, value: 0xffffffff"),
	                     "[{names: [socket], reason: x}]"));
	assert_false(is_equal(LIST("socket", "op: SCMP_CMP_GE, value: 0x7fffffff"),
	                      LIST("socket", "op: SCMP_CMP_GE, value: 0x80000000")));
#undef LOWER
#undef LIST
}

/* One that is denied in parts is one. */
static void test_count(void **state)
{
	_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;

	assert_int_equal(deny_list_count(NULL), 0);
	assert_int_equal(read_list("[{names: [socket, socketpair, ptrace], reason: x, args: "
	                           "[{index: 0, op: SCMP_CMP_LT, value: 11}]}, "
	                           "{names: [socket], reason: x}]",
	                           &list, NULL),
	                 0);
	assert_int_equal(deny_list_count(list), 4);
}

static void test_references(void **state)
{
	struct deny_list *list = NULL;

	assert_null(deny_list_ref(NULL));
	assert_null(deny_list_unref(NULL));
	assert_int_equal(read_list("[{names: [bpf], reason: x}]", &list, NULL), 0);
	assert_ptr_equal(deny_list_ref(list), list);
	assert_null(deny_list_unref(list));
	assert_true(deny_list_equal(list, list));
	assert_null(deny_list_unref(list));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_empty_is_none),
		cmocka_unit_test(test_warns_of_large_numbers),
		cmocka_unit_test(test_warns_of_too_many_parts),
		cmocka_unit_test(test_warns_of_what_runtimes_need),
		cmocka_unit_test(test_says_what_happens_without_a_call),
		cmocka_unit_test(test_warns_of_newer_calls),
		cmocka_unit_test(test_refuses_form),
		cmocka_unit_test(test_refuses_values),
		cmocka_unit_test(test_refuses_arguments),
		cmocka_unit_test(test_refuses_too_many),
		cmocka_unit_test(test_equality),
		cmocka_unit_test(test_equality_of_ints),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
