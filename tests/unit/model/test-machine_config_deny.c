/* SPDX-License-Identifier: Apache-2.0 */

/* `machine.seccompDeny` in a config and in a patch: where it may stand, and what it changes. */

#include "compile-fixture.h"
#include "model/machine_config.h"
#include "model/snapshot.h"

#define DENY "seccompDeny: [{names: [socket], reason: CVE-1}]"
#define ALLOW \
	"{defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [socket, read], action: SCMP_ACT_ALLOW}]}"
#define LIST                                        \
	"seccompProfiles: [{name: a, value: " ALLOW \
	"}, {name: b, value: {defaultAction: SCMP_ACT_ERRNO}}]"

static struct machine_config *parse(const char *text, bool with_trees,
                                    const struct profile_options *options, struct diag *diag)
{
	struct machine_config *config = NULL;
	int r;

	if (with_trees)
		r = machine_config_parse("m", text, strlen(text), options, &config, diag);
	else
		r = machine_config_parse_profiles("m", text, strlen(text), true, options, NULL,
		                                  &config, diag);
	assert_int_equal(r, config ? 0 : MACHINE_CONFIG_E_INVALID);
	return config;
}

static void test_what_is_denied_is_known_before_the_first_profile(void **state)
{
	static const char *const texts[] = {
		"machine: {" DENY ", " LIST "}",
		"machine: {" LIST ", " DENY "}",
		"machine: {" LIST ", \"seccomp\\x44eny\": [{names: [socket], reason: CVE-1}]}",
		"machine: {<<: {" DENY "}, " LIST "}",
		"machine: {x: &d [{names: [socket], reason: CVE-1}], " LIST ", seccompDeny: *d}",
		"machine:\n  " LIST "\n  seccompDeny:\n  - names: [socket]\n    reason: CVE-1\n",
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(texts); i++) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		_cleanup_(machine_config_freep) struct machine_config *config =
			parse(texts[i / 2], i % 2, &options_compiled, &diag);

		if (!config)
			fail_msg("%s: %s", texts[i / 2], diag_first_error(&diag)->message);
		assert_int_equal(deny_list_count(config->deny), 1);
		assert_int_equal(config->n_profiles, 2);
		assert_int_equal(decide(config->profiles[0].bytes, "socket", 0), ACTION_ERRNO);
		assert_int_equal(decide(config->profiles[0].bytes, "read", 0), ACTION_ALLOW);
		assert_string_equal(config->profiles[1].bytes,
		                    "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}");
	}
}

static void test_nothing_is_denied(void **state)
{
	static const char *const texts[] = {
		"machine: {" LIST "}",
		"machine: {" LIST ", seccompDeny: []}",
		"machine: {" LIST ", seccompDeny: ~}",
		"machine: {" LIST ", sysctls: {seccompDeny: \"1\"}}",
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(texts); i++) {
		_cleanup_(machine_config_freep) struct machine_config *config =
			parse(texts[i / 2], i % 2, &options_compiled, NULL);

		assert_non_null(config);
		assert_null(config->deny);
		assert_int_equal(decide(config->profiles[0].bytes, "socket", 0), ACTION_ALLOW);
	}
}

static void test_refused(void **state)
{
	static const struct profile_options off = { VALIDATE_STRICT, COMPILE_OFF, &node_facts };
	static const struct {
		const char *text;
		const struct profile_options *options;
		const char *message; /* of the first error, with its path */
		const char *path;    /* NULL: none */
	} cases[] = {
		{ "machine: {" LIST ", seccompdeny: []}", &options_compiled,
		  "unknown key \"seccompdeny\": did you mean seccompDeny?", "machine" },
		{ "machine: {" LIST "}\nseccompDeny: []", &options_compiled,
		  "unknown key \"seccompDeny\": it belongs under machine", NULL },
		{ "machine: {" LIST ", " DENY "}", &off,
		  "found denials with compile=off: allowed where profiles are compiled",
		  "machine.seccompDeny" },
		{ "machine: {" LIST ", seccompDeny: [{$patch: delete, reason: x}]}",
		  &options_compiled, NULL, NULL },
		{ "machine: {" LIST ", seccompDeny: [{names: [socket]}]}", &options_compiled, NULL,
		  NULL },
		{ "machine: {" LIST ", seccompDeny: 5}", &options_compiled, NULL, NULL },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		struct machine_config *config = parse(cases[i / 2].text, i % 2,
		                                      cases[i / 2].options, &diag);
		const struct diag_entry *error = diag_first_error(&diag);

		if (config)
			fail_msg("not refused: %s", cases[i / 2].text);
		assert_non_null(error);
		if (!cases[i / 2].message)
			continue;
		assert_string_equal(error->message, cases[i / 2].message);
		assert_string_equal(error->path ? error->path : "",
		                    cases[i / 2].path ? cases[i / 2].path : "");
	}
}

