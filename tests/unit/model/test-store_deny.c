/* SPDX-License-Identifier: Apache-2.0 */

/* `machine.seccompDeny` comes and goes by patches: which profiles change, and to what. */

#include "compile-fixture.h"
#include "store-fixture.h"

#define RULES(names) "syscalls: [{names: [" names "], action: SCMP_ACT_ALLOW}]"
#define VALUE(names) "{defaultAction: SCMP_ACT_ERRNO, " RULES(names) "}"

/* Enough for patches to be applied folded. */
#define CONFIG                                                                                  \
	"machine:\n"                                                                            \
	"  seccompProfiles:\n"                                                                  \
	"    - name: allows\n"                                                                  \
	"      value: " VALUE(                                                                  \
		"read, socket") "\n"                                                            \
				"    - name: denies\n"                                          \
				"      value: " VALUE(                                          \
					"read") "\n"                                            \
						"    - name: logs\n"                            \
						"      value: {defaultAction: SCMP_ACT_LOG}\n"  \
						"    - name: later\n"                           \
						"      value: " VALUE(                          \
							"socket, write") "\n"                   \
									 "    - name: other\n"  \
									 "      value: " VALUE( \
										 "write") "\n"

#define DENY   "{machine: {seccompDeny: [{names: [socket], reason: CVE-1}]}}"
#define REMOVE "{machine: {seccompDeny: [{reason: CVE-1, $patch: delete}]}}"

static void open_compiled(struct fixture *fixture, const char *config)
{
	fixture->profile = options_compiled;
	fixture->maker = "one";
	write_text(fixture->config, config);
	open_store(fixture);
}

static void assert_versions(struct fixture *fixture, const uint64_t versions[5])
{
	static const char *const names[] = { "allows", "denies", "later", "logs", "other" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (find(fixture, names[i])->version != versions[i])
			fail_msg("%s: version %llu, not %llu", names[i],
			         (unsigned long long)find(fixture, names[i])->version,
			         (unsigned long long)versions[i]);
	}
}

#define assert_versions(fixture, ...) (assert_versions)(fixture, (uint64_t[]){ __VA_ARGS__ })

static void assert_socket(struct fixture *fixture, const char *name, enum action action)
{
	assert_int_equal(decide(bytes_of(fixture, name), "socket", 0), action);
}

static size_t count_denials(const struct fixture *fixture)
{
	struct store_counts counts;

	store_count(fixture->store, &counts);
	return counts.n_denials;
}

static void test_one_patch_denies_and_one_restores(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	_cleanup_(freep) char *allows = NULL, *config = NULL;

	open_compiled(fixture, CONFIG);
	allows = strdup(bytes_of(fixture, "allows"));
	config = read_text(fixture->config);
	assert_int_equal(patch_with(fixture, DENY, &result), 0);
	assert_int_equal(result.n_resources, 3);
	assert_string_equal(result.resources[0].id, "allows");
	assert_string_equal(result.resources[1].id, "later");
	assert_string_equal(result.resources[2].id, "logs");
	assert_versions(fixture, 2, 1, 2, 2, 1);
	assert_int_equal(count_denials(fixture), 1);
	assert_socket(fixture, "allows", ACTION_ERRNO);
	assert_socket(fixture, "logs", ACTION_ERRNO);
	assert_int_equal(decide(bytes_of(fixture, "logs"), "read", 0), ACTION_LOG);
	assert_int_equal(decide(bytes_of(fixture, "later"), "write", 0), ACTION_ALLOW);
	assert_int_equal(patch(fixture, REMOVE), 0);
	assert_versions(fixture, 3, 1, 3, 3, 1);
	assert_string_equal(bytes_of(fixture, "allows"), allows);
	assert_int_equal(count_denials(fixture), 0);
}

static void test_a_profile_of_a_later_patch_is_denied_too(void **state)
{
	struct fixture *fixture = *state;

	open_compiled(fixture, CONFIG);
	assert_int_equal(patch(fixture, DENY), 0);
	assert_int_equal(patch(fixture, "{machine: {seccompProfiles: [{name: later, value: " VALUE(
						"socket, close") "}]}}"),
	                 0);
	assert_versions(fixture, 2, 1, 3, 2, 1);
	assert_socket(fixture, "later", ACTION_ERRNO);
	assert_socket(fixture, "allows", ACTION_ERRNO);
	assert_int_equal(patch(fixture, "[{op: add, path: /machine/seccompProfiles/-, "
	                                "value: {name: new, value: " VALUE("socket") "}}]"),
	                 0);
	assert_socket(fixture, "new", ACTION_ERRNO);
	assert_socket(fixture, "allows", ACTION_ERRNO);
	assert_versions(fixture, 2, 1, 3, 2, 1);
}

