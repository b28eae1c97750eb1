/* SPDX-License-Identifier: Apache-2.0 */

#include "profile/capability_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "profile/facts.h"

#define CHOWN     UINT64_C(1)
#define KILL      (UINT64_C(1) << 5)
#define SYS_ADMIN (UINT64_C(1) << 21)

static void test_words_are_united(void **state)
{
	static const struct {
		const char *list;
		uint64_t capabilities;
	} cases[] = {
		{ "CAP_CHOWN", CHOWN },
		{ "chown:Cap_Kill", CHOWN | KILL },
		{ "none", 0 },
		{ "none:kill", KILL },
		{ "default", CAPABILITIES_DEFAULT },
		{ "default:CAP_SYS_ADMIN", CAPABILITIES_DEFAULT | SYS_ADMIN },
		{ "DEFAULT:default", CAPABILITIES_DEFAULT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t capabilities = 1;

		assert_true(capability_list_parse(cases[i].list, &capabilities, NULL));
		assert_int_equal(capabilities, cases[i].capabilities);
	}
}

static void test_all_is_every_one_that_has_a_name(void **state)
{
	uint64_t all = 0;

	assert_true(capability_list_parse("all", &all, NULL));
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(all >> i & 1, capability_name(i) != NULL);
}

static void test_every_bad_word_is_told(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	uint64_t capabilities;

	assert_false(capability_list_parse("CAP_CHWON:kill:nonsense:", &capabilities, &diag));
	assert_int_equal(diag.n_errors, 3);
	assert_string_equal(diag.entries[0].message,
	                    "caps: unknown capability \"CAP_CHWON\": did you mean CAP_CHOWN?");
	assert_string_equal(
		diag.entries[1].message,
		"caps: unknown capability \"nonsense\": allowed are names as CAP_CHOWN, "
		"and default, all and none");
	assert_string_equal(diag.entries[2].message,
	                    "caps: unknown capability \"\": allowed are names as CAP_CHOWN, and "
	                    "default, all and none");
}

static void test_what_is_written_reads_the_same(void **state)
{
	static const char *const lists[] = { "default", "none", "CAP_CHOWN", "CAP_CHOWN:CAP_KILL" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
		uint64_t capabilities;

		assert_true(capability_list_parse(lists[i], &capabilities, NULL));
		capability_list_format(capabilities, &text);
		assert_string_equal(text.data, lists[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_united),
		cmocka_unit_test(test_all_is_every_one_that_has_a_name),
		cmocka_unit_test(test_every_bad_word_is_told),
		cmocka_unit_test(test_what_is_written_reads_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
