/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/facts_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "document/yaml_reader.h"
#include "profile/bases.h"

static const struct facts facts = {
	.architecture = "SCMP_ARCH_AARCH64",
	.go_architecture = "arm64",
	.kernel_major = 5,
	.kernel_minor = 10,
	.capabilities = UINT64_C(1) << 40 | 1,
};

#define HEAD                                \
	"architecture: SCMP_ARCH_AARCH64\n" \
	"kernel: \"5.10\"\n"                \
	"capabilities: [CAP_CHOWN, CAP_CHECKPOINT_RESTORE]\n"

static int read_text(const char *text, struct facts *out, struct profile_options *options,
                     struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;

	assert_int_equal(yaml_read_bytes("facts", text, strlen(text), &stream, NULL, NULL), 0);
	return facts_text_read(stream->documents[0].root, out, options, diag);
}

static void test_what_is_written_is_read(void **state)
{
	const enum compile_mode modes[] = { COMPILE_ON, COMPILE_REJECT, COMPILE_OFF };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		const struct profile_options options = { i % 2 ? VALIDATE_OFF : VALIDATE_STRICT,
			                                 modes[i], &facts };
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
		struct profile_options back;
		struct facts out;

		facts_text_write(&options, &text);
		assert_memory_equal(text.data, HEAD, strlen(HEAD));
		assert_non_null(strstr(text.data, "\nlibseccomp: "));
		assert_int_equal(read_text(text.data, &out, &back, NULL), 0);
		assert_int_equal(back.compile, options.compile);
		assert_int_equal(back.validate, options.validate);
		assert_ptr_equal(back.facts, &out);
		assert_string_equal(out.architecture, facts.architecture);
		assert_string_equal(out.go_architecture, facts.go_architecture);
		assert_int_equal(out.kernel_major, 5);
		assert_int_equal(out.kernel_minor, 10);
		assert_int_equal(out.capabilities, facts.capabilities);
		assert_ptr_equal(out.bases, &base_table_builtin);
	}
}

static void test_without_facts(void **state)
{
	const struct profile_options options = { VALIDATE_OFF, COMPILE_OFF, NULL };
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	static const char expected[] = "compile: \"off\"\nvalidate: \"off\"\nlibseccomp: ";

	(void)state;
	facts_text_write(&options, &text);
	assert_memory_equal(text.data, expected, strlen(expected));
}

static void test_what_is_wrong_is_named(void **state)
{
	static const char *const cases[][2] = {
		{ "{}", "architecture" },
		{ "architecture: vax", "architecture" },
		{ "architecture: [SCMP_ARCH_X86]", "architecture" },
		{ "{architecture: arm64, kernel: six}", "kernel" },
		{ "{architecture: arm64, kernel: '6.1', capabilities: CAP_BPF}", "capabilities" },
		{ "{architecture: arm64, kernel: '6.1', capabilities: [CAP_FOO]}", "capabilities" },
		{ HEAD "compile: yes", "compile" },
		{ HEAD "compile: 'on'\nvalidate: 1", "validate" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		struct profile_options options;
		struct facts out;

		assert_int_equal(read_text(cases[i][0], &out, &options, &diag), PROFILE_E_INVALID);
		assert_int_equal(diag.n_errors, 1);
		assert_non_null(strstr(diag.entries[0].message, cases[i][1]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_without_facts),
		cmocka_unit_test(test_what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