/* What is served of a text. */
static struct snapshot *serve(const char *text)
{
	_cleanup_(machine_config_freep) struct machine_config *config = parse(text, true,
	                                                                      &options_compiled,
	                                                                      NULL);
	struct profile **profiles;
	struct span *spans;
	struct snapshot *snapshot;

	assert_non_null(config);
	profiles = calloc(config->n_profiles, sizeof(struct profile *));
	spans = calloc(config->n_profiles, sizeof(*spans));
	for (size_t i = 0; i < config->n_profiles; i++) {
		profiles[i] = profile_new_unmade(config->profiles[i].name,
		                                 config->profiles[i].digest,
		                                 config->profiles[i].n_bytes);
		spans[i] = config->profiles[i].span;
	}
	snapshot = snapshot_new(profiles, spans, config->n_profiles, text, strlen(text));
	snapshot_set_options(snapshot, &config->options, config->deny);
	return snapshot;
}

/* By what the config says, not by the text around. */
static void test_taken_over_only_with_the_same_denials(void **state)
{
	static const struct {
		const char *text;
		bool is_kept;
	} cases[] = {
		{ "machine: {" LIST ", " DENY "}", true },
		{ "machine: {" LIST ", seccompDeny: [{reason: other, names: [socket]}]}", true },
		{ "machine: {" LIST ", seccompDeny: [{reason: CVE-1, names: [mount]}]}", false },
		{ "machine: {" LIST "}", false },
	};
	_cleanup_(snapshot_unrefp) struct snapshot *before = serve(cases[0].text);
	const struct machine_config_before after = { .served = before, .is_checked = true };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i].text;
		_cleanup_(machine_config_freep) struct machine_config *config = NULL;

		assert_int_equal(machine_config_parse_after(&after, "m", text, strlen(text),
		                                            &options_compiled, &config, NULL),
		                 0);
		assert_int_equal(config->profiles[0].kept != NULL, cases[i].is_kept);
		assert_int_equal(config->profiles[1].kept != NULL, cases[i].is_kept);
	}
}

/* In whatever thread, and long after the config was read. */
static void test_late_bytes_are_those_of_the_config(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = serve("machine: {" LIST ", " DENY
	                                                             "}");
	const char *bytes;

	assert_null(profile_bytes(snapshot->profiles[0]));
	assert_int_equal(snapshot_make_bytes(snapshot, snapshot->profiles[0], &bytes), 0);
	assert_int_equal(decide(bytes, "socket", 0), ACTION_ERRNO);
}

static int check_patch(const char *text, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;

	assert_int_equal(yaml_read_bytes("patch", text, strlen(text), &stream, NULL, NULL), 0);
	return machine_config_check_patch(stream->documents[0].root, &options_compiled, diag);
}

static void test_of_a_patch_each_denial_is_checked(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(check_patch("machine: {" DENY "}", &diag), 0);
	assert_int_equal(check_patch("machine: {seccompDeny: {$patch: delete}}", &diag), 0);
	assert_int_equal(check_patch("machine: {seccompDeny: [{reason: CVE-1, $patch: delete}, "
	                             "{names: [mount], reason: CVE-2}]}",
	                             &diag),
	                 0);
	assert_int_equal(diag.n_errors, 0);
	assert_int_equal(check_patch("machine:\n"
	                             "  seccompDeny:\n"
	                             "  - {reason: CVE-1, $patch: delete}\n"
	                             "  - {names: [mount]}\n",
	                             &diag),
	                 MACHINE_CONFIG_E_INVALID);
	assert_int_equal(diag_first_error(&diag)->line, 4);
	assert_string_equal(diag_first_error(&diag)->source, "patch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_denied_is_known_before_the_first_profile),
		cmocka_unit_test(test_nothing_is_denied),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_taken_over_only_with_the_same_denials),
		cmocka_unit_test(test_late_bytes_are_those_of_the_config),
		cmocka_unit_test(test_of_a_patch_each_denial_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
