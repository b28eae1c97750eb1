/* SPDX-License-Identifier: Apache-2.0 */

/* The modes, and what no vector of tests/data/compile can show. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "document/yaml_reader.h"
#include "profile/bases.h"
#include "profile/profile.h"

static const struct facts facts = {
	.architecture = "SCMP_ARCH_X86_64",
	.go_architecture = "amd64",
	.kernel_major = 6,
	.capabilities = CAPABILITIES_DEFAULT,
	.bases = &base_table_builtin,
};

/* Renders; what is said comes back as lines, each error with its rule. */
static int render(const char *text, enum validate_mode validate, enum compile_mode compile,
                  struct buffer *bytes, struct buffer *messages)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	const struct profile_options options = { validate, compile, &facts };
	int r;

	assert_int_equal(yaml_read_bytes("t", text, strlen(text), &stream, NULL, &diag), 0);
	r = profile_render(NULL, stream->documents[0].root, &options, NULL, NULL, bytes, &diag);
	for (size_t i = 0; i < diag.n_entries; i++) {
		if (i > 0)
			buffer_append_char(messages, '\n');
		buffer_printf(messages, "[%s] ", diag.entries[i].rule);
		diag_entry_format(&diag.entries[i], messages);
	}
	return r;
}

struct mode_case {
	const char *text;
	enum validate_mode validate;
	enum compile_mode compile;
	const char *bytes; /* NULL: refused */
	const char *messages;
};

#define REJECTED  "no key of the OCI specification: compile=reject allows no other"
#define MISPLACED "a key of this project: allowed at the top of a value only"
#define OWN_KEY   "a key of this project: allowed with compile=on only"

static void test_modes(void **state)
{
	static const struct mode_case cases[] = {
		/* what is not plain is served as it stands, as Talos does */
		{ "{defaultAction: SCMP_ACT_LOG, archMap: []}", VALIDATE_STRICT, COMPILE_OFF,
		  "{\"archMap\":[],\"defaultAction\":\"SCMP_ACT_LOG\"}", "" },
		{ "{defaultAction: SCMP_ACT_LOG, x-seccompfs: {}}", VALIDATE_STRICT, COMPILE_OFF,
		  NULL, "[not-plain] t:1:44: x-seccompfs: " OWN_KEY },
		{ "{a: 1, x-seccompfs: null}", VALIDATE_OFF, COMPILE_OFF, NULL,
		  "[not-plain] t:1:21: x-seccompfs: " OWN_KEY },
		/* what is no profile at all */
		{ "{a: 1, 2: {b: []}}", VALIDATE_OFF, COMPILE_ON, "{\"2\":{\"b\":[]},\"a\":1}",
		  "" },
		{ "{a: 1}", VALIDATE_OFF, COMPILE_REJECT, "{\"a\":1}", "" },
		{ "{a: 1, archMap: []}", VALIDATE_OFF, COMPILE_ON, NULL,
		  "[missing-key] t:1:1: required key defaultAction is missing" },
		/* warnings of Moby's format are gone where somebody compiles it */
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [a], action: SCMP_ACT_TRAP, "
		  "includes: {caps: [CAP_BPF]}}]}",
		  VALIDATE_STRICT, COMPILE_ON,
		  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[]}", "" },
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{name: a, action: SCMP_ACT_TRAP}]}",
		  VALIDATE_STRICT, COMPILE_ON,
		  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":[{\"action\":"
		  "\"SCMP_ACT_TRAP\",\"names\":[\"a\"]}]}",
		  "" },
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{name: a, action: SCMP_ACT_TRAP, "
		  "comment: '', errno: null, includes: {}, excludes: {}}], archMap: null, "
		  "defaultErrno: null, x-seccompfs: null}",
		  VALIDATE_STRICT, COMPILE_REJECT, NULL,
		  "[not-plain] t:1:179: x-seccompfs: " REJECTED "\n"
		  "[not-plain] t:1:140: archMap: " REJECTED "\n"
		  "[not-plain] t:1:160: defaultErrno: " REJECTED "\n"
		  "[not-plain] t:1:49: syscalls[0].name: " REJECTED "\n"
		  "[not-plain] t:1:111: syscalls[0].includes: " REJECTED "\n"
		  "[not-plain] t:1:125: syscalls[0].excludes: " REJECTED "\n"
		  "[not-plain] t:1:84: syscalls[0].comment: " REJECTED "\n"
		  "[not-plain] t:1:95: syscalls[0].errno: " REJECTED },
		{ "{defaultAction: SCMP_ACT_LOG, x-seccompfs: {base: docker}}", VALIDATE_OFF,
		  COMPILE_REJECT, NULL, "[not-plain] t:1:44: x-seccompfs: " REJECTED },
		/* ours anywhere else: it would reach the file */
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [a], action: SCMP_ACT_TRAP, "
		  "x-seccompfs: null}]}",
		  VALIDATE_OFF, COMPILE_ON, NULL,
		  "[unknown-key] t:1:78: syscalls[0].x-seccompfs: " MISPLACED },
		{ "{defaultAction: SCMP_ACT_LOG, other: {<<: [{a: [{x-seccompfs: {}}]}]}}",
		  VALIDATE_OFF, COMPILE_OFF, NULL,
		  "[unknown-key] t:1:50: other[\"\\u003c\\u003c\"][0].a[0].x-seccompfs: " MISPLACED },
		{ "{defaultAction: SCMP_ACT_LOG, other: '\"x-seccompfs\":'}", VALIDATE_OFF,
		  COMPILE_OFF,
		  "{\"defaultAction\":\"SCMP_ACT_LOG\",\"other\":\"\\\"x-seccompfs\\\":\"}", "" },
		/* a condition that nobody knows: without it the rule would hold for all */
		{ "{defaultAction: SCMP_ACT_LOG, syscalls: [{names: [a], action: SCMP_ACT_TRAP, "
		  "includes: {capabilities: [CAP_BPF]}}]}",
		  VALIDATE_STRICT, COMPILE_ON, NULL,
		  "[unknown-key] t:1:89: syscalls[0].includes: unknown key \"capabilities\": "
		  "allowed are caps, arches, minKernel" },
		/* a misspelling of ours */
		{ "{defaultAction: SCMP_ACT_LOG, x-seccomp: {base: runc}}", VALIDATE_STRICT,
		  COMPILE_ON, NULL,
		  "[unknown-key] t:1:31: unknown key \"x-seccomp\": did you mean x-seccompfs?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mode_case *one = &cases[i];
		_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT, messages = BUFFER_INIT;
		int r = render(one->text, one->validate, one->compile, &bytes, &messages);

		if (r != (one->bytes ? 0 : PROFILE_E_INVALID) ||
		    strcmp(messages.data ? messages.data : "", one->messages) != 0)
			fail_msg("%s\ngave %d:\n%s\nexpected:\n%s", one->text, r,
			         messages.data ? messages.data : "", one->messages);
		if (one->bytes)
			assert_string_equal(bytes.data, one->bytes);
	}
}

