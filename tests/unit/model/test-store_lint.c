/* SPDX-License-Identifier: Apache-2.0 */

/* The linter in a transaction, where its errors refuse, and behind one, where they are told. */

#include "compile-fixture.h"
#include "store-fixture.h"

/* A filter that libseccomp refuses, which only the linter finds: two actions under one condition. */
#define CLASH(action)                                     \
	"{names: [personality], action: SCMP_ACT_" action \
	", args: [{index: 0, value: 8, op: SCMP_CMP_EQ}]}"
#define REFUSED                                                                                  \
	"{defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64], "                    \
	"syscalls: [{names: [nosuchcall_], action: SCMP_ACT_ALLOW}, " CLASH("ALLOW") ", " CLASH( \
		"LOG") "]}"

/* Nothing that the linter would find. */
#define FINE "{defaultAction: SCMP_ACT_ALLOW}"

static void open_linted(struct fixture *fixture, const char *config)
{
	if (config)
		write_text(fixture->config, config);
	fixture->profile = options_compiled;
	fixture->maker = "one";
	open_store(fixture);
}

/* All that is left to look at: how many profiles, and how many of them are told of. */
struct looked {
	unsigned int n;
	unsigned int n_told;
};

static struct looked look(struct fixture *fixture, struct diag *diag)
{
	struct looked looked = { 0 };
	const char *name;

	while (store_lint_next(fixture->store, &name, diag)) {
		looked.n++;
		looked.n_told += name != NULL;
	}
	return looked;
}

static struct store_counts count(const struct fixture *fixture)
{
	struct store_counts counts;

	store_count(fixture->store, &counts);
	return counts;
}

#define CONFIG                                    \
	"machine:\n"                              \
	"  seccompProfiles:\n"                    \
	"    - name: bad\n"                       \
	"      value: " REFUSED "\n"              \
	"    - name: moby\n"                      \
	"      value:\n"                          \
	"        defaultAction: SCMP_ACT_ERRNO\n" \
	"        syscalls:\n"                     \
	"          - name: nosuchcall_\n"         \
	"            action: SCMP_ACT_ALLOW\n"    \
	"    - name: later\n"                     \
	"      value: {defaultAction: SCMP_ACT_LOG}\n"

static bool has(const struct diag *diag, uint32_t line, const char *text)
{
	for (size_t i = 0; i < diag->n_entries; i++) {
		if (diag->entries[i].line == line && strstr(diag->entries[i].message, text))
			return true;
	}
	return false;
}

static void test_a_start_withholds_nothing_and_tells_behind_it(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct store_counts counts;

	open_linted(fixture, CONFIG);
	assert_int_equal(count(fixture).n_linted, 0);
	assert_non_null(bytes_of(fixture, "bad"));
	assert_int_equal(look(fixture, &diag).n, 3);
	counts = count(fixture);
	assert_int_equal(counts.n_linted, 3);
	assert_int_equal(counts.n_compiled, 1);
	assert_int_equal(counts.n_lint_errors, diag.n_errors);
	assert_int_equal(counts.n_lint_warnings, diag.n_warnings);
	assert_true(counts.n_lint_errors > 0);
	/* With the lines of the config. */
	assert_true(has(&diag, 4, "nosuchcall_"));
	assert_true(has(&diag, 9, "nosuchcall_"));
	assert_int_equal(look(fixture, &diag).n, 0);
}

#define ANCHORED                                                       \
	"machine:\n"                                                   \
	"  seccompProfiles:\n"                                         \
	"    - name: first\n"                                          \
	"      value: &it\n"                                           \
	"        defaultAction: SCMP_ACT_ERRNO\n"                      \
	"        x-seccompfs: {base: runc}\n"                          \
	"        syscalls:\n"                                          \
	"          - {names: [nosuchcall_], action: SCMP_ACT_ALLOW}\n" \
	"    - {name: same, value: *it}\n"                             \
	"    - name: merged\n"                                         \
	"      value: {<<: *it, defaultErrnoRet: 38}\n"                \
	"    - {name: flow, value: {defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [nosuchcall_], action: SCMP_ACT_ALLOW}]}}\n"

static size_t count_at(const struct diag *diag, uint32_t line, uint32_t column, const char *rule)
{
	size_t n = 0;

	for (size_t i = 0; i < diag->n_entries; i++)
		n += diag->entries[i].line == line && diag->entries[i].column == column &&
		     strcmp(diag->entries[i].rule, rule) == 0;
	return n;
}

