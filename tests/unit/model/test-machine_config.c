/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "document/canonical_json.h"
#include "model/machine_config.h"

#include "../../fuzz/profile_modes.h"

static void append_messages(const struct diag *diag, struct buffer *out)
{
	for (size_t i = 0; i < diag->n_entries; i++) {
		if (i)
			buffer_append_char(out, '\n');
		if (diag->entries[i].severity == DIAG_WARNING)
			buffer_append_string(out, "warning: ");
		diag_entry_format(&diag->entries[i], out);
	}
}

/* What the span covers gives the bytes. */
static void check_span(const struct machine_config *config, const struct config_profile *profile)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;

	assert_int_equal(yaml_read_span("m", config->stream->source->text, &profile->span, &stream,
	                                NULL),
	                 0);
	assert_int_equal(canonical_json_write(stream->documents[0].root, NULL, &bytes, NULL), 0);
	assert_int_equal(bytes.n_data, profile->n_bytes);
	assert_memory_equal(bytes.data, profile->bytes, profile->n_bytes);
}

/* Name and bytes of each profile on a line. */
static void append_profiles(const struct machine_config *config, struct buffer *out)
{
	for (size_t i = 0; i < config->n_profiles; i++) {
		const struct config_profile *profile = &config->profiles[i];

		assert_int_equal(strlen(profile->bytes), profile->n_bytes);
		if (profile->span.n)
			check_span(config, profile);
		buffer_printf(out, "%s%s %s", i ? "\n" : "", profile->name, profile->bytes);
	}
}

struct config_case {
	const char *text;
	const char *profiles; /* "NAME BYTES" lines; NULL: refused */
	const char *messages; /* NULL: none */
};

static const char *text_of(const struct buffer *buffer)
{
	return buffer->data ? buffer->data : "";
}

static struct machine_config *check_case(const struct config_case *one,
                                         const struct profile_options *options)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer profiles = BUFFER_INIT;
	struct machine_config *config = NULL;
	int r = machine_config_parse("m", one->text, strlen(one->text), options, &config, &diag);

	append_messages(&diag, &messages);
	if (r != (one->profiles ? 0 : MACHINE_CONFIG_E_INVALID) ||
	    strcmp(text_of(&messages), one->messages ? one->messages : "") != 0)
		fail_msg("%s\ngave %d:\n%s\nexpected:\n%s", one->text, r, text_of(&messages),
		         one->messages ? one->messages : "");
	assert_int_equal(r > 0, diag.n_errors > 0);
	assert_int_equal(config != NULL, r == 0);
	if (!config)
		return NULL;
	append_profiles(config, &profiles);
	assert_string_equal(text_of(&profiles), one->profiles);
	return config;
}

/* Profiles whose bytes are not kept have those that the others have, by their digests. */
static void check_same(const struct machine_config *config, const struct machine_config *other,
                       bool keeps_bytes)
{
	assert_int_equal(other->n_profiles, config->n_profiles);
	for (size_t i = 0; i < config->n_profiles; i++) {
		const struct config_profile *a = &config->profiles[i], *b = &other->profiles[i];
		uint8_t digest[DIGEST_SIZE];

		digest_compute(a->bytes, a->n_bytes, digest);
		assert_memory_equal(a->digest, digest, DIGEST_SIZE);
		assert_memory_equal(b->digest, digest, DIGEST_SIZE);
		assert_string_equal(b->name, a->name);
		assert_int_equal(b->index, a->index);
		assert_int_equal(b->n_bytes, a->n_bytes);
		assert_memory_equal(&b->span, &a->span, sizeof(a->span));
		assert_true(b->bytes || (a->span.n && !keeps_bytes));
		if (b->bytes)
			assert_string_equal(b->bytes, a->bytes);
	}
}

