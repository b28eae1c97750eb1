/* SPDX-License-Identifier: Apache-2.0 */

/* Denials make filters larger: what the linter says of those of other profiles, and of a new one. */

#include "compile-fixture.h"
#include "store-fixture.h"

#define N_MASKS 300 /* is sure to fit; with what denials of these calls need it is not */

static const char *const calls[] = {
	"ioctl",  "fcntl",     "futex", "setns",     "openat", "dup3",   "mknodat", "fchownat",
	"linkat", "renameat2", "flock", "epoll_ctl", "tgkill", "waitid", "bind",
};

static void append_value(struct buffer *out)
{
	buffer_append_string(out,
	                     "{defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64, "
	                     "SCMP_ARCH_X86], syscalls: [{names: [read, ");
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		buffer_printf(out, "%s, ", calls[i]);
	buffer_append_string(out, "], action: SCMP_ACT_ALLOW}, ");
	buffer_append_string(out, "{names: [kcmp], action: SCMP_ACT_ALLOW, args: [");
	for (int i = 0; i < N_MASKS; i++)
		buffer_printf(out,
		              "{index: 2, op: SCMP_CMP_MASKED_EQ, value: 0xff, valueTwo: %d}, ", i);
	buffer_append_string(out, "]}]}");
}

static void append_denials(struct buffer *out, const char *key, const char *end)
{
	buffer_append_string(out, key);
	buffer_append_string(out, "[");
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		buffer_printf(out,
		              "{names: [%s], reason: CVE-1, args: [{index: 0, op: SCMP_CMP_EQ, "
		              "value: %zu}]}, ",
		              calls[i], 1000 * i);
	buffer_printf(out, "]%s", end);
}

static void open_with(struct fixture *fixture, bool is_large, bool is_denied)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_append_string(&text, "machine:\n");
	if (is_denied)
		append_denials(&text, "  seccompDeny: ", "\n");
	buffer_append_string(&text, "  seccompProfiles:\n    - name: fine\n"
	                            "      value: {defaultAction: SCMP_ACT_ALLOW}\n"
	                            "    - name: large\n      value: ");
	if (is_large)
		append_value(&text);
	else
		buffer_append_string(&text, "{defaultAction: SCMP_ACT_ALLOW}");
	buffer_append_string(&text, "\n");
	write_text(fixture->config, text.data);
	fixture->profile = options_compiled;
	fixture->maker = "one";
	open_store(fixture);
}

static size_t look(struct fixture *fixture)
{
	struct store_counts counts;
	const char *name;

	while (store_lint_next(fixture->store, &name, NULL))
		;
	store_count(fixture->store, &counts);
	return counts.n_lint_errors;
}

/* Whether that is all that is said with "seccompDeny". */
static bool has_one(const struct diag *diag, enum diag_severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < diag->n_entries; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		if (!strstr(entry->message, "with seccompDeny"))
			continue;
		assert_string_equal(entry->rule, "filter-too-large");
		assert_non_null(strstr(entry->remedy, "without args"));
		n += entry->severity == severity;
	}
	return n == 1;
}

static int patch_denials(struct fixture *fixture, struct result *result)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	append_denials(&text, "{machine: {seccompDeny: ", "}}");
	return patch_with(fixture, text.data, result);
}

static int patch_denials_by_path(struct fixture *fixture, struct result *result)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	append_denials(&text, "[{op: add, path: /machine/seccompDeny, value: ", "}]");
	return patch_with(fixture, text.data, result);
}

static int patch_profile(struct fixture *fixture, struct result *result)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_append_string(&text, "{machine: {seccompProfiles: [{name: large, value: ");
	append_value(&text);
	buffer_append_string(&text, "}]}}");
	return patch_with(fixture, text.data, result);
}

/* The others are not to wait for it. */
static void test_a_denial_is_taken_and_told_of(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_with(fixture, true, false);
	assert_int_equal(look(fixture), 0);
	assert_int_equal(patch_denials(fixture, &result), 0);
	assert_int_equal(result.n_resources, 2);
	assert_true(has_one(&result.diag, DIAG_WARNING));
	assert_int_equal(look(fixture), 1);
	assert_int_equal(patch(fixture, "{machine: {seccompDeny: {$patch: delete}}}"), 0);
	assert_int_equal(look(fixture), 0);
}

/* Which is judged before it is written, and read when it was. */
static void test_a_denial_of_a_json_patch(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_with(fixture, true, false);
	assert_int_equal(patch_denials_by_path(fixture, &result), 0);
	assert_int_equal(result.n_resources, 2);
	assert_true(has_one(&result.diag, DIAG_WARNING));
}

static void test_a_profile_is_refused(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_with(fixture, false, true);
	assert_int_equal(look(fixture), 0);
	assert_int_equal(patch_profile(fixture, &result), -EINVAL);
	assert_true(has_one(&result.diag, DIAG_ERROR));
	result_deinit(&result);
	assert_int_equal(patch(fixture, "{machine: {seccompDeny: {$patch: delete}}}"), 0);
	assert_int_equal(patch_profile(fixture, &result), 0);
	assert_int_equal(look(fixture), 0);
}

/* Nothing is withheld at a start. */
static void test_a_start_is_looked_at_behind(void **state)
{
	struct fixture *fixture = *state;

	open_with(fixture, true, true);
	assert_int_equal(look(fixture), 1);
	assert_int_equal(decide(bytes_of(fixture, "large"), "ioctl", 0), ACTION_ERRNO);
	assert_int_equal(decide(bytes_of(fixture, "large"), "ioctl", 1), ACTION_ALLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_a_denial_is_taken_and_told_of),
		STORE_TEST(test_a_denial_of_a_json_patch),
		STORE_TEST(test_a_profile_is_refused),
		STORE_TEST(test_a_start_is_looked_at_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
