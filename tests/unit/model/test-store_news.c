/* SPDX-License-Identifier: Apache-2.0 */

/* What a result says: each thing once, where its writer can mend it, and nothing that was known before. */

#include "compile-fixture.h"
#include "store-fixture.h"

/* A value with something odd in it that is found by the checks of the form, and by no other. */
#define ODD(key)                                                                             \
	"{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 38, architectures: "               \
	"[SCMP_ARCH_X86_64, SCMP_ARCH_X86], " key ": 1, syscalls: [{names: [execve, read], " \
	"action: SCMP_ACT_ALLOW}], x-seccompfs: {base: none}}"

/* One of which a denial has something to say, and the linter nothing. */
#define MUX                                                                                        \
	"{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 38, architectures: "                     \
	"[SCMP_ARCH_X86_64, SCMP_ARCH_X86], syscalls: [{names: [execve, read, bind, socketcall], " \
	"action: SCMP_ACT_ALLOW}], x-seccompfs: {base: none}}"

/* Enough for patches to be applied folded. */
#define CONFIG                                                                         \
	"machine:\n"                                                                   \
	"  seccompProfiles:\n"                                                         \
	"    - name: a\n"                                                              \
	"      value: " ODD("one") "\n"                                                \
				   "    - name: b\n"                                   \
				   "      value: " ODD("two") "\n"                     \
							      "    - name: c\n"        \
							      "      value: " MUX "\n" \
							      "    - name: d\n"        \
							      "      value: " ODD("three") "\n"

#define ADD(name, value) "{machine: {seccompProfiles: [{name: " name ", value: " value "}]}}"
#define ADD_JSON(name, value) \
	"[{op: add, path: /machine/seccompProfiles/-, value: {name: " name ", value: " value "}}]"
#define DENY(args, reason) "{machine: {seccompDeny: [{names: [bind], " args "reason: " reason "}]}}"
#define ARGS(value)        "args: [{index: 0, op: SCMP_CMP_EQ, value: " value "}], "

static void open_odd(struct fixture *fixture)
{
	fixture->profile = options_compiled;
	fixture->maker = "one";
	write_text(fixture->config, CONFIG);
	open_store(fixture);
}

/* By rule: warnings that each are of the patch, or of the config. */
static size_t count(const struct result *result, const char *rule, bool is_of_patch)
{
	size_t n = 0;

	for (size_t i = 0; i < result->diag.n_entries; i++) {
		const struct diag_entry *entry = &result->diag.entries[i];

		n += entry->rule && strcmp(entry->rule, rule) == 0 && entry->source &&
		     (strcmp(entry->source, "patch") == 0) == is_of_patch;
	}
	return n;
}

/* Nothing but n warnings of one rule, with the patch's place. */
static void assert_told(struct fixture *fixture, const char *text, const char *rule, size_t n)
{
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	assert_int_equal(patch_with(fixture, text, &result), 0);
	assert_int_equal(result.kind, RESULT_APPLIED);
	if (count(&result, rule, true) != n || result.diag.n_warnings != n)
		fail_msg("%s: %s", text, store_last_result(fixture->store));
}

static void test_a_patch_is_told_of_once(void **state)
{
	struct fixture *fixture = *state;

	open_odd(fixture);
	assert_told(fixture, ADD("new", ODD("four")), "unknown-key", 1);
	/* Not to be folded. */
	assert_told(fixture, ADD("other", "&x " ODD("four")), "unknown-key", 1);
	assert_told(fixture, ADD_JSON("third", ODD("four")), "unknown-key", 1);
	assert_told(fixture, ADD("new", ODD("five")), "unknown-key", 1);
}

static void test_what_is_left_alone_is_not_told_of(void **state)
{
	static const char *const patches[] = {
		ADD("a", MUX),
		ADD("x", "&x " MUX),
		ADD_JSON("y", MUX),
		"[{op: remove, path: /machine/seccompProfiles/0}]",
		"{machine: {seccompDeny: [{names: [mount], reason: x}]}}",
		"[{op: remove, path: /machine/seccompDeny}]",
	};
	struct fixture *fixture = *state;

	open_odd(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++)
		assert_told(fixture, patches[i], "", 0);
}