/* Whether values share text or not: what stands in the config is judged, where it stands. */
static void test_what_is_told_behind_a_start_has_its_place(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	open_linted(fixture, ANCHORED);
	assert_int_equal(look(fixture, &diag).n, 4);
	assert_int_equal(count_at(&diag, 8, 22, "unknown-syscall"), 3);
	assert_int_equal(count_at(&diag, 12, 79, "unknown-syscall"), 1);
	for (size_t i = 0; i < diag.n_entries; i++) {
		assert_true(diag.entries[i].line > 0 && diag.entries[i].line <= 12);
		assert_string_equal(diag.entries[i].source, fixture->config);
		assert_string_not_equal(diag.entries[i].rule, "not-plain");
	}
}

/* What stands at the same place in a document of another kind is no profile. */
static void test_a_document_of_another_kind_is_not_looked_at(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	open_linted(fixture, ANCHORED "---\n"
	                              "apiVersion: v1\n"
	                              "kind: Other\n"
	                              "machine: {seccompProfiles: [{name: same, value: {}}]}\n");
	assert_int_equal(look(fixture, &diag).n, 4);
	assert_int_equal(count_at(&diag, 8, 22, "unknown-syscall"), 3);
}

/* Whoever was told once is not told again because a worker has died. */
static void test_a_trusted_start_counts_and_tells_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct store_counts before, after;
	struct looked looked;

	open_linted(fixture, CONFIG);
	assert_true(look(fixture, NULL).n_told > 0);
	before = count(fixture);
	reopen(fixture);
	assert_true(store_trusted_state(fixture->store));
	looked = look(fixture, NULL);
	assert_int_equal(looked.n, 3);
	assert_int_equal(looked.n_told, 0);
	after = count(fixture);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void test_a_patch_has_only_what_is_new_looked_at(void **state)
{
	struct fixture *fixture = *state;

	open_linted(fixture, CONFIG);
	assert_int_equal(look(fixture, NULL).n, 3);
	assert_int_equal(set_profile(fixture, "later", "TRAP"), 0);
	assert_int_equal(look(fixture, NULL).n, 1);
	assert_int_equal(set_profile(fixture, "later", "TRAP"), 0);
	assert_int_equal(look(fixture, NULL).n, 0);
	assert_int_equal(patch(fixture, "[{op: remove, path: /machine/seccompProfiles/2}]"), 0);
	assert_int_equal(look(fixture, NULL).n, 0);
	assert_int_equal(count(fixture).n_linted, 2);
}

/* Denials change bytes, and what is found in no value: what was told is not told again. */
static void test_a_denial_has_nothing_told_again(void **state)
{
	struct fixture *fixture = *state;
	struct store_counts before, after;
	struct looked looked;

	open_linted(fixture, CONFIG);
	assert_int_equal(look(fixture, NULL).n, 3);
	before = count(fixture);
	assert_int_equal(patch(fixture, "{machine: {seccompDeny: [{names: [socket], reason: x}]}}"),
	                 0);
	assert_int_equal(find(fixture, "later")->version, 2);
	looked = look(fixture, NULL);
	assert_int_equal(looked.n, 1);
	assert_int_equal(looked.n_told, 0);
	after = count(fixture);
	assert_int_equal(after.n_denials, 1);
	assert_int_equal(after.n_denied, 1);
	after.n_denials = after.n_denied = 0;
	assert_memory_equal(&before, &after, sizeof(before));
}

#define MUX                                                                  \
	"machine: {seccompProfiles: [{name: mux, value: {defaultAction: "    \
	"SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86], " \
	"syscalls: [{names: [socket, socketcall, nosuchcall_], action: "     \
	"SCMP_ACT_ALLOW}]}}]}\n"

/* What becomes of a denial in a profile is told behind it, and behind a start under it; lifted, it counts no
 * more. */
static void test_what_a_denial_could_not_say_is_told(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(diag_deinit) struct diag first = DIAG_INIT, denied = DIAG_INIT, again = DIAG_INIT;
	struct store_counts before;

	open_linted(fixture, MUX);
	assert_int_equal(look(fixture, &first).n_told, 1);
	before = count(fixture);
	assert_int_equal(patch(fixture,
	                       "{machine: {seccompDeny: [{names: [socket], reason: x, args: "
	                       "[{index: 0, value: 38, op: SCMP_CMP_EQ}]}]}}"),
	                 0);
	assert_int_equal(look(fixture, &denied).n_told, 1);
	assert_int_equal(denied.n_entries, 1);
	assert_string_equal(denied.entries[0].rule, "deny-multiplexer");
	assert_int_equal(denied.entries[0].line, 1);
	assert_int_equal(count(fixture).n_lint_warnings, before.n_lint_warnings + 1);
	close_store(fixture);
	fixture->maker = "two";
	open_store(fixture);
	assert_int_equal(look(fixture, &again).n_told, 1);
	assert_int_equal(again.n_entries, first.n_entries + 1);
	assert_int_equal(patch(fixture, "{machine: {seccompDeny: {$patch: delete}}}"), 0);
	assert_int_equal(look(fixture, NULL).n_told, 0);
	assert_int_equal(count(fixture).n_lint_warnings, before.n_lint_warnings);
}

