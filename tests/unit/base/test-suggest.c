/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/suggest.h"
#include "base/util.h"

static const char *const actions[] = {
	"SCMP_ACT_ALLOW",        "SCMP_ACT_ERRNO", "SCMP_ACT_KILL",
	"SCMP_ACT_KILL_PROCESS", "SCMP_ACT_LOG",
};

static const char *nearest(const char *wanted, const char *const *candidates, size_t n)
{
	struct suggestion suggestion;

	suggestion_begin(&suggestion, wanted);
	for (size_t i = 0; i < n; i++)
		suggestion_consider(&suggestion, candidates[i]);
	return suggestion.best;
}

static void test_typing_errors(void **state)
{
	static const struct {
		const char *wanted, *best;
	} cases[] = {
		{ "SCMP_ACT_ERNO", "SCMP_ACT_ERRNO" },   /* one missing */
		{ "SCMP_ACT_ALLOWW", "SCMP_ACT_ALLOW" }, /* one too many */
		{ "SCMP_ACT_LGO", "SCMP_ACT_LOG" },      /* two swapped */
		{ "SCMP_ACT_LAG", "SCMP_ACT_LOG" },      /* another one */
		{ "scmp_act_kill", "SCMP_ACT_KILL" },    /* case */
		{ "SCMP_ACT_KILL_PROC", "SCMP_ACT_KILL_PROCESS" },
		{ "SCMP_ACT_LOG", "SCMP_ACT_LOG" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(nearest(cases[i].wanted, actions, ARRAY_SIZE(actions)),
		                    cases[i].best);
}

static void test_what_is_far_is_not_suggested(void **state)
{
	static const char *const names[] = { "audit.json", "violation.json" };
	static const char *const swapped[] = { "abc" };

	(void)state;
	assert_null(nearest("moby", names, 2));
	assert_null(nearest("", names, 2));
	assert_null(nearest("nginx.json", names, 2));
	assert_string_equal(nearest("audit.jsn", names, 2), "audit.json");
	assert_string_equal(nearest("Audit.json", names, 2), "audit.json");
	/* A short name may have one error, and a swap is one. */
	assert_string_equal(nearest("acb", swapped, 1), "abc");
	assert_null(nearest("cba", swapped, 1));
}

/* Case costs less than a letter: the name that differs by case alone wins, whatever the order. */
static void test_case_is_nearer_than_a_letter(void **state)
{
	static const char *const forward[] = { "audit2.json", "AUDIT1.json" };
	static const char *const backward[] = { "AUDIT1.json", "audit2.json" };
	static const char *const one[] = { "abcdeg", "ABcdef" };

	(void)state;
	assert_string_equal(nearest("audit3.json", forward, 2), "audit2.json");
	assert_string_equal(nearest("audit3.json", backward, 2), "audit2.json");
	assert_string_equal(nearest("Abcdef", one, 2), "ABcdef");
}

static void test_long_names_are_left_out(void **state)
{
	char name[200],
		longer[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	const char *const names[] = { name };

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_null(nearest(name, names, 1));
	assert_null(nearest("a", names, 1));
	name[64] = '\0';
	assert_string_equal(nearest(name, names, 1), name);
	assert_null(nearest(longer, names, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typing_errors),
		cmocka_unit_test(test_what_is_far_is_not_suggested),
		cmocka_unit_test(test_case_is_nearer_than_a_letter),
		cmocka_unit_test(test_long_names_are_left_out),
	};

	return cmocka_run_group_tests_name("base/suggest", tests, NULL, NULL);
}