/* A denial tells what it does to a profile, with the profile's place in the config; the next one
 * only what is new. */
static void test_a_denial_tells_what_it_changes(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_odd(fixture);
	assert_int_equal(patch_with(fixture, DENY(ARGS("38"), "CVE-1"), &result), 0);
	assert_int_equal(result.n_resources, 1);
	assert_int_equal(count(&result, "deny-multiplexer", false), 1);
	assert_int_equal(count(&result, "unknown-key", false), 0);
	assert_string_equal(result.diag.entries[0].path, "machine.seccompProfiles[2].value");
	result_deinit(&result);
	assert_int_equal(patch_with(fixture,
	                            "{machine: {seccompDeny: [{names: [read], reason: CVE-2}]}}",
	                            &result),
	                 0);
	assert_int_equal(result.n_resources, 4);
	assert_int_equal(count(&result, "deny-multiplexer", false), 0);
	assert_int_equal(count(&result, "unknown-key", false), 0);
}

/* What is denied already is told of a profile that comes, at its place in the patch. */
static void test_a_profile_that_comes_under_a_denial(void **state)
{
	struct fixture *fixture = *state;

	open_odd(fixture);
	assert_int_equal(patch(fixture, DENY(ARGS("38"), "CVE-1")), 0);
	assert_told(fixture, ADD("new", MUX), "deny-multiplexer", 1);
	assert_told(fixture, ADD("other", "&x " MUX), "deny-multiplexer", 1);
	assert_told(fixture, ADD_JSON("third", MUX), "deny-multiplexer", 1);
	assert_told(fixture,
	            ADD("fourth", "{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 38, "
	                          "architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86], "
	                          "syscalls: [{names: [execve, read], action: "
	                          "SCMP_ACT_ALLOW}]}"),
	            "deny-multiplexer", 0);
}

/* An edit that a patch finds is told of with it. */
static void test_an_edit_is_told_of_once(void **state)
{
	static const char edited[] = CONFIG "    - {name: e, value: " ODD("four") "}\n";
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_odd(fixture);
	write_text(fixture->config, edited);
	assert_int_equal(patch_with(fixture, ADD("new", ODD("five")), &result), 0);
	assert_int_equal(count(&result, "unknown-key", false), 1);
	assert_int_equal(count(&result, "unknown-key", true), 1);
	result_deinit(&result);
	write_text(fixture->config, edited);
	assert_int_equal(store_reload(fixture->store, &result), 0);
	assert_int_equal(result.diag.n_warnings, 0);
	result_deinit(&result);
	write_text(fixture->config, CONFIG "    - {name: e, value: " ODD("six") "}\n");
	assert_int_equal(store_reload(fixture->store, &result), 0);
	assert_int_equal(count(&result, "unknown-key", false), 1);
	assert_int_equal(result.diag.n_warnings, 1);
}

/* What is odd in the list of denials is told of by the patch that brings it. */
static void test_a_denial_is_told_of_once(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_odd(fixture);
	assert_int_equal(patch_with(fixture,
	                            "{machine: {seccompDeny: [{names: [mseal], reason: CVE-1}]}}",
	                            &result),
	                 0);
	assert_int_equal(count(&result, "deny-newer", false), 0);
	if (!count(&result, "deny-newer", true))
		skip(); /* this libseccomp knows the call */
	assert_told(fixture,
	            "[{op: add, path: /machine/seccompDeny/-, value: {names: [mount], "
	            "reason: CVE-2}}]",
	            "", 0);
	assert_told(fixture, ADD_JSON("new", MUX), "", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_a_patch_is_told_of_once),
		STORE_TEST(test_what_is_left_alone_is_not_told_of),
		STORE_TEST(test_a_denial_tells_what_it_changes),
		STORE_TEST(test_a_profile_that_comes_under_a_denial),
		STORE_TEST(test_an_edit_is_told_of_once),
		STORE_TEST(test_a_denial_is_told_of_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