#define ADD(value) "{machine: {seccompProfiles: [{name: new, value: " value "}]}}"

static void test_an_error_refuses_the_patch(void **state)
{
	static const char *const patches[] = {
		ADD(REFUSED),
		"[{op: add, path: /machine/seccompProfiles/-, value: {name: new, value: " REFUSED
		"}}]",
	};
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL;

	open_linted(fixture, "machine: {seccompProfiles: [{name: fine, value: " FINE "}]}");
	before = facts(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
		_cleanup_(result_deinit) struct result result = RESULT_INIT;
		const struct diag_entry *error;

		assert_int_equal(patch_with(fixture, patches[i], &result), -EINVAL);
		error = diag_first_error(&result.diag);
		assert_non_null(error->rule);
		assert_string_equal(error->source, "patch");
		assert_int_equal(error->line, 1);
		assert_facts(fixture, before);
	}
}

/* A value with so many conditions that counting does not tell whether its filter fits. */
static void append_large(struct buffer *out, const char *name, int n_conditions, const char *more)
{
	buffer_printf(out, "{name: %s, value: {defaultAction: SCMP_ACT_ERRNO, ", name);
	buffer_append_string(out, "architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86], syscalls: [");
	buffer_append_string(out, "{action: SCMP_ACT_ALLOW, names: [read], args: [");
	for (int i = 0; i < n_conditions; i++)
		buffer_printf(out, "{index: 0, op: SCMP_CMP_EQ, value: %d}, ", i);
	buffer_printf(out, "]}, %s]}}, ", more);
}

/* A patch of n of them, and of one with more rules. */
static int patch_large(struct fixture *fixture, int n, int n_conditions, const char *more,
                       struct result *result)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_append_string(&text, "{machine: {seccompProfiles: [");
	for (int i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "large%d", i);
		append_large(&text, name, n_conditions, "");
	}
	append_large(&text, "last", 1, more);
	buffer_append_string(&text, "]}}");
	return patch_with(fixture, text.data, result);
}

/* However many profiles a patch has, and however large they are, none is taken that libseccomp refuses. */
static void test_a_large_patch_is_judged_to_its_end(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_linted(fixture, "machine: {seccompProfiles: [{name: fine, value: " FINE "}]}");
	assert_int_equal(patch_large(fixture, 100, 300, CLASH("ALLOW") ", " CLASH("LOG"), &result),
	                 -EINVAL);
	assert_int_equal(result.diag.n_errors, 1);
	assert_string_equal(diag_first_error(&result.diag)->rule, "filter-refused");
	result_deinit(&result);
	assert_int_equal(patch_large(fixture, 100, 300, "", &result), 0);
	look(fixture, NULL);
	assert_int_equal(count(fixture).n_lint_errors, 0);
}

/* What cannot be judged while a writer waits is not taken either. */
static void test_more_than_can_be_judged_is_refused(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_linted(fixture, "machine: {seccompProfiles: [{name: fine, value: " FINE "}]}");
	assert_int_equal(patch_large(fixture, 2, 1200, "", &result), 0);
	result_deinit(&result);
	assert_int_equal(patch(fixture, "[{op: remove, path: /machine/seccompProfiles/1}]"), 0);
	assert_int_equal(patch_large(fixture, 14, 1200, "", &result), -EINVAL);
	assert_string_equal(diag_first_error(&result.diag)->rule, "filter-too-large");
	assert_non_null(strstr(diag_first_error(&result.diag)->message, "too many profiles"));
}

static void test_warnings_are_in_the_result(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_linted(fixture, "machine: {seccompProfiles: [{name: fine, value: " FINE "}]}");
	assert_int_equal(patch_with(fixture, ADD("{defaultAction: SCMP_ACT_LOG}"), &result), 0);
	assert_true(result.diag.n_warnings > 0);
	assert_string_equal(result.diag.entries[0].source, "patch");
	assert_non_null(result.diag.entries[0].rule);
}

/* What is served is no reason to refuse what is patched beside it, in whatever way. */
static void test_what_is_served_refuses_nothing(void **state)
{
	static const char *const patches[] = {
		ADD(FINE),
		"[{op: replace, path: /machine/seccompProfiles/2/value/defaultAction, value: SCMP_ACT_TRAP}]",
		"{machine: {seccompProfiles: [{name: other, value: &a " FINE "}]}}",
		"{machine: {seccompDeny: [{names: [socket], reason: x}]}}",
		"[{op: remove, path: /machine/seccompDeny}]",
	};
	struct fixture *fixture = *state;

	open_linted(fixture, CONFIG "    - {name: anchored, value: &x " REFUSED "}\n");
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
		_cleanup_(result_deinit) struct result result = RESULT_INIT;

		if (patch_with(fixture, patches[i], &result))
			fail_msg("%s: %s", patches[i], diag_first_error(&result.diag)->message);
		assert_int_equal(result.kind, RESULT_APPLIED);
	}
}