/* Both ways of reading a config give the same. */
static void check_cases(const struct config_case *cases, size_t n_cases,
                        const struct profile_options *options)
{
	for (size_t i = 0; i < n_cases; i++) {
		const struct config_case *one = &cases[i];
		_cleanup_(machine_config_freep) struct machine_config *config = check_case(one,
		                                                                           options);
		_cleanup_(machine_config_freep) struct machine_config *other = NULL;
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		_cleanup_(buffer_deinit) struct buffer messages = BUFFER_INIT;
		int r = machine_config_parse_profiles("m", one->text, strlen(one->text), i % 2,
		                                      options, NULL, &other, &diag);

		append_messages(&diag, &messages);
		assert_string_equal(text_of(&messages), one->messages ? one->messages : "");
		assert_int_equal(r, config ? 0 : MACHINE_CONFIG_E_INVALID);
		if (config)
			check_same(config, other, i % 2);
	}
}

#define CHECK_CASES(cases, options) check_cases(cases, ARRAY_SIZE(cases), options)

#define LOG_BYTES   "{\"defaultAction\":\"SCMP_ACT_LOG\"}"
#define LOG_VALUE   "value: {defaultAction: SCMP_ACT_LOG}"
#define LIST(items) "machine: {seccompProfiles: [" items "]}"

static void test_profiles(void **state)
{
	static const struct config_case cases[] = {
		{ "version: v1alpha1\n"
		  "machine:\n"
		  "  type: worker\n"
		  "  seccompProfiles:\n"
		  "    - name: b.json\n"
		  "      value:\n"
		  "        defaultAction: SCMP_ACT_LOG\n"
		  "    - value: {defaultAction: SCMP_ACT_KILL}\n"
		  "      name: a.json\n"
		  "cluster: {}\n",
		  "a.json {\"defaultAction\":\"SCMP_ACT_KILL\"}\nb.json " LOG_BYTES },
		/* Names that are no strings keep their text; order is bytewise. */
		{ LIST("{name: 0x10, " LOG_VALUE "}, {name: true, " LOG_VALUE
		       "}, {name: 1.50, " LOG_VALUE "}, {name: !!binary YS5qc29u, " LOG_VALUE
		       "}, {name: Z, " LOG_VALUE "}"),
		  "0x10 " LOG_BYTES "\n1.50 " LOG_BYTES "\nZ " LOG_BYTES "\na.json " LOG_BYTES
		  "\ntrue " LOG_BYTES },
		/* Anchors, aliases and merge keys at every level. */
		{ "machine:\n"
		  "  <<: {type: worker}\n"
		  "  seccompProfiles:\n"
		  "    - &a {name: &n a.json, " LOG_VALUE "}\n"
		  "    - {<<: *a, name: b.json}\n"
		  "    - {name: *n, value: &v {defaultAction: SCMP_ACT_TRAP}}\n"
		  "    - {name: c.json, value: *v}\n",
		  "a.json {\"defaultAction\":\"SCMP_ACT_TRAP\"}\nb.json " LOG_BYTES
		  "\nc.json {\"defaultAction\":\"SCMP_ACT_TRAP\"}",
		  "warning: m:4:20: machine.seccompProfiles[0].name: duplicate name \"a.json\": entry 2 of "
		  "the list replaces it" },
		/* What is not ours is kept and has no effect. */
		{ "---\n" LIST("{name: a, " LOG_VALUE "}") "\n---\napiVersion: v1alpha1\nkind: "
		                                           "HostnameConfig\nmachine: 5\n---\n",
		  "a " LOG_BYTES },
		{ "machine: {seccomp: [x], profiles: 1, sysctls: {a: b}, nope: []}\ncluster: 5\n"
		  "debug: maybe\npersist: ~\n",
		  "" },
	};

	CHECK_CASES(cases, &options_strict);
}