/* Lists of a patch are appended, as Talos does it with those that it does not know. */
static void test_a_second_denial_is_appended(void **state)
{
	struct fixture *fixture = *state;

	open_compiled(fixture, CONFIG);
	assert_int_equal(patch(fixture, DENY), 0);
	assert_int_equal(patch(fixture,
	                       "{machine: {seccompDeny: [{names: [write], reason: CVE-2}]}}"),
	                 0);
	assert_versions(fixture, 2, 1, 3, 3, 2);
	assert_socket(fixture, "allows", ACTION_ERRNO);
	assert_int_equal(decide(bytes_of(fixture, "other"), "write", 0), ACTION_ERRNO);
	assert_int_equal(patch(fixture, REMOVE), 0);
	assert_socket(fixture, "allows", ACTION_ALLOW);
	assert_int_equal(decide(bytes_of(fixture, "other"), "write", 0), ACTION_ERRNO);
	assert_int_equal(patch(fixture, "{machine: {seccompDeny: {$patch: delete}}}"), 0);
	assert_int_equal(count_denials(fixture), 0);
	assert_int_equal(decide(bytes_of(fixture, "other"), "write", 0), ACTION_ALLOW);
}

/* In an emergency a patch is sent twice. Two that are equal can come by hand, or by JSON patch. */
static void test_the_same_denial_is_there_once(void **state)
{
	static const char again[] =
		"{machine: {seccompDeny: [{reason: CVE-1, names: [\"socket\"]}]}}";
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result first = RESULT_INIT, second = RESULT_INIT;
	_cleanup_(freep) char *config = NULL, *denied = NULL;

	open_compiled(fixture, CONFIG);
	assert_int_equal(patch(fixture, DENY), 0);
	denied = read_text(fixture->config);
	assert_int_equal(patch_with(fixture, again, &first), 0);
	assert_int_equal(first.kind, RESULT_SKIPPED);
	config = read_text(fixture->config);
	assert_string_equal(config, denied);
	assert_int_equal(patch(fixture,
	                       "[{op: add, path: /machine/seccompDeny/-, value: {names: [socket], "
	                       "reason: CVE-1}}]"),
	                 0);
	assert_int_equal(patch(fixture, "{machine: {seccompDeny: [{names: [write], reason: CVE-2}, "
	                                "{names: [bpf], reason: CVE-1}]}}"),
	                 0);
	assert_int_equal(patch_with(fixture, REMOVE, &second), 0);
	assert_int_equal(second.diag.n_entries, 0);
	assert_int_equal(count_denials(fixture), 1);
	assert_socket(fixture, "allows", ACTION_ALLOW);
	assert_int_equal(decide(bytes_of(fixture, "other"), "write", 0), ACTION_ERRNO);
}

static void test_what_is_lifted_is_said_by_its_reason(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_compiled(fixture, CONFIG);
	assert_int_equal(patch(fixture, DENY), 0);
	assert_int_not_equal(
		patch_with(fixture, "{machine: {seccompDeny: [{names: [socket], $patch: delete}]}}",
	                   &result),
		0);
	assert_non_null(strstr(diag_first_error(&result.diag)->message, "as `reason: x`"));
}

static void test_another_reason_changes_no_profile(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_compiled(fixture, CONFIG);
	assert_int_equal(patch(fixture, DENY), 0);
	assert_int_equal(
		patch_with(fixture,
	                   "[{op: replace, path: /machine/seccompDeny/0/reason, value: x}]",
	                   &result),
		0);
	assert_int_equal(result.kind, RESULT_APPLIED);
	assert_int_equal(result.n_resources, 0);
	assert_versions(fixture, 2, 1, 2, 2, 1);
}

/* What is denied is not in the state, so no start believes that. */
static void test_a_start_denies_the_same(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL;

	open_compiled(fixture, CONFIG);
	assert_int_equal(patch(fixture, DENY), 0);
	before = facts(fixture);
	reopen(fixture);
	assert_false(store_trusted_state(fixture->store));
	assert_null(profile_bytes(find(fixture, "allows")));
	assert_socket(fixture, "allows", ACTION_ERRNO);
	assert_facts(fixture, before);
	assert_int_equal(patch(fixture, REMOVE), 0);
	reopen(fixture);
	assert_true(store_trusted_state(fixture->store));
	assert_socket(fixture, "allows", ACTION_ALLOW);
}

static void test_an_edit_of_the_file_denies(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_compiled(fixture, CONFIG);
	write_text(fixture->config, CONFIG "  seccompDeny: [{names: [socket], reason: CVE-1}]\n");
	assert_int_equal(store_reload(fixture->store, &result), 0);
	assert_versions(fixture, 2, 1, 2, 2, 1);
	assert_socket(fixture, "allows", ACTION_ERRNO);
}

