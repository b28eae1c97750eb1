/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rules that libseccomp does not carry out as they are written: what is said of them, and the filters
 * that show it. That everything else is exact is shown by test-differential.c.
 */

#include "differential.h"
#include "ruleset-cases.h"

#define RULE(args)  "{names: [ptrace], action: SCMP_ACT_ERRNO, args: [" args "]}"
#define RULES(list) "{defaultAction: SCMP_ACT_ALLOW, syscalls: [" list "]}"

struct overlap_case {
	const char *text;
	enum overlap_kind kind;
	uint32_t index;
};

static void test_kinds(void **state)
{
	static const struct overlap_case cases[] = {
		/* One condition that leads on from both halves, and what follows differs. */
		{ RULES(RULE("{index: 0, op: SCMP_CMP_GE, value: 2}, {index: 1, op: SCMP_CMP_GE, "
		             "value: 0}") "," RULE("{index: 0, op: SCMP_CMP_GE, value: 2}, {index: "
		                                   "1, op: SCMP_CMP_EQ, value: 3}")),
		  OVERLAP_ENDLESS, 0 },
		{ RULES(RULE("{index: 3, op: SCMP_CMP_EQ, value: 2}, {index: 2, op: SCMP_CMP_NE, "
		             "value: 0}") "," RULE("{index: 2, op: SCMP_CMP_NE, value: 0}, {index: "
		                                   "4, op: SCMP_CMP_EQ, value: 3}")),
		  OVERLAP_ENDLESS, 2 },
		/* The same, but nothing follows; or it is one rule twice. */
		{ RULES(RULE("{index: 3, op: SCMP_CMP_NE, value: 2}, {index: 2, op: SCMP_CMP_EQ, "
		             "value: 0}") "," RULE("{index: 3, op: SCMP_CMP_NE, value: 2}, {index: "
		                                   "1, op: SCMP_CMP_EQ, value: 3}")),
		  OVERLAP_INEXACT, 3 },
		{ RULES(RULE("{index: 0, op: SCMP_CMP_GE, value: 2}, {index: 1, op: SCMP_CMP_GE, "
		             "value: 0}") "," RULE("{index: 1, op: SCMP_CMP_GE, value: 0}, {index: "
		                                   "0, op: SCMP_CMP_GE, value: 2}")),
		  OVERLAP_EXACT, 0 },
		/* Conditions alone: their upper halves decide. */
		{ RULES(RULE("{index: 0, op: SCMP_CMP_LE, value: 5}") "," RULE(
			  "{index: 0, op: SCMP_CMP_LT, value: 4294967296}")),
		  OVERLAP_INEXACT, 0 },
		{ RULES(RULE("{index: 0, op: SCMP_CMP_LE, value: 5}") "," RULE(
			  "{index: 0, op: SCMP_CMP_GT, value: 4294967295}")),
		  OVERLAP_EXACT, 0 },
		{ RULES(RULE("{index: 0, op: SCMP_CMP_NE, value: 5}") "," RULE(
			  "{index: 0, op: SCMP_CMP_EQ, value: 4294967296}")),
		  OVERLAP_EXACT, 0 },
		/* One index twice: a rule each. */
		{ RULES(RULE("{index: 0, op: SCMP_CMP_LE, value: 5}, {index: 0, op: SCMP_CMP_GE, "
		             "value: 4294967296}")),
		  OVERLAP_INEXACT, 0 },
		/* EQ and MASKED_EQ always go together. */
		{ RULES(RULE(
			  "{index: 0, op: SCMP_CMP_EQ, value: 2}, {index: 1, op: "
			  "SCMP_CMP_MASKED_EQ, value: 4294967297}") "," RULE("{index: 0, op: SCMP_CMP_EQ, value: 2}, {index: 1, op: SCMP_CMP_EQ, "
		                                                             "value: 3}")),
		  OVERLAP_EXACT, 0 },
		/* Behind a rule without conditions, and where a rule says the same as the default. */
		{ RULES("{names: [ptrace], action: SCMP_ACT_TRAP}," RULE(
			  "{index: 0, op: SCMP_CMP_LE, value: 5}") "," RULE("{index: 0, op: "
		                                                            "SCMP_CMP_LT, value: "
		                                                            "4294967296}")),
		  OVERLAP_EXACT, 0 },
		{ RULES("{names: [ptrace], action: SCMP_ACT_ALLOW, args: [{index: 0, op: "
		        "SCMP_CMP_LT, value: 4294967296}]}," RULE("{index: 0, op: SCMP_CMP_LE, "
		                                                  "value: 5}")),
		  OVERLAP_EXACT, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(parsed_deinit) struct parsed parsed = { 0 };
		const struct rule_name *name = NULL;
		struct overlap overlap;

		assert_int_equal(parse(cases[i].text, &parsed, NULL), 0);
		overlap = ruleset_overlap(parsed.ruleset, "ptrace");
		if (overlap.kind != cases[i].kind)
			fail_msg("case %zu: %d, not %d", i, overlap.kind, cases[i].kind);
		assert_int_equal(ruleset_overlap(parsed.ruleset, "kill").kind, OVERLAP_EXACT);
		overlap = overlap.kind ? overlap : (struct overlap){ .index = cases[i].index };
		assert_int_equal(overlap.index, cases[i].index);
		overlap = ruleset_find_endless(parsed.ruleset, &name);
		assert_int_equal(overlap.kind == OVERLAP_ENDLESS, cases[i].kind == OVERLAP_ENDLESS);
		if (overlap.kind)
			assert_string_equal(name->text, "ptrace");
	}
}

static uint32_t run(const char *text, uint32_t architecture, const char *name, uint64_t argument_0,
                    uint64_t argument_1)
{
	_cleanup_(parsed_deinit) struct parsed parsed = { 0 };
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	struct seccomp_data data = {
		.nr = seccomp_syscall_resolve_name_arch(architecture, name),
		.arch = architecture,
		.args = { argument_0, argument_1 },
	};

	assert_int_equal(parse(text, &parsed, NULL), 0);
	assert_int_equal(filter_build(parsed.ruleset, NULL, &filter, NULL), 0);
	return bpf_run(&filter, &data);
}

/* When this fails libseccomp was mended: then what is said of it can be said of its version only. */
static void test_filters_differ_from_rules(void **state)
{
	assert_int_equal(
		run(RULES(RULE(
			    "{index: 0, op: SCMP_CMP_GE, value: 255}, {index: 1, op: "
			    "SCMP_CMP_EQ, value: 6}") "," RULE("{index: 0, op: SCMP_CMP_GE, value: 4294967295}, {index: 1, op: "
	                                                       "SCMP_CMP_EQ, value: 5}")),
	            SCMP_ARCH_X86_64, "ptrace", 255, 5),
		SECCOMP_RET_ERRNO | 1);
	assert_int_equal(run(RULES(RULE("{index: 0, op: SCMP_CMP_LE, value: 5}") "," RULE(
				     "{index: 0, op: SCMP_CMP_LT, value: 4294967296}")),
	                     SCMP_ARCH_X86_64, "ptrace", 6, 0),
	                 SECCOMP_RET_ALLOW);
}

static void test_refuses_what_may_never_end(void **state)
{
	_cleanup_(parsed_deinit) struct parsed parsed = { 0 };
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(
		parse(RULES(RULE(
			      "{index: 0, op: SCMP_CMP_GE, value: 2}, {index: 1, op: "
			      "SCMP_CMP_GE, value: 0}") "," RULE("{index: 0, op: SCMP_CMP_GE, value: 2}, {index: 1, op: "
	                                                         "SCMP_CMP_EQ, value: 3}")),
	              &parsed, NULL),
		0);
	assert_int_equal(filter_build(parsed.ruleset, NULL, &filter, &diag), FILTER_E_REFUSED);
	assert_int_equal(diag.n_errors, 1);
	assert_non_null(strstr(diag.entries[0].message, "refuses the rule for ptrace: "));
	assert_non_null(strstr(diag.entries[0].message, "it may never end"));
}

/* A rule for a call that the architecture does not have comes first: then the filter compares the
 * architecture with the numbers of calls. */
static void test_loses_the_number(void **state)
{
	static const char without[] =
		"{defaultAction: SCMP_ACT_ALLOW, architectures: [SCMP_ARCH_X86], syscalls: ["
		"{names: [accept], action: SCMP_ACT_ERRNO}, {names: [clone], action: "
		"SCMP_ACT_ERRNO, args: [{index: 0, op: SCMP_CMP_EQ, value: 1}]}]}";
	static const char with[] =
		"{defaultAction: SCMP_ACT_ALLOW, architectures: [SCMP_ARCH_X86], syscalls: ["
		"{names: [accept, read], action: SCMP_ACT_ERRNO}, {names: [clone], action: "
		"SCMP_ACT_ERRNO, args: [{index: 0, op: SCMP_CMP_EQ, value: 1}]}]}";
	_cleanup_(parsed_deinit) struct parsed bad = { 0 }, good = { 0 };

	assert_int_equal(parse(without, &bad, NULL), 0);
	assert_int_equal(parse(with, &good, NULL), 0);
	assert_true(ruleset_loses_number(bad.ruleset, "SCMP_ARCH_X86"));
	assert_false(ruleset_loses_number(good.ruleset, "SCMP_ARCH_X86"));
	assert_false(ruleset_loses_number(bad.ruleset, "SCMP_ARCH_X86_64"));
	assert_int_equal(run(with, SCMP_ARCH_X86, "clone", 1, 0), SECCOMP_RET_ERRNO | 1);
	assert_int_equal(run(without, SCMP_ARCH_X86, "clone", 1, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run(without, SCMP_ARCH_X86_64, "clone", 1, 0), SECCOMP_RET_ERRNO | 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_filters_differ_from_rules),
		cmocka_unit_test(test_refuses_what_may_never_end),
		cmocka_unit_test(test_loses_the_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
