/* SPDX-License-Identifier: Apache-2.0 */

#include "model/patch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../fuzz/profile_modes.h"
#include "patch_internal.h"

static struct machine_config *parse(const char *text)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct machine_config *config = NULL;
	int r = machine_config_parse("machine.yaml", text, strlen(text), &options_strict, &config,
	                             &diag);

	if (r)
		diag_print(&diag, stderr, "# ");
	assert_int_equal(r, 0);
	return config;
}

/* The text of config after patch; both as they are on disk. */
static void gives(const char *config, const char *patch, const char *expected)
{
	_cleanup_(machine_config_freep) struct machine_config *before = parse(config);
	_cleanup_(machine_config_freep) struct machine_config *after = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = patch_apply_bytes(before, patch, strlen(patch), &options_strict, &after, &diag);

	if (r || diag.n_entries)
		diag_print(&diag, stderr, "# ");
	assert_int_equal(r, 0);
	assert_int_equal(diag.n_entries, 0);
	assert_string_equal(after->stream->source->text, expected);
	assert_int_equal(after->stream->source->n_text, strlen(expected));
	assert_string_equal(after->stream->source->name, "machine.yaml");
	/* The config that was patched is as it was. */
	assert_string_equal(before->stream->source->text, config);
}

/* Nothing changes, and n_warnings say why. */
static void changes_nothing(const char *config, const char *patch, size_t n_warnings)
{
	_cleanup_(machine_config_freep) struct machine_config *before = parse(config);
	_cleanup_(machine_config_freep) struct machine_config *after = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = patch_apply_bytes(before, patch, strlen(patch), &options_strict, &after, &diag);

	if (r != PATCH_E_UNCHANGED)
		diag_print(&diag, stderr, "# ");
	assert_int_equal(r, PATCH_E_UNCHANGED);
	assert_null(after);
	assert_int_equal(diag.n_errors, 0);
	assert_int_equal(diag.n_warnings, n_warnings);
}

/* Error number i, as "LINE:COLUMN PATH" in the patch, and a part of its message. */
static void assert_error(const struct diag *diag, size_t i, const char *where, const char *part)
{
	_cleanup_(buffer_deinit) struct buffer found = BUFFER_INIT;
	const struct diag_entry *entry;

	assert_true(i < diag->n_entries);
	entry = &diag->entries[i];
	assert_non_null(entry->source);
	assert_string_equal(entry->source, "patch");
	buffer_printf(&found, "%u:%u %s", entry->line, entry->column,
	              entry->path ? entry->path : "");
	assert_string_equal(found.data, where);
	if (!strstr(entry->message, part))
		print_error("# \"%s\" is not in \"%s\"\n", part, entry->message);
	assert_non_null(strstr(entry->message, part));
}

static void refuse(const char *config, const char *patch, const struct profile_options *options,
                   struct diag *diag)
{
	_cleanup_(machine_config_freep) struct machine_config *before = parse(config);
	_cleanup_(machine_config_freep) struct machine_config *after = NULL;

	assert_int_equal(patch_apply_bytes(before, patch, strlen(patch), options, &after, diag),
	                 PATCH_E_INVALID);
	assert_null(after);
	assert_true(diag->n_errors > 0);
}

/* One error. */
static void refuses(const char *config, const char *patch, const char *where, const char *part)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	refuse(config, patch, &options_strict, &diag);
	if (diag.n_errors != 1)
		diag_print(&diag, stderr, "# ");
	assert_int_equal(diag.n_errors, 1);
	assert_error(&diag, 0, where, part);
}

/* Everything that can stand around profiles in a file that people write. */
#define HEAD                                               \
	"# node 7, do not copy\n"                          \
	"version: v1alpha1   # Talos 1.9\n"                \
	"debug: false\n"                                   \
	"\n"                                               \
	"machine:\n"                                       \
	"  type: worker\n"                                 \
	"  certSANs: [ 10.0.0.1,\n"                        \
	"              'node-7' ]\n"                       \
	"  # what runs here\n"                             \
	"  seccompProfiles:\n"                             \
	"  # audit first\n"                                \
	"  - name: audit.json  # logs all\n"               \
	"    value:\n"                                     \
	"      defaultAction: SCMP_ACT_LOG   # only log\n" \
	"\n"
#define DENY                                           \
	"  # no mkdir\n"                               \
	"  - name: \"deny.json\"\n"                    \
	"    value: {defaultAction: SCMP_ACT_ALLOW,\n" \
	"            syscalls: [{names: [mkdir], action: SCMP_ACT_ERRNO}]}\n"
