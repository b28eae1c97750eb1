/* SPDX-License-Identifier: Apache-2.0 */

/* How findings are given; which there are is for the cases in tests/data/lint to say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "document/yaml_reader.h"
#include "lint_internal.h"
#include "profile/bases.h"
#include "profile/check.h"
#include "profile/profile.h"

#define HEAD                                                 \
	"defaultAction: SCMP_ACT_ERRNO\n"                    \
	"defaultErrnoRet: 38\n"                              \
	"architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86]\n" \
	"syscalls:\n"

static const char *const needed[] = { "execve", "exit_group" };
static const struct base_set sets[] = {
	{ "runc", "1.1.5", needed, ARRAY_SIZE(needed), needed, ARRAY_SIZE(needed) },
};
static const struct base_table bases = { sets, ARRAY_SIZE(sets) };
static const struct facts facts = {
	.architecture = "SCMP_ARCH_X86_64",
	.go_architecture = "amd64",
	.kernel_major = 6,
	.kernel_minor = 1,
	.capabilities = CAPABILITIES_DEFAULT,
	.bases = &bases,
};
static const struct lint_options options = { .facts = &facts };

/* A text as far as the linter takes it. */
struct reading {
	struct stream *stream;
	struct arena *arena;
	struct profile_work work;
};

static void read_text(const char *text, struct reading *reading)
{
	const struct profile_options profile = { .compile = COMPILE_ON, .facts = &facts };
	const struct node *root;

	*reading = (struct reading){ .arena = arena_new(0) };
	assert_int_equal(yaml_read_bytes("t", text, strlen(text), &reading->stream, NULL, NULL), 0);
	root = reading->stream->documents[0].root;
	assert_int_equal(profile_check_value(NULL, root, &profile, NULL, NULL), 0);
	assert_int_equal(profile_build(reading->arena, root, &profile, NULL, NULL, &reading->work,
	                               NULL, NULL),
	                 0);
}

static void reading_deinit(struct reading *reading)
{
	arena_free(reading->arena);
	stream_free(reading->stream);
}

static void judge(const char *text, struct diag *diag)
{
	struct reading reading;

	read_text(text, &reading);
	assert_int_equal(lint_profile(reading.work.source, reading.work.compiled, NULL, &options,
	                              diag),
	                 0);
	reading_deinit(&reading);
}

static void assert_rules(const struct diag *diag, const char *const *rules, size_t n_rules)
{
	assert_int_equal(diag->n_entries, n_rules);
	for (size_t i = 0; i < n_rules; i++)
		assert_string_equal(diag->entries[i].rule, rules[i]);
}

/* The groups of rules find these in another order. */
static void test_findings_are_in_the_order_of_the_text(void **state)
{
	static const char text[] = HEAD
		"  - names: [execve, exit_group, bpf]\n"
		"    action: SCMP_ACT_ALLOW\n"
		"  - {names: [read], action: SCMP_ACT_ERRNO, errnoRet: 0}\n"
		"  - names: [kcmp]\n"
		"    action: SCMP_ACT_ALLOW\n"
		"    args: [{index: 2, value: 1, valueTwo: 2, op: SCMP_CMP_EQ}]\n"
		"  - {names: [opnat], action: SCMP_ACT_ALLOW}\n"
		"flags: [SECCOMP_FILTER_FLAG_LOG]\n";
	static const char *const rules[] = { "dangerous-call", "errno-zero", "unused-value-two",
		                             "unknown-syscall", "refused-flag" };
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	(void)state;
	judge(text, &diag);
	assert_rules(&diag, rules, ARRAY_SIZE(rules));
	for (size_t i = 1; i < diag.n_entries; i++)
		assert_true(diag.entries[i].line > diag.entries[i - 1].line);
}

static void test_every_finding_is_whole(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	(void)state;
	judge("{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [bpf], action: SCMP_ACT_ALLOW}]}",
	      &diag);
	assert_true(diag.n_entries >= 3);
	for (size_t i = 0; i < diag.n_entries; i++) {
		assert_true(diag.entries[i].line && diag.entries[i].column);
		assert_non_null(diag.entries[i].rule);
		assert_non_null(diag.entries[i].remedy);
	}
	judge("{defaultAction: SCMP_ACT_ERRNO}", NULL);
}

/* Names that a base set adds stand nowhere in the text, and are nobody's fault. */
static void test_names_of_a_base_are_not_judged(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	(void)state;
	judge(HEAD "  - {names: [read], action: SCMP_ACT_ALLOW}\n"
	           "x-seccompfs: {base: runc}\n",
	      &diag);
	assert_int_equal(diag.n_entries, 0);
}