/* Entries are read before it is known what comes behind them. */
static void test_what_stands_behind_the_list(void **state)
{
	static const struct config_case cases[] = {
		/* The list of what turns out to be no machine config. */
		{ LIST("{name: a, " LOG_VALUE "}") "\nkind: Other\napiVersion: v1\n", "",
		  "warning: m: no document with machine: there are no profiles" },
		{ LIST("{name: a, " LOG_VALUE
		       "}") "\nkind: Other\napiVersion: v1\n---\nmachine: {}\n",
		  "" },
		{ LIST("{name: a, " LOG_VALUE
		       "}") "\nkind: Other\napiVersion: v1\n---\n" LIST("{name: b, " LOG_VALUE "}"),
		  "b " LOG_BYTES },
		{ LIST("{name: a}, {name: b, value: {x: 1}}") "\nkind: Other\napiVersion: v1\n", "",
		  "warning: m: no document with machine: there are no profiles" },
		{ LIST("{name: a, value: {x: 1}}") "\nkind: Other\napiVersion: v1\n---\n" LIST(
			  "{name: b, " LOG_VALUE "}"),
		  "b " LOG_BYTES },
		{ LIST("{name: b, " LOG_VALUE "}") "\n---\n" LIST(
			  "{name: a, value: {x: 1}}") "\nkind: Other\napiVersion: v1\n",
		  "b " LOG_BYTES },
		{ LIST("{name: a, " LOG_VALUE "}") "\n---\n" LIST("{name: b, " LOG_VALUE "}"), NULL,
		  "m:3:1: a second v1alpha1 document, the first is at line 1: allowed is one" },
		/* What an entry would be warned of is not said when there is a syntax error. */
		{ LIST("{name: a, value: {defaultAction: SCMP_ACT_LOG, x: 1}}") "\ncluster: ]\n",
		  NULL, "m:2:10: a value is missing (while parsing a block node)" },
		{ LIST("{name: a, value: {defaultAction: SCMP_ACT_LOG, x: 1}}") "\nclustr: 1\n",
		  NULL,
		  "m:2:1: unknown key \"clustr\": did you mean cluster?\nwarning: m:1:76: "
		  "machine.seccompProfiles[0].value: unknown key \"x\": runtimes ignore it" },
	};

	CHECK_CASES(cases, &options_strict);
}

/* Lists that are not read entry by entry, and entries that others refer to. */
static void test_lists_elsewhere(void **state)
{
	static const struct config_case cases[] = {
		{ "cluster: &m {seccompProfiles: [{name: a, " LOG_VALUE "}]}\nmachine: *m\n",
		  "a " LOG_BYTES },
		{ "cluster: &l [{name: a, " LOG_VALUE "}]\nmachine: {seccompProfiles: *l}\n",
		  "a " LOG_BYTES },
		{ "cluster: &m {seccompProfiles: [{name: a, " LOG_VALUE "}]}\nmachine: {<<: *m}\n",
		  "a " LOG_BYTES },
		{ "machine: {seccompProfiles: &l [{name: a, " LOG_VALUE "}]}\ncluster: *l\n",
		  "a " LOG_BYTES },
		{ "machine: {seccompProfiles: [{name: a, value: &v {x: &x !!str 1}}, {name: !!str b, "
		  "value: {y: *x}}, {name: !!str c, value: {<<: *v, z: !!str 2}}]}\ncluster: [*v, *x]\n",
		  "a {\"x\":\"1\"}\nb {\"y\":\"1\"}\nc {\"x\":\"1\",\"z\":\"2\"}" },
		{ "machine: {other: {seccompProfiles: [x]}, seccompProfiles: [{name: a, value: "
		  "{machine: {seccompProfiles: [x]}}}]}\n",
		  "a {\"machine\":{\"seccompProfiles\":[\"x\"]}}" },
		{ "machine: {seccompProfiles: []}\n", "" },
		{ "machine: {seccompProfiles: [*x]}\n", NULL,
		  "m:1:29: there is no anchor &x before this alias" },
		{ "x: &x {name: a, value: {x: 1}}\n", NULL,
		  "m:1:1: unknown key \"x\": allowed are version, debug, persist, machine, cluster" },
	};

	CHECK_CASES(cases, &options_off);
}