#define TAIL                                               \
	"  # after the list\n"                             \
	"  sysctls:\n"                                     \
	"     net.ipv4.ip_forward: '1'     # odd indent\n" \
	"cluster: {}\n"                                    \
	"---\n"                                            \
	"# another document\n"                             \
	"apiVersion: v1alpha1\n"                           \
	"kind: HostnameConfig\n"                           \
	"hostname: node-7\n"                               \
	"# the end\n"
#define CONFIG HEAD DENY TAIL

#define NEW                      \
	"machine:\n"             \
	"  seccompProfiles:\n"   \
	"    - name: new.json\n" \
	"      value:\n"         \
	"        defaultAction: SCMP_ACT_KILL\n"

static void test_add_keeps_every_byte(void **state)
{
	const char *expected = HEAD DENY "  - name: new.json\n"
					 "    value:\n"
					 "      defaultAction: SCMP_ACT_KILL\n" TAIL;

	gives(CONFIG, NEW, expected);
	gives(CONFIG,
	      "- op: add\n"
	      "  path: /machine/seccompProfiles/-\n"
	      "  value:\n"
	      "    name: new.json\n"
	      "    value:\n"
	      "      defaultAction: SCMP_ACT_KILL\n",
	      expected);
}

static void test_replace_keeps_every_byte(void **state)
{
	gives(CONFIG,
	      "machine:\n"
	      "  seccompProfiles:\n"
	      "    - name: audit.json\n"
	      "      value: {defaultAction: SCMP_ACT_TRAP}\n",
	      "# node 7, do not copy\n"
	      "version: v1alpha1   # Talos 1.9\n"
	      "debug: false\n"
	      "\n"
	      "machine:\n"
	      "  type: worker\n"
	      "  certSANs: [ 10.0.0.1,\n"
	      "              'node-7' ]\n"
	      "  # what runs here\n"
	      "  seccompProfiles:\n"
	      "  # audit first\n"
	      "  - name: audit.json  # logs all\n"
	      "    value:\n"
	      "      defaultAction: SCMP_ACT_TRAP   # only log\n"
	      "\n" DENY TAIL);
	gives(CONFIG,
	      "- {op: replace, path: /machine/seccompProfiles/1/value/syscalls/0/action, value: "
	      "SCMP_ACT_KILL}",
	      HEAD "  # no mkdir\n"
	           "  - name: \"deny.json\"\n"
	           "    value: {defaultAction: SCMP_ACT_ALLOW,\n"
	           "            syscalls: [{names: [mkdir], action: SCMP_ACT_KILL}]}\n" TAIL);
}

static void test_delete_keeps_every_byte(void **state)
{
	const char *patch = "machine: {seccompProfiles: [{name: deny.json, $patch: delete}]}";

	gives(CONFIG, patch, HEAD TAIL);
	gives(CONFIG, "[{op: remove, path: /machine/seccompProfiles/1}]", HEAD TAIL);
	gives(CONFIG, "{apiVersion: v1alpha1, kind: HostnameConfig, hostname: node-8}",
	      HEAD DENY "  # after the list\n"
	                "  sysctls:\n"
	                "     net.ipv4.ip_forward: '1'     # odd indent\n"
	                "cluster: {}\n"
	                "---\n"
	                "# another document\n"
	                "apiVersion: v1alpha1\n"
	                "kind: HostnameConfig\n"
	                "hostname: node-8\n"
	                "# the end\n");
}

static void test_crlf(void **state)
{
	gives("machine:\r\n  type: worker\r\n", NEW,
	      "machine:\r\n"
	      "  type: worker\r\n"
	      "  seccompProfiles:\r\n"
	      "    - name: new.json\r\n"
	      "      value:\r\n"
	      "        defaultAction: SCMP_ACT_KILL\r\n");
}

#define ONE                        \
	"machine:\n"               \
	"  seccompProfiles:\n"     \
	"    - name: audit.json\n" \
	"      value:\n"           \
	"        defaultAction: SCMP_ACT_LOG\n"