/* The source's conditions are compiled away, and its unconditional rules put together. */
static void test_names_are_found_again_in_what_was_compiled(void **state)
{
	static const char text[] = HEAD
		"  - {names: [execve, read], action: SCMP_ACT_ALLOW}\n"
		"  - names: [socket]\n"
		"    action: SCMP_ACT_ALLOW\n"
		"    args: [{index: 0, value: 1, op: SCMP_CMP_EQ}]\n"
		"  - {names: [bpf], action: SCMP_ACT_ALLOW, includes: {caps: [CAP_BPF]}}\n"
		"  - {names: [read, socket], action: SCMP_ACT_ALLOW}\n";
	struct reading reading;
	struct lint lint;

	(void)state;
	read_text(text, &reading);
	lint = (struct lint){ .source = reading.work.source,
		              .compiled = reading.work.compiled,
		              .options = &options,
		              .arena = reading.arena };
	assert_int_equal(lint_index(&lint), 0);
	assert_int_equal(lint.n_names, 6);
	assert_non_null(lint.names[0].use);
	assert_non_null(lint.names[1].use);
	assert_int_equal(lint.names[2].use->rule->n_arguments, 1);
	assert_null(lint.names[3].use);
	assert_null(lint.names[3].call);
	assert_null(lint.names[4].use);
	assert_ptr_equal(lint.names[4].call, lint.names[1].call);
	assert_int_equal(lint.names[5].use->rule->n_arguments, 0);
	assert_ptr_equal(lint.names[5].use, lint.names[2].call->decider);
	assert_int_equal(lint_reach_of(&lint, "socket"), REACH_ALWAYS);
	assert_int_equal(lint_reach_of(&lint, "bpf"), REACH_NEVER);
	reading_deinit(&reading);
}

/* A message is one line, and not as long as whoever writes a profile likes. */
static void test_names_are_escaped_and_cut(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	(void)state;
	buffer_append_string(&text,
	                     HEAD "  - {names: [execve, exit_group], action: SCMP_ACT_ALLOW}\n"
	                          "  - {names: [\"a\\nb\", \"");
	for (size_t i = 0; i < 5000; i++)
		buffer_append_char(&text, 'x');
	buffer_append_string(&text, "\"], action: SCMP_ACT_ALLOW}\n"
	                            "  - {names: [\"a\\nb\"], action: SCMP_ACT_LOG}\n");
	judge(text.data, &diag);
	assert_int_equal(diag.n_entries, 3);
	for (size_t i = 0; i < diag.n_entries; i++) {
		assert_null(strchr(diag.entries[i].message, '\n'));
		assert_non_null(strstr(diag.entries[i].message, "a\\x0ab"));
		assert_true(strlen(diag.entries[i].message) < 1000);
	}
}

/* Rules of which each has a warning, and one at the end with an error. */
static void make_many(size_t n, struct buffer *out)
{
	buffer_append_string(out,
	                     HEAD "  - {names: [execve, exit_group], action: SCMP_ACT_ALLOW}\n");
	for (size_t i = 0; i < n; i++)
		buffer_printf(out,
		              "  - {names: [sync], action: SCMP_ACT_TRAP, args: [{index: 1, "
		              "value: %zu, valueTwo: 1, op: SCMP_CMP_EQ}]}\n",
		              i);
	buffer_append_string(out, "  - {names: [write], action: SCMP_ACT_NOTIFY}\n");
}

static void test_warnings_leave_room_for_errors(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	(void)state;
	make_many(300, &text);
	judge(text.data, &diag);
	assert_int_equal(diag.n_errors, 1);
	assert_true(diag.n_warnings > 300);
	assert_int_equal(diag.n_entries, CHECK_WARNINGS_MAX + 1);
	assert_string_equal(diag.entries[diag.n_entries - 1].rule, "notify-write");
}

/* Nothing is compared with everything else: this would take minutes. */
static void test_a_large_profile(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	(void)state;
	make_many(20000, &text);
	judge(text.data, &diag);
	assert_true(diag.n_warnings > 20000);
	assert_int_equal(diag.n_errors, 1);
	assert_string_equal(diag.entries[diag.n_entries - 1].rule, "notify-write");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings_are_in_the_order_of_the_text),
		cmocka_unit_test(test_every_finding_is_whole),
		cmocka_unit_test(test_names_of_a_base_are_not_judged),
		cmocka_unit_test(test_names_are_found_again_in_what_was_compiled),
		cmocka_unit_test(test_names_are_escaped_and_cut),
		cmocka_unit_test(test_warnings_leave_room_for_errors),
		cmocka_unit_test(test_a_large_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