/* As many warnings as are given at all, some of them before the config's. */
static void test_many_warnings(void **state)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	buffer_append_string(&text, "machine:\n  seccompProfiles:\n");
	for (int i = 0; i < 150; i++)
		buffer_printf(&text,
		              "  - {name: a%d, value: {defaultAction: SCMP_ACT_LOG, x: 1}}\n",
		              i % 140);
	for (size_t n_before = 0; n_before < 2; n_before++) {
		_cleanup_(diag_deinit) struct diag whole = DIAG_INIT, single = DIAG_INIT;
		_cleanup_(buffer_deinit) struct buffer a = BUFFER_INIT, b = BUFFER_INIT;
		_cleanup_(machine_config_freep) struct machine_config *config = NULL, *same = NULL;

		for (size_t i = 0; i < n_before; i++) {
			diag_warning(&whole, NULL, NULL, "before");
			diag_warning(&single, NULL, NULL, "before");
		}
		assert_int_equal(machine_config_parse("m", text.data, text.n_data, &options_strict,
		                                      &config, &whole),
		                 0);
		assert_int_equal(machine_config_parse_profiles("m", text.data, text.n_data, false,
		                                               &options_strict, NULL, &same,
		                                               &single),
		                 0);
		append_messages(&whole, &a);
		append_messages(&single, &b);
		assert_string_equal(text_of(&a), text_of(&b));
		assert_int_equal(whole.n_warnings, 100);
		assert_int_equal(single.n_warnings, 100);
		assert_int_equal(config->n_profiles, 140);
		check_same(config, same, false);
		/* Read as a whole where there might have been too many. */
		assert_int_equal(same->profiles[0].bytes != NULL, n_before > 0);
	}
}

/* "NAME PIECE" of each on a line, without PIECE where there is no span. */
static void spans_are(const void *text, size_t n_text, const char *expected)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	_cleanup_(buffer_deinit) struct buffer found = BUFFER_INIT;

	assert_int_equal(machine_config_parse("m", text, n_text, &options_off, &config, NULL), 0);
	for (size_t i = 0; i < config->n_profiles; i++) {
		const struct config_profile *profile = &config->profiles[i];

		buffer_printf(&found, "%s%s ", i ? "\n" : "", profile->name);
		buffer_append(&found, config->stream->source->text + profile->span.offset,
		              profile->span.n);
	}
	assert_string_equal(found.data, expected);
}

static void test_spans(void **state)
{
	static const char text[] = "machine:\n"
				   "  seccompProfiles:\n"
				   "    - name: d\n"
				   "      value: {a: 1}\n"
				   "    - value: # of c\n"
				   "        a: [1,\n"
				   "      2]\n"
				   "        b: 3\n"
				   "\n"
				   "      name: c\n"
				   "    - {name: b, value: &b {c: 1}}\n"
				   "    - {name: a, value: *b}\n"
				   "    - {name: d, value: {d: 1}}\n"
				   "    - &e {name: e, value: {e: 1}}\n"
				   "    - {<<: *e, name: f}\n"
				   "    - name: g\n"
				   "      value:\n"
				   "        a: |\n"
				   "          b\n";
	static const char marked[] = "\xef\xbb\xbf" LIST("{name: a, value: {b: 1}}");

	/* An entry may have a name for others: its value is written where it is. */
	spans_are(text, strlen(text),
	          "a \nb \nc a: [1,\n      2]\n        b: 3\nd {d: 1}\ne {e: 1}\nf {e: 1}\ng ");
	spans_are(marked, strlen(marked), "a ");
}

static void test_configs_without_profiles(void **state)
{
	static const struct config_case cases[] = {
		{ "version: v1alpha1", "" },
		{ "version: ''\nmachine:\n", "" },
		{ "cluster: {}", "" },
		{ "{}", "" },
		{ "machine: {seccompProfiles: }", "" },
		{ "machine: {seccompProfiles: []}", "" },
		{ "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\n", "",
		  "warning: m: no document with machine: there are no profiles" },
	};

	CHECK_CASES(cases, &options_strict);
	CHECK_CASES(cases, &options_off);
}

static void test_refuses_what_is_no_config(void **state)
{
	static const char empty[] = "m: the config is empty: a document with machine is needed";
	static const struct config_case cases[] = {
		{ "", NULL, empty },
		{ "# only a comment\n", NULL, empty },
		{ "---\n---\nnull\n", NULL, empty },
		{ "- a\n", NULL, "m:1:1: found sequence, allowed is a mapping with machine" },
		{ "hello", NULL,
		  "m:1:1: found string \"hello\", allowed is a mapping with machine" },
		{ "machine: {}\n---\n[]\n", NULL,
		  "m:3:1: found sequence, allowed is a mapping with machine" },
		{ "machine: {}\n---\nversion: v1alpha1\ncluster: {}\n", NULL,
		  "m:3:1: a second v1alpha1 document, the first is at line 1: allowed is one" },
		{ "machine: []", NULL, "m:1:10: machine: found sequence, allowed is a mapping" },
		{ "version: v1beta1", NULL,
		  "m:1:10: version: found string \"v1beta1\", allowed is v1alpha1" },
	};

	CHECK_CASES(cases, &options_off);
}

