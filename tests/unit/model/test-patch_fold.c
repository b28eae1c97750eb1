/* SPDX-License-Identifier: Apache-2.0 */

/* That a patch which is applied folded gives what the full way gives is seen by both_ways_apply();
 * here is when it is folded, and when not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../fuzz/both_ways.h"
#include "../../fuzz/fold_texts.h"
#include "../document/random.h"

#define ENTRY(name)                                          \
	"    - name: " name "\n"                             \
	"      value:\n"                                     \
	"        defaultAction: SCMP_ACT_ERRNO # " name "\n" \
	"        syscalls:\n"                                \
	"          - names: [read]\n"                        \
	"            action: SCMP_ACT_ALLOW\n"

#define FLOW_ENTRY(name) "    - {name: " name ", value: {defaultAction: SCMP_ACT_LOG}}\n"

#define HEAD   "machine:\n  type: worker\n  seccompProfiles:\n"
#define LIST   ENTRY("a.json") ENTRY("b.json") ENTRY("c.json") FLOW_ENTRY("d.json") ENTRY("e.json")
#define CONFIG HEAD LIST
#define CHANGE(name) \
	"machine: {seccompProfiles: [{name: " name ", value: {defaultAction: SCMP_ACT_ALLOW}}]}"

static int apply_bytes(const char *config, size_t n_config, const char *patch)
{
	struct snapshot *before = both_ways_snapshot(config, n_config, &options_strict);
	int r;

	assert_non_null(before);
	r = both_ways_apply(before, patch, strlen(patch), &options_strict);
	snapshot_unref(before);
	return r;
}

static int apply(const char *config, const char *patch)
{
	return apply_bytes(config, strlen(config), patch);
}

static void folds(const char *config, const char *patch)
{
	assert_int_equal(apply(config, patch), 0);
}

static void changes_nothing(const char *config, const char *patch)
{
	assert_int_equal(apply(config, patch), PATCH_E_UNCHANGED);
}

static void is_left(const char *config, const char *patch)
{
	assert_int_equal(apply(config, patch), PATCH_E_FULL);
}

static void test_changes(void **state)
{
	folds(CONFIG, CHANGE("a.json"));
	folds(CONFIG, CHANGE("c.json"));
	folds(CONFIG, CHANGE("d.json"));
	folds(CONFIG, CHANGE("e.json"));
	folds(CONFIG, CHANGE("new.json"));
	folds(CONFIG, CHANGE("\"\\x63.json\""));
	folds(CONFIG, "machine: {seccompProfiles: [{name: c.json, $patch: delete}]}");
	folds(CONFIG, "machine: {seccompProfiles: [{name: b.json, $patch: delete}, "
	              "{name: b.json, value: {defaultAction: SCMP_ACT_LOG}}]}");
	folds(CONFIG, CHANGE("a.json") "\n---\n" CHANGE("c.json") "\n---\n" CHANGE("new.json"));
	folds(CONFIG, "machine: {sysctls: {a: b}}");
	folds(CONFIG, "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: a\n");
}

static void test_nothing_to_do(void **state)
{
	changes_nothing(CONFIG, "");
	changes_nothing(CONFIG, "machine: {type: worker}");
	changes_nothing(CONFIG, "machine: {seccompProfiles: [{name: d.json, "
	                        "value: {defaultAction: SCMP_ACT_LOG}}]}");
	changes_nothing(CONFIG, "machine: {seccompProfiles: [{name: none, $patch: delete}]}");
}

static void test_texts(void **state)
{
	/* Without a line break at the end. */
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_append_string(&text, CONFIG);
	text.data[--text.n_data] = '\0';
	folds(text.data, CHANGE("b.json"));
	folds(text.data, CHANGE("e.json"));
	folds(text.data, CHANGE("new.json"));
	folds("# head\n---\n" CONFIG "  sysctls: {a: b}\n---\nkind: X\napiVersion: y\n",
	      CHANGE("c.json"));
	folds("cluster: {x: \xc3\xa4} # \xe2\x82\xac\n" CONFIG "# end \xc3\xa4\n",
	      CHANGE("c.json"));
	folds("{\"machine\":{\"seccompProfiles\":["
	      "{\"name\":\"a\",\"value\":{\"defaultAction\":\"SCMP_ACT_LOG\"}},"
	      "{\"name\":\"b\",\"value\":{\"defaultAction\":\"SCMP_ACT_LOG\"}},"
	      "{\"name\":\"c\",\"value\":{\"defaultAction\":\"SCMP_ACT_LOG\"}}]}}\n",
	      CHANGE("a"));
}