static void test_refused_denials_change_nothing(void **state)
{
	static const char *const patches[] = {
		"{machine: {seccompDeny: [{names: [sokket], reason: CVE-1}]}}",
		"{machine: {seccompDeny: [{names: [socket]}]}}",
		"{machine: {seccompDenies: [{names: [socket], reason: CVE-1}]}}",
		"[{op: add, path: /machine/seccompDeny, value: [{names: [], reason: CVE-1}]}]",
	};
	struct fixture *fixture = *state;
	_cleanup_(freep) char *before = NULL;

	open_compiled(fixture, CONFIG);
	before = facts(fixture);
	for (size_t i = 0; i < ARRAY_SIZE(patches); i++) {
		_cleanup_(result_deinit) struct result result = RESULT_INIT;

		assert_int_equal(patch_with(fixture, patches[i], &result), -EINVAL);
		assert_string_equal(diag_first_error(&result.diag)->source, "patch");
		assert_facts(fixture, before);
	}
}

/* Where the rules need not be kept there may be a value that is no profile: it must hold nothing up, and let
 * nothing through. */
static void test_what_cannot_be_read_is_denied_entirely(void **state)
{
	static const char *const odd[] = { "{syscalls: 5}", "{defaultAction: SCMP_ACT_ALLOW, a: 1, "
		                                            "syscalls: [{names: [socket], args: "
		                                            "[{index: 9, op: SCMP_CMP_EQ}]}]}" };
	struct fixture *fixture = *state;

	fixture->profile = options_compiled;
	fixture->profile.validate = VALIDATE_OFF;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		_cleanup_(buffer_deinit) struct buffer config = BUFFER_INIT;
		_cleanup_(result_deinit) struct result result = RESULT_INIT;
		_cleanup_(freep) char *before = NULL;
		const struct diag_entry *last;

		buffer_printf(&config, CONFIG "    - {name: odd, value: %s}\n", odd[i]);
		write_text(fixture->config, config.data);
		open_store(fixture);
		before = strdup(bytes_of(fixture, "odd"));
		assert_int_equal(patch_with(fixture, DENY, &result), 0);
		assert_string_equal(bytes_of(fixture, "odd"),
		                    "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}");
		assert_socket(fixture, "allows", ACTION_ERRNO);
		last = &result.diag.entries[result.diag.n_entries - 1];
		assert_string_equal(last->rule, "deny-unread");
		assert_string_equal(last->path, "machine.seccompProfiles[5].value");
		assert_int_equal(patch(fixture, REMOVE), 0);
		assert_string_equal(bytes_of(fixture, "odd"), before);
		close_store(fixture);
	}
}

static void test_nothing_is_denied_where_nothing_is_compiled(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	open_compiled(fixture, CONFIG);
	close_store(fixture);
	fixture->profile.compile = COMPILE_OFF;
	open_store(fixture);
	assert_int_equal(patch_with(fixture, DENY, &result), -EINVAL);
	assert_non_null(strstr(diag_first_error(&result.diag)->message, "compile=off"));
}

/* More than the list says is denied where a profile has rules that cannot be told apart. */
static void test_what_is_denied_entirely_is_told(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;
	bool is_told = false;

	open_compiled(fixture,
	              "machine: {seccompProfiles: [{name: allows, value: {defaultAction: "
	              "SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86], "
	              "syscalls: [{names: [socket, socketcall], action: SCMP_ACT_ALLOW}]}}]}");
	assert_int_equal(
		patch_with(fixture,
	                   "{machine: {seccompDeny: [{names: [socket], reason: CVE-1, args: "
	                   "[{index: 0, value: 38, op: SCMP_CMP_EQ}]}]}}",
	                   &result),
		0);
	assert_int_equal(decide(bytes_of(fixture, "allows"), "socket", 38), ACTION_ERRNO);
	assert_int_equal(decide(bytes_of(fixture, "allows"), "socket", 1), ACTION_ALLOW);
	for (size_t i = 0; i < result.diag.n_entries; i++)
		is_told = is_told || strstr(result.diag.entries[i].message, "socketcall");
	assert_true(is_told);
	assert_int_equal(result.diag.n_errors, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_one_patch_denies_and_one_restores),
		STORE_TEST(test_a_profile_of_a_later_patch_is_denied_too),
		STORE_TEST(test_a_second_denial_is_appended),
		STORE_TEST(test_the_same_denial_is_there_once),
		STORE_TEST(test_what_is_lifted_is_said_by_its_reason),
		STORE_TEST(test_another_reason_changes_no_profile),
		STORE_TEST(test_a_start_denies_the_same),
		STORE_TEST(test_an_edit_of_the_file_denies),
		STORE_TEST(test_refused_denials_change_nothing),
		STORE_TEST(test_what_cannot_be_read_is_denied_entirely),
		STORE_TEST(test_nothing_is_denied_where_nothing_is_compiled),
		STORE_TEST(test_what_is_denied_entirely_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