static void test_refuses_unknown_keys(void **state)
{
	static const struct config_case cases[] = {
		{ "machin: {}", NULL, "m:1:1: unknown key \"machin\": did you mean machine?" },
		{ "Machine: {seccompProfiles: [{name: .a}]}", NULL,
		  "m:1:1: unknown key \"Machine\": did you mean machine?\n"
		  "m:1:36: machine.seccompProfiles[0].name: name \".a\" begins with a dot: allowed is a "
		  "plain file name of 1 to 255 bytes of UTF-8, without / and control characters, not "
		  "beginning with a dot\n"
		  "m:1:29: machine.seccompProfiles[0].value: required key value is missing" },
		{ "clutser: {}\nextra: 1\n", NULL,
		  "m:1:1: unknown key \"clutser\": did you mean cluster?\n"
		  "m:2:1: unknown key \"extra\": allowed are version, debug, persist, machine, cluster" },
		{ "apiVersion: v1alpha1\nmachine: {}\n", NULL,
		  "m:1:1: unknown key \"apiVersion\": the document that holds machine and cluster has "
		  "none" },
		{ "seccompProfiles: []", NULL,
		  "m:1:1: unknown key \"seccompProfiles\": it belongs under machine" },
		{ "machine: {$patch: delete}", "" },
		{ "machine: {seccompProfiles: {$patch: delete}}", NULL,
		  "m:1:28: machine.seccompProfiles: found mapping, allowed is a list of mappings with "
		  "name and value" },
		{ "$patch: delete", NULL,
		  "m:1:1: unknown key \"$patch\": allowed are version, debug, persist, machine, cluster" },
		{ "machine: {seccompProfile: []}", NULL,
		  "m:1:11: machine: unknown key \"seccompProfile\": did you mean seccompProfiles?" },
		{ "machine: {SECCOMPPROFILES: []}", NULL,
		  "m:1:11: machine: unknown key \"SECCOMPPROFILES\": did you mean seccompProfiles?" },
		{ "machine: {seccomp_profiles: []}", NULL,
		  "m:1:11: machine: unknown key \"seccomp_profiles\": did you mean seccompProfiles?" },
		{ LIST("{nam: a, Value: {a: 1}, defaultAction: x}"), NULL,
		  "m:1:30: machine.seccompProfiles[0]: unknown key \"nam\": did you mean name?\n"
		  "m:1:38: machine.seccompProfiles[0]: unknown key \"Value\": did you mean value?\n"
		  "m:1:53: machine.seccompProfiles[0]: unknown key \"defaultAction\": allowed are name, "
		  "value\n"
		  "m:1:29: machine.seccompProfiles[0]: required key name is missing\n"
		  "m:1:29: machine.seccompProfiles[0].value: required key value is missing" },
		{ LIST("{name: a, value: {a: 1}, $patch: delete}"), NULL,
		  "m:1:54: machine.seccompProfiles[0]: unknown key \"$patch\": allowed are name, value" },
		{ "{[a]: b}", NULL, "m:1:2: found sequence, allowed is a string as key" },
	};

	CHECK_CASES(cases, &options_off);
}