static void test_unknown_base_is_one_line(void **state)
{
	static const char expected[] =
		"[unknown-base] t:1:51: x-seccompfs.base: unknown base \"runc\\x0a\": allowed are ";
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT, messages = BUFFER_INIT;

	(void)state;
	assert_int_equal(render("{defaultAction: SCMP_ACT_LOG, x-seccompfs: {base: \"runc\\n\"}}",
	                        VALIDATE_STRICT, COMPILE_ON, &bytes, &messages),
	                 PROFILE_E_INVALID);
	assert_memory_equal(messages.data, expected, strlen(expected));
}

static void test_mode_words(void **state)
{
	enum compile_mode mode = COMPILE_OFF;

	(void)state;
	assert_true(compile_mode_parse("on", &mode));
	assert_int_equal(mode, COMPILE_ON);
	assert_true(compile_mode_parse("reject", &mode));
	assert_int_equal(mode, COMPILE_REJECT);
	assert_true(compile_mode_parse("off", &mode));
	assert_int_equal(mode, COMPILE_OFF);
	assert_false(compile_mode_parse("", &mode));
	assert_false(compile_mode_parse("ON", &mode));
}

static int build(const char *text, enum compile_mode mode, struct stream **streamp,
                 struct arena *arena, struct profile_work *work)
{
	const struct profile_options options = { VALIDATE_OFF, mode, &facts };

	assert_int_equal(yaml_read_bytes("t", text, strlen(text), streamp, NULL, NULL), 0);
	return profile_build(arena, (*streamp)->documents[0].root, &options, NULL, NULL, work, NULL,
	                     NULL);
}

/* What runtimes make of a profile that nobody compiles. */
static void test_off_leaves_conditions_out(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct profile_work work;

	(void)state;
	assert_int_equal(build("{defaultAction: SCMP_ACT_ERRNO, archMap: [{architecture: "
	                       "SCMP_ARCH_X86}], syscalls: [{names: [mount], action: "
	                       "SCMP_ACT_ALLOW, includes: {caps: [CAP_SYS_ADMIN]}}]}",
	                       COMPILE_OFF, &stream, arena, &work),
	                 0);
	assert_true(work.keeps_bytes);
	assert_int_equal(work.source->n_maps, 1);
	assert_non_null(work.source->rules[0].includes.node);
	assert_int_equal(work.served->n_maps, 0);
	assert_int_equal(work.served->n_rules, 1);
	assert_null(work.served->rules[0].includes.node);
}

static void test_off_takes_what_is_no_profile(void **state)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct profile_work work;

	(void)state;
	assert_int_equal(build("{a: 1}", COMPILE_OFF, &stream, arena, &work), 0);
	assert_true(work.keeps_bytes);
	assert_null(work.served);
}

static void test_notes_without_memory_are_lost(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(64);
	struct compile_notes notes = { .arena = arena };

	(void)state;
	compile_note(NULL, NULL, "nothing happens");
	compile_note(&notes, NULL, "%d", 1);
	assert_int_equal(notes.n_notes, 0);
}

static void test_many_notes(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct compile_notes notes = { .arena = arena };

	(void)state;
	for (int i = 0; i < 1000; i++)
		compile_note(&notes, NULL, "note %d", i);
	assert_int_equal(notes.n_notes, 1000);
	assert_string_equal(notes.notes[0].message, "note 0");
	assert_string_equal(notes.notes[999].message, "note 999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_unknown_base_is_one_line),
		cmocka_unit_test(test_mode_words),
		cmocka_unit_test(test_off_leaves_conditions_out),
		cmocka_unit_test(test_off_takes_what_is_no_profile),
		cmocka_unit_test(test_notes_without_memory_are_lost),
		cmocka_unit_test(test_many_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