static void test_unchanged(void **state)
{
	changes_nothing(ONE, ONE, 0);
	/* Said in other words. */
	changes_nothing(ONE,
	                "{\"machine\": {\"seccompProfiles\": [{\"value\": {\"defaultAction\": "
	                "\"SCMP_ACT_LOG\"}, \"name\": \"audit.json\"}]}}",
	                0);
	changes_nothing(ONE, "machine:\n", 0);
	changes_nothing(ONE, "machine: {seccompProfiles: []}", 0);
	changes_nothing(ONE,
	                "- {op: test, path: /machine/seccompProfiles/0/name, value: audit.json}",
	                0);
	changes_nothing(
		ONE, "- {op: add, path: /machine/x, value: 1}\n- {op: remove, path: /machine/x}\n",
		0);
	/* D10 */
	changes_nothing(ONE, "", 0);
	changes_nothing(ONE, "  \n# nothing\n", 0);
	changes_nothing(ONE, "---\n", 0);
	changes_nothing(ONE, "null", 0);
	changes_nothing(ONE, "[]", 0);
	/* D6 */
	changes_nothing(ONE, "machine: {seccompProfiles: [{name: b.json, $patch: delete}]}", 1);
	changes_nothing(ONE, "{apiVersion: v1alpha1, kind: HostnameConfig, $patch: delete}", 1);
}