static void test_line_breaks(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	for (const char *c = CONFIG; *c; c++) {
		if (*c == '\n')
			buffer_append_char(&text, '\r');
		buffer_append_char(&text, *c);
	}
	folds(text.data, CHANGE("b.json"));
	folds(text.data, CHANGE("new.json"));
	/* The first one of the text is in a profile. */
	is_left("{machine: {seccompProfiles: [{name: a, value: {defaultAction: SCMP_ACT_LOG}},"
	        "{name: b, value: {defaultAction: SCMP_ACT_LOG}},"
	        "{name: c, value: {defaultAction:\r\nSCMP_ACT_LOG}}]}}\n",
	        CHANGE("a"));
}

/* What looks like a placeholder is none. */
static void test_placeholders(void **state)
{
	folds("# \"folded-0-0\"\n" CONFIG, CHANGE("c.json"));
	folds("cluster: {folded-0-0: \"folded-1-0\"}\n" CONFIG, CHANGE("c.json"));
	folds("cluster: {x: \"\\x66olded-0-0\"}\n" CONFIG, CHANGE("c.json"));
	folds(CONFIG, "machine: {sysctls: {a: \"x folded-0-0\"}}");
	is_left(CONFIG, "machine: {sysctls: {a: folded-0-0}}");
	is_left(CONFIG, "machine: {sysctls: {a: \"\\x66olded-0-0\"}}");
	is_left(CONFIG,
	        "machine: {seccompProfiles: [{value: \"\\x66olded-0-0\", $patch: delete}]}");
}

static void test_patches_that_are_left(void **state)
{
	is_left(CONFIG, "[{op: remove, path: /machine/seccompProfiles/4}]");
	is_left(CONFIG, "machine: {seccompProfiles: {$patch: delete}}");
	is_left(CONFIG, "machine: {$patch: delete}");
	is_left(CONFIG, "machine: {sysctls: &a {b: c}}");
	is_left(CONFIG, "machine: {sysctls: {b: !!str c}}");
	is_left(CONFIG, "machine: {sysctls: {<<: {b: c}}}");
	is_left(CONFIG, "machine: {sysctls: [");
	is_left(CONFIG, "machine: {type: [worker]}");
	is_left(CONFIG, CHANGE("../x"));
	is_left(CONFIG, "machine: {seccompProfiles: [{name: c.json, value: {defaultAction: X}}]}");
	/* All are named. */
	is_left(CONFIG, "machine: {env: {c.json: d.json, e.json: x}}");
}

static void test_configs_that_are_left(void **state)
{
	static const char converted[] = "\xef\xbb\xbf" CONFIG;

	is_left(HEAD ENTRY("a.json") ENTRY("b.json"), CHANGE("new.json"));
	is_left(HEAD, CHANGE("new.json"));
	is_left(converted, CHANGE("c.json"));
	/* A name that stands twice, or can be reached by an alias. */
	is_left(CONFIG ENTRY("e.json"), CHANGE("c.json"));
	is_left("machine:\n  seccompProfiles: &l\n" LIST "cluster: {x: *l}\n", CHANGE("c.json"));
	is_left("cluster:\n  x: &l\n" LIST "machine: {seccompProfiles: *l}\n",
	        "machine: {sysctls: {a: b}}");
	is_left(CONFIG "    - &x {name: x, value: {defaultAction: SCMP_ACT_LOG}}\n"
	               "    - {<<: *x, name: y}\n",
	        CHANGE("c.json"));
}

/* What stands first in the list tells the style of new entries, wherever its text stands. */
static void test_style_by_the_first_entries(void **state)
{
	static const char elsewhere[] = "cluster:\n"
					"  x: &x {name: x, value: {defaultAction: SCMP_ACT_LOG}}\n"
					"  y: &y {name: y, value: {defaultAction: SCMP_ACT_LOG}}\n"
					"machine:\n  seccompProfiles:\n"
					"    - name: a.json\n"
					"      value:\n"
					"            defaultAction: SCMP_ACT_LOG\n"
					"    - name: b.json\n"
					"      value:\n"
					"            defaultAction: SCMP_ACT_LOG\n"
					"    - name: c.json\n"
					"      value: {defaultAction: SCMP_ACT_LOG}\n"
					"    - *x\n"
					"    - *y\n";

	is_left("cluster: {x: &x {name: x, value: {defaultAction: SCMP_ACT_LOG}}}\n" CONFIG
	        "    - *x\n",
	        CHANGE("c.json"));
	folds(CONFIG "    - &x {name: x, value: {defaultAction: SCMP_ACT_LOG}}\n"
	             "cluster: {x: *x}\n",
	      CHANGE("c.json"));
	is_left(elsewhere, "machine:\n"
	                   "  seccompProfiles:\n"
	                   "    - name: new.json\n"
	                   "      value:\n"
	                   "        defaultAction: SCMP_ACT_ALLOW\n");
}