static void test_refuses_entries(void **state)
{
	static const struct config_case cases[] = {
		{ "machine: {seccompProfiles: {a.json: {a: 1}}}", NULL,
		  "m:1:28: machine.seccompProfiles: found mapping, allowed is a list of mappings with "
		  "name and value" },
		{ "machine: {seccompProfiles: foo}", NULL,
		  "m:1:28: machine.seccompProfiles: found string \"foo\", allowed is a list of mappings "
		  "with name and value" },
		{ LIST("null, [a], a"), NULL,
		  "m:1:29: machine.seccompProfiles[0]: found null, allowed is a mapping with name and "
		  "value\n"
		  "m:1:35: machine.seccompProfiles[1]: found sequence, allowed is a mapping with name "
		  "and value\n"
		  "m:1:40: machine.seccompProfiles[2]: found string \"a\", allowed is a mapping with "
		  "name and value" },
		{ LIST("{value: {a: 1}}"), NULL,
		  "m:1:29: machine.seccompProfiles[0]: required key name is missing" },
		{ LIST("{name: [a], value: {a: 1}}, {name: 2001-12-14, value: {a: 1}}"), NULL,
		  "m:1:36: machine.seccompProfiles[0].name: found sequence, allowed is a string\n"
		  "m:1:64: machine.seccompProfiles[1].name: found timestamp 2001-12-14, allowed is a "
		  "string (quote it)" },
		{ LIST("{name: ~, value: {a: 1}}"), NULL,
		  "m:1:36: machine.seccompProfiles[0].name: name \"\" is empty: allowed is a plain file "
		  "name of 1 to 255 bytes of UTF-8, without / and control characters, not beginning with "
		  "a dot" },
		{ LIST("{name: a}, {name: b, value: {}}, {name: c, value: ~}, {name: d, value: x}"),
		  NULL,
		  "m:1:29: machine.seccompProfiles[0].value: required key value is missing\n"
		  "m:1:57: machine.seccompProfiles[1].value: found an empty mapping: a container would "
		  "run unconfined with it; allowed is a profile with defaultAction\n"
		  "m:1:79: machine.seccompProfiles[2].value: found null, allowed is a mapping with "
		  "defaultAction\n"
		  "m:1:100: machine.seccompProfiles[3].value: found string \"x\", allowed is a mapping "
		  "with defaultAction" },
	};

	CHECK_CASES(cases, &options_off);
}

static void test_validates_values_when_strict(void **state)
{
	static const struct config_case strict[] = {
		{ LIST("{name: a, value: {a: 1}}"), NULL,
		  "warning: m:1:47: machine.seccompProfiles[0].value: unknown key \"a\": runtimes ignore "
		  "it\n"
		  "m:1:46: machine.seccompProfiles[0].value: required key defaultAction is missing" },
		{ LIST("{name: a, " LOG_VALUE "}, {name: b, value: {defaultAction: SCMP_ACT_LOG, "
		       "syscalls: [{names: [a], action: SCMP_ACT_LOGG}]}}"),
		  NULL,
		  "m:1:157: machine.seccompProfiles[1].value.syscalls[0].action: unknown action "
		  "\"SCMP_ACT_LOGG\": did you mean SCMP_ACT_LOG?" },
	};
	static const struct config_case off[] = {
		{ LIST("{name: a, value: {a: 1}}"), "a {\"a\":1}" },
	};

	CHECK_CASES(strict, &options_strict);
	CHECK_CASES(off, &options_off);
}

/* D1: the last of equal names is served. */
static void test_duplicates(void **state)
{
	static const struct config_case cases[] = {
		{ LIST("{name: a, value: {x: 1}}, {name: b, value: {x: 2}}, {name: a, value: {x: 3}}, "
		       "{name: a, value: {x: 4}}"),
		  "a {\"x\":4}\nb {\"x\":2}",
		  "warning: m:1:36: machine.seccompProfiles[0].name: duplicate name \"a\": entry 2 of the "
		  "list replaces it\n"
		  "warning: m:1:88: machine.seccompProfiles[2].name: duplicate name \"a\": entry 3 of the "
		  "list replaces it" },
	};

	CHECK_CASES(cases, &options_off);
}

static void test_syntax_error(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct machine_config *config = NULL;
	static const char text[] = "machine:\n\t- a\n";

	assert_int_equal(machine_config_parse("m", text, strlen(text), &options_off, &config,
	                                      &diag),
	                 MACHINE_CONFIG_E_INVALID);
	assert_int_equal(diag.n_errors, 1);
	assert_int_equal(diag.entries[0].line, 2);
	assert_string_equal(diag.entries[0].source, "m");
}

static int check_tree(const char *text, bool as_patch, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;

	assert_int_equal(yaml_read_bytes("patch", text, strlen(text), &stream, NULL, diag), 0);
	assert_int_equal(stream->n_documents, 1);
	if (as_patch)
		return machine_config_check_keys(stream->documents[0].root, diag);
	return machine_config_check_root(stream->documents[0].root, &options_strict, NULL, diag);
}