static void test_an_edit_is_judged_where_it_is_new(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_linted(fixture, CONFIG);
	write_text(fixture->config, CONFIG "    - {name: new, value: " FINE "}\n");
	assert_int_equal(store_reload(fixture->store, &result), 0);
	assert_int_equal(find(fixture, "new")->version, 1);
	result_deinit(&result);
	write_text(fixture->config, CONFIG "    - {name: new, value: " REFUSED "}\n");
	assert_int_equal(store_reload(fixture->store, &result), -EINVAL);
	assert_int_equal(find(fixture, "new")->version, 1);
	assert_int_equal(diag_first_error(&result.diag)->line, 13);
}

static void test_without_rules_nothing_is_judged(void **state)
{
	struct fixture *fixture = *state;

	write_text(fixture->config, CONFIG);
	fixture->profile = options_compiled;
	fixture->profile.validate = VALIDATE_OFF;
	open_store(fixture);
	assert_int_equal(look(fixture, NULL).n, 0);
	assert_int_equal(patch(fixture, ADD(REFUSED)), 0);
	assert_int_equal(look(fixture, NULL).n, 0);
	assert_int_equal(count(fixture).n_linted, 0);
}

/* What is served after a start whose config could not be used, by rules that are not today's, is no
 * ground for a patch: all that the mended config and the patch bring is judged. */
static void test_a_patch_on_the_last_good_config(void **state)
{
	static const char served[] =
		"machine: {seccompProfiles: [{name: a, value: {defaultAction: SCMP_ACT_NEW}}]}";
	static const char mended[] = "machine: {seccompProfiles: [{name: fine, value: " FINE "}]}";
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	fixture->profile = options_compiled;
	fixture->profile.validate = VALIDATE_OFF;
	write_text(fixture->config, served);
	open_store(fixture);
	store_keep_copy(fixture->store, NULL);
	close_store(fixture);
	write_text(fixture->config, "machine: {");
	fixture->profile = options_compiled;
	assert_int_equal(try_open(fixture, &fixture->store, NULL), 0);
	write_text(fixture->config, mended);
	assert_int_equal(patch_with(fixture,
	                            "[{op: add, path: /machine/seccompProfiles/-, value: {name: "
	                            "new, value: " REFUSED "}}]",
	                            &result),
	                 -EINVAL);
	assert_string_equal(diag_first_error(&result.diag)->rule, "filter-refused");
	assert_string_equal(diag_first_error(&result.diag)->source, "patch");
	assert_text(fixture->config, mended);
}

/* Nothing is passed over in silence. */
static void test_what_cannot_be_read_is_said(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	write_text(fixture->config, "machine: {}");
	fixture->profile = options_compiled;
	fixture->profile.compile = COMPILE_OFF;
	open_store(fixture);
	assert_int_equal(patch_with(fixture,
	                            ADD("{defaultAction: SCMP_ACT_ERRNO, defaultErrno: EFOO}"),
	                            &result),
	                 0);
	assert_string_equal(result.diag.entries[result.diag.n_entries - 1].rule, "not-judged");
	assert_string_equal(result.diag.entries[0].source, "patch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_a_start_withholds_nothing_and_tells_behind_it),
		STORE_TEST(test_what_is_told_behind_a_start_has_its_place),
		STORE_TEST(test_a_document_of_another_kind_is_not_looked_at),
		STORE_TEST(test_a_trusted_start_counts_and_tells_nothing),
		STORE_TEST(test_a_patch_has_only_what_is_new_looked_at),
		STORE_TEST(test_a_denial_has_nothing_told_again),
		STORE_TEST(test_what_a_denial_could_not_say_is_told),
		STORE_TEST(test_an_error_refuses_the_patch),
		STORE_TEST(test_a_large_patch_is_judged_to_its_end),
		STORE_TEST(test_more_than_can_be_judged_is_refused),
		STORE_TEST(test_warnings_are_in_the_result),
		STORE_TEST(test_what_is_served_refuses_nothing),
		STORE_TEST(test_an_edit_is_judged_where_it_is_new),
		STORE_TEST(test_without_rules_nothing_is_judged),
		STORE_TEST(test_a_patch_on_the_last_good_config),
		STORE_TEST(test_what_cannot_be_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