/* From UTF-16 to what stands on disk no span leads. */
static void test_converted_text(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_append(&text, "\xff\xfe", 2);
	for (const char *c = CONFIG; *c; c++)
		buffer_append(&text, (const char[]){ *c, 0 }, 2);
	assert_int_equal(apply_bytes(text.data, text.n_data, CHANGE("c.json")), PATCH_E_FULL);
}

/* An entry without a span is read as ever, also between others. */
static void test_profiles_without_a_span(void **state)
{
	folds(CONFIG "    - name: t\n      value: &v\n        defaultAction: SCMP_ACT_LOG\n" ENTRY(
		      "u.json") ENTRY("v.json"),
	      CHANGE("c.json"));
	folds(CONFIG "    - name: t\n      value:\n        defaultAction: |-\n"
	             "          SCMP_ACT_LOG\n" ENTRY("u.json"),
	      CHANGE("c.json"));
}

/* The config after the patch, with the warnings of folding it. */
static struct machine_config *fold(const struct snapshot *before, const char *text,
                                   struct diag *diag)
{
	_cleanup_(patch_freep) struct patch *patch = NULL;
	struct machine_config *after = NULL;

	assert_int_equal(patch_read(text, strlen(text), NULL, &options_strict, &patch, NULL), 0);
	assert_int_equal(patch_fold(patch, before, "m", &after, diag), 0);
	return after;
}

/* What the patch touches was told of when it was read. */
static void test_warnings(void **state)
{
	static const char config[] = CONFIG "    - {name: n, value: "
					    "{defaultAction: SCMP_ACT_LOG, foreign: 1}}\n";
	struct snapshot *before = both_ways_snapshot(config, strlen(config), &options_strict);
	_cleanup_(machine_config_freep) struct machine_config *after = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	folds(config, CHANGE("a.json"));
	folds(config, "machine: {seccompProfiles: [{name: e.json, value: "
	              "{defaultAction: SCMP_ACT_LOG, foreign: 1}}]}");
	after = fold(before, CHANGE("a.json"), &diag);
	assert_int_equal(diag.n_warnings, 0);
	machine_config_free(after);
	after = fold(before,
	             "machine: {seccompProfiles: [{name: e.json, value: "
	             "{defaultAction: SCMP_ACT_LOG, foreign: 1}}]}",
	             &diag);
	assert_int_equal(diag.n_warnings, 0);
	snapshot_unref(before);
}

/* What is not named is neither read nor rendered. */
static void test_kept_profiles(void **state)
{
	struct snapshot *before = both_ways_snapshot(CONFIG, strlen(CONFIG), &options_strict);
	_cleanup_(machine_config_freep) struct machine_config *after = fold(before,
	                                                                    CHANGE("c.json"), NULL);

	assert_int_equal(after->n_profiles, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct config_profile *profile = &after->profiles[i];
		bool is_changed = strcmp(profile->name, "c.json") == 0;

		assert_ptr_equal(profile->kept, is_changed ? NULL : before->profiles[i]);
		assert_int_equal(profile->bytes != NULL, is_changed);
	}
	/* They do not need what they come from. */
	snapshot_unref(before);
	assert_string_equal(after->profiles[4].kept->name, "e.json");
}

#define N_RANDOM     3000
#define N_FOLDED_MIN 300

static void test_random(void **state)
{
	struct random random = { 4 };
	size_t n_folded = 0, n_skipped = 0;

	for (size_t i = 0; i < N_RANDOM; i++) {
		_cleanup_(buffer_deinit) struct buffer config = BUFFER_INIT, patch = BUFFER_INIT;
		const struct profile_options *options = i % 2 ? &options_off_compiled
		                                              : &options_off;
		uint8_t bytes[256];
		struct choices choices = { bytes, sizeof(bytes) };
		struct snapshot *before;
		int r;

		for (size_t j = 0; j < sizeof(bytes); j++)
			bytes[j] = (uint8_t)random_below(&random, 256);
		fold_make_patch(&choices, &patch);
		fold_make_config(&choices, &config);
		before = both_ways_snapshot(config.data, config.n_data, options);
		if (!before)
			continue;
		r = both_ways_apply(before, patch.data, patch.n_data, options);
		n_folded += r == 0;
		n_skipped += r == PATCH_E_UNCHANGED;
		snapshot_unref(before);
	}
	print_message("# %zu folded, %zu skipped of %d\n", n_folded, n_skipped, N_RANDOM);
	assert_true(n_folded >= N_FOLDED_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_nothing_to_do),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_line_breaks),
		cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_patches_that_are_left),
		cmocka_unit_test(test_configs_that_are_left),
		cmocka_unit_test(test_style_by_the_first_entries),
		cmocka_unit_test(test_converted_text),
		cmocka_unit_test(test_profiles_without_a_span),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_kept_profiles),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