static void test_keys_of_a_patch(void **state)
{
	static const struct {
		const char *text;
		const char *message; /* NULL: accepted */
	} cases[] = {
		{ "machine: {seccompProfiles: [{name: a, $patch: delete}]}", NULL },
		{ "machine: {seccompProfiles: [{$patch: delete, name: a}]}", NULL },
		{ "machine: {seccompProfiles: {$patch: delete}}", NULL },
		{ "machine: {$patch: delete}", NULL },
		{ "$patch: delete", NULL },
		/* Names and values are for the check of the result. */
		{ "machine: {seccompProfiles: [{name: /, value: 1}]}", NULL },
		{ "machine:", NULL },
		{ "debug: false", NULL },
		{ "machin: {}", "unknown key \"machin\": did you mean machine?" },
		{ "machine: {seccompprofiles: {$patch: delete}}",
		  "unknown key \"seccompprofiles\": did you mean seccompProfiles?" },
		{ "machine: {seccompProfiles: [{name: a, vlue: 1}]}",
		  "unknown key \"vlue\": did you mean value?" },
		{ "machine: {seccompProfiles: [{name: a, patch: delete}]}",
		  "unknown key \"patch\": allowed are name, value" },
		{ "machine: {seccompProfiles: [~]}",
		  "found null, allowed is a mapping with name and value" },
		{ "machine: {seccompProfiles: {a: b}}",
		  "found mapping, allowed is a list of mappings with name and value" },
		{ "- a", "found sequence, allowed is a mapping with machine" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		int r = check_tree(cases[i].text, true, &diag);

		if (!cases[i].message) {
			if (r)
				fail_msg("%s: %s", cases[i].text, diag.entries[0].message);
			continue;
		}
		assert_int_equal(r, MACHINE_CONFIG_E_INVALID);
		assert_int_equal(diag.n_errors, 1);
		assert_string_equal(diag.entries[0].message, cases[i].message);
		assert_string_equal(diag.entries[0].source, "patch");
	}
}

static void test_check_of_a_tree(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;

	assert_int_equal(check_tree(LIST("{name: a, " LOG_VALUE "}"), false, &diag), 0);
	assert_int_equal(diag.n_entries, 0);
	assert_int_equal(check_tree(LIST("{name: a/b, " LOG_VALUE "}, {name: b, value: {}}, {name: "
	                                 "!!binary L2E=, " LOG_VALUE "}"),
	                            false, &diag),
	                 MACHINE_CONFIG_E_INVALID);
	assert_int_equal(diag.n_errors, 3);
	assert_string_equal(diag.entries[1].path, "machine.seccompProfiles[1].value");
}

/* Many profiles that share one value by alias are small in the config and large in memory. */
static void test_sharing_is_bounded(void **state)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	struct machine_config *config = NULL;

	buffer_append_string(&text, "cluster: &big {a: [");
	for (int i = 0; i < 200000; i++)
		buffer_append_string(&text, "x, ");
	buffer_append_string(&text, "]}\nmachine:\n  seccompProfiles:\n");
	for (int i = 0; i < 10000; i++)
		buffer_printf(&text, "  - {name: p%d, value: *big}\n", i);
	assert_int_equal(machine_config_parse("m", text.data, text.n_data, &options_off, &config,
	                                      &diag),
	                 MACHINE_CONFIG_E_INVALID);
	assert_int_equal(diag.n_errors, 1);
	assert_string_equal(diag.entries[0].message,
	                    "the aliases of the document stand for more than 250000 nodes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_what_stands_behind_the_list),
		cmocka_unit_test(test_lists_elsewhere),
		cmocka_unit_test(test_many_warnings),
		cmocka_unit_test(test_configs_without_profiles),
		cmocka_unit_test(test_refuses_what_is_no_config),
		cmocka_unit_test(test_refuses_unknown_keys),
		cmocka_unit_test(test_refuses_entries),
		cmocka_unit_test(test_validates_values_when_strict),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_syntax_error),
		cmocka_unit_test(test_keys_of_a_patch),
		cmocka_unit_test(test_check_of_a_tree),
		cmocka_unit_test(test_sharing_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