static void test_profiles_of_the_result(void **state)
{
	_cleanup_(machine_config_freep) struct machine_config *before = parse(CONFIG);
	_cleanup_(machine_config_freep) struct machine_config *after = NULL;

	assert_int_equal(patch_apply_bytes(before, NEW, strlen(NEW), &options_strict, &after, NULL),
	                 0);
	assert_int_equal(after->n_profiles, 3);
	assert_string_equal(after->profiles[2].name, "new.json");
	assert_string_equal(after->profiles[2].bytes, "{\"defaultAction\":\"SCMP_ACT_KILL\"}");
	assert_string_equal(after->profiles[0].bytes, "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
}

static void test_utf16(void **state)
{
	static const char patch[] = "\xff\xfe{\0d\0e\0b\0u\0g\0:\0 \0t\0r\0u\0e\0}\0";
	_cleanup_(machine_config_freep) struct machine_config *before = parse(ONE);
	_cleanup_(machine_config_freep) struct machine_config *after = NULL;

	assert_int_equal(patch_apply_bytes(before, patch, sizeof(patch) - 1, &options_strict,
	                                   &after, NULL),
	                 0);
	assert_string_equal(after->stream->source->text, ONE "debug: true\n");
}

static void test_anchor_in_the_way(void **state)
{
	const char *config = "machine:\n"
			     "  seccompProfiles:\n"
			     "    - name: a.json\n"
			     "      value: &v {defaultAction: SCMP_ACT_LOG}\n"
			     "    - name: b.json\n"
			     "      value: *v\n";
	_cleanup_(machine_config_freep) struct machine_config *before = parse(config);
	_cleanup_(machine_config_freep) struct machine_config *after = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const char *patch = "machine: {seccompProfiles: [{name: a.json, value: {defaultAction: "
			    "SCMP_ACT_TRAP}}]}";

	/* Only what the patch names changes, whoever shares it. */
	assert_int_equal(patch_apply_bytes(before, patch, strlen(patch), &options_strict, &after,
	                                   &diag),
	                 0);
	assert_string_equal(after->profiles[0].bytes, "{\"defaultAction\":\"SCMP_ACT_TRAP\"}");
	assert_string_equal(after->profiles[1].bytes, "{\"defaultAction\":\"SCMP_ACT_LOG\"}");
}

static void test_places_of_errors(void **state)
{
	refuses(ONE,
	        "machine:\n"
	        "  seccompProfiles:\n"
	        "    - name: audit.json\n"
	        "      $patch: delete\n"
	        "    - name: b.json\n"
	        "      value:\n"
	        "        defaultAction: SCMP_ACT_LOG\n"
	        "        syscalls:\n"
	        "          - names: [read]\n"
	        "            action: SCMP_ACT_ALOW\n",
	        "10:21 machine.seccompProfiles[1].value.syscalls[0].action", "SCMP_ACT_ALLOW");
	refuses(ONE,
	        "machine: {seccompProfiles: [{name: a/b, value: {defaultAction: SCMP_ACT_LOG}}]}",
	        "1:36 machine.seccompProfiles[0].name", "a/b");
	refuses(ONE, "machine: {seccompProfiles: [{name: a.json}]}",
	        "1:29 machine.seccompProfiles[0].value", "value");
	refuses(ONE, "machine: {seccompProfiles: [{name: a.json, value: {}}]}",
	        "1:51 machine.seccompProfiles[0].value", "");
	refuses(ONE, "machine: {seccompProfiles: [{value: {defaultAction: SCMP_ACT_LOG}}]}",
	        "1:29 machine.seccompProfiles[0]", "name");
	refuses(ONE, "machine: {seccompProfiles: [null]}", "1:29 machine.seccompProfiles[0]", "");
	refuses(ONE, "machine: {seccompProfile: []}", "1:11 machine", "seccompProfiles");
	refuses(ONE, "machine: {seccompProfile: {$patch: delete}}", "1:11 machine",
	        "seccompProfiles");
	refuses(ONE, "machin: {}", "1:1 ", "machine");
	refuses(ONE,
	        "machine: {seccompProfiles: [{name: a, value: {defaultAction: SCMP_ACT_LOG}, "
	        "valeu: {}}]}",
	        "1:77 machine.seccompProfiles[0]", "value");
	refuses(ONE, "machine: {type: [a}\n", "1:19 ", "");
	refuses(ONE, "machine: 7", "1:10 machine", "mapping");
}

static void test_places_of_errors_of_json_patches(void **state)
{
	/* What the patch brought. */
	refuses(ONE,
	        "- {op: test, path: /machine/seccompProfiles/0/name, value: audit.json}\n"
	        "- {op: replace, path: /machine/seccompProfiles/0/value/defaultAction, value: NO}\n",
	        "2:78 machine.seccompProfiles[0].value.defaultAction", "NO");
	/* What it took away, or moved: the operation. */
	refuses(ONE,
	        "- {op: add, path: /machine/type, value: worker}\n"
	        "- {op: remove, path: /machine/seccompProfiles/0/value}\n"
	        "- {op: test, path: /machine/seccompProfiles/0, value: {name: audit.json}}\n"
	        "- {op: replace, path: /machine/type, value: x}\n",
	        "2:3 machine.seccompProfiles[0].value", "value");
	refuses(ONE,
	        "- {op: add, path: /machine/type, value: worker}\n"
	        "- {op: copy, from: /machine/seccompProfiles/0/value, path: "
	        "/machine/seccompProfiles/0/name}\n",
	        "2:3 machine.seccompProfiles[0].name", "string");
	refuses(ONE, "- {op: move, from: /machine, path: /machin}\n", "1:3 ", "machine");
	refuses(ONE, "- {op: replace, path: \"\", value: 7}\n", "1:34 ", "mapping");
	refuses(ONE, "- {op: add, path: /kind, value: X}\n", "1:3 ", "kind");
	refuses(ONE, "- {op: add, path: /machine/seccompProfiles/-, value: null}\n",
	        "1:54 machine.seccompProfiles[1]", "");
	refuses(ONE, "- {op: remove, path: /machine/nothing}\n", "1:3 [0]", "nothing");
}

static void test_all_errors(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	refuse(ONE,
	       "machine:\n"
	       "  seccompProfiles:\n"
	       "    - name: .hidden\n"
	       "      value: {defaultAction: X, syscalls: [{names: [], action: SCMP_ACT_LOG}]}\n"
	       "    - name: b.json\n"
	       "debgu: true\n"
	       "---\n"
	       "apiVersion: v1alpha1\n"
	       "kind: SeccompProfile\n"
	       "name: a.json\n",
	       &options_strict, &diag);
	assert_int_equal(diag.n_errors, 6);
	for (size_t i = 0; i < diag.n_entries; i++)
		assert_string_equal(diag.entries[i].source, "patch");
}

static void test_validate_off(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(machine_config_freep) struct machine_config *before = parse(ONE);
	_cleanup_(machine_config_freep) struct machine_config *after = NULL;
	const char *patch = "machine: {seccompProfiles: [{name: a.json, value: {x: 1}}]}";

	assert_int_equal(patch_apply_bytes(before, patch, strlen(patch), &options_off, &after,
	                                   NULL),
	                 0);
	assert_string_equal(after->profiles[0].bytes, "{\"x\":1}");
	/* D2 and D3 hold with any mode. */
	refuse(ONE, "machine: {seccompProfiles: [{name: a.json, value: {}}]}", &options_off, &diag);
	refuse(ONE, "machine: {seccompProfiles: [{name: .a, value: {x: 1}}]}", &options_off, &diag);
	refuse(ONE, "machine: {seccompProfiles: [{name: a, value: {x: .inf}}]}", &options_off,
	       &diag);
	assert_int_equal(diag.n_errors, 3);
	assert_error(&diag, 2, "1:50 machine.seccompProfiles[0].value.x", "");
}

static void test_kinds_of_patch(void **state)
{
	refuses(ONE, "hello world", "1:1 ", "found a string");
	refuses(ONE, "[a, b]", "1:1 ", "found a sequence");
	refuses(ONE, "[{op: add}, 7]", "1:1 ", "found a sequence");
	refuses(ONE, "{}", "1:1 ", "nothing to merge");
	refuses(ONE, "version: v1alpha1", "1:1 ", "nothing to merge");
	refuses(ONE, "- {op: remove, path: /machine}\n---\nmachine: {}\n", "1:1 ", "only document");
	refuses(ONE, "machine: {}\n---\n- {op: remove, path: /machine}\n", "1:1 ", "only document");
	refuses(ONE, "- {op: remove, path: /machine}\n---\n- {op: remove, path: /machine}\n",
	        "1:1 ", "only document");
	refuses(ONE, "{op: remove, debug: true}", "1:2 ", "op");
	refuses(ONE, "apiVersion: v1alpha1\nkind: SeccompProfile\nname: a\nvalue: {}\n", "2:7 kind",
	        "machine.seccompProfiles");
	/* Empty documents around a JSON patch do no harm. */
	gives(ONE, "---\n---\n- {op: add, path: /debug, value: true}\n---\n", ONE "debug: true\n");
}

static void test_config_without_machine(void **state)
{
	gives("apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\n", NEW,
	      "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\n---\n"
	      "machine:\n"
	      "    seccompProfiles:\n"
	      "        - name: new.json\n"
	      "          value:\n"
	      "            defaultAction: SCMP_ACT_KILL\n");
	/* A document can become the one of machine. */
	refuses("apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\n",
	        "- {op: replace, path: \"\", value: {machine: {seccompProfiles: [{name: a}]}}}\n",
	        "1:63 machine.seccompProfiles[0].value", "missing");
}

static void test_hopeless(void **state)
{
	struct stream *read = NULL;
	static const struct {
		const char *text;
		bool hopeless;
	} cases[] = {
		{ "", false },
		{ "machine", false },
		{ "machine: {", false },
		{ "machine: {\n", false },
		{ "machine:\n  - [a, b\n", false },
		{ "a: \"x\n", false },
		{ "a: |\n  x\n", false },
		{ "machine:\n\ttype: x", false }, /* the line has not ended */
		{ "machine:\n\ttype: x\n", true },
		{ "machine: }\n", true },
		{ "machine: }\nmore: [\n", true },
		{ "a: 1\na: 2\n", true },
		{ "a: 1\na: 2", false },
		{ "a: *x\nb: 1\n", true },
		{ "a: \xff\n", true },
		{ "a: \xc3", false }, /* half a character */
		{ "a: 1\nb: \xc3", false },
		{ "machin: 1\n", false }, /* the keys are not looked at yet */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		bool hopeless = patch_is_hopeless(cases[i].text, strlen(cases[i].text), &read,
		                                  &diag);

		if (hopeless != cases[i].hopeless)
			print_error("# case %zu: %s\n", i, cases[i].text);
		assert_int_equal(hopeless, cases[i].hopeless);
		assert_int_equal(diag.n_errors > 0, hopeless);
		if (hopeless)
			assert_string_equal(diag.entries[0].source, "patch");
		assert_true(!hopeless || !read);
		stream_free(steal_ptr(read));
	}
	assert_false(patch_is_hopeless("\xff\xfe{\0\n\0}", 7, &read, NULL));
	assert_null(read);
}

/* What was read while it was written is not read again, if it is all of the patch. */
static void test_a_patch_that_was_read(void **state)
{
	static const char text[] = "machine: {type: worker}\n";
	_cleanup_(stream_freep) struct stream *read = NULL;
	_cleanup_(patch_freep) struct patch *patch = NULL, *longer = NULL;
	const struct stream *first;

	(void)state;
	assert_false(patch_is_hopeless(text, sizeof(text) - 1, &read, NULL));
	first = read;
	assert_non_null(first);
	assert_int_equal(patch_read("machine: {type: control}\n", 25, &read, &options_off, &longer,
	                            NULL),
	                 0);
	assert_ptr_equal(read, first);
	assert_int_equal(patch_read(text, sizeof(text) - 1, &read, &options_off, &patch, NULL), 0);
	assert_null(read);
	assert_ptr_equal(patch->stream, first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_keeps_every_byte),
		cmocka_unit_test(test_replace_keeps_every_byte),
		cmocka_unit_test(test_delete_keeps_every_byte),
		cmocka_unit_test(test_crlf),
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_profiles_of_the_result),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_anchor_in_the_way),
		cmocka_unit_test(test_places_of_errors),
		cmocka_unit_test(test_places_of_errors_of_json_patches),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_validate_off),
		cmocka_unit_test(test_kinds_of_patch),
		cmocka_unit_test(test_config_without_machine),
		cmocka_unit_test(test_hopeless),
		cmocka_unit_test(test_a_patch_that_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
