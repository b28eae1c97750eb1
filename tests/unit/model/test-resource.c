/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "document/canonical_json.h"
#include "document/yaml_reader.h"
#include "model/resource.h"

#define NODE "10.5.0.3"

struct version {
	const char *name;
	const char *bytes;
	uint64_t version;
};

static struct snapshot *make(const struct version *versions, size_t n)
{
	struct profile **profiles = calloc(n + 1, sizeof(struct profile *));

	for (size_t i = 0; i < n; i++) {
		profiles[i] = profile_new(versions[i].name, versions[i].bytes,
		                          strlen(versions[i].bytes));
		profiles[i]->version = versions[i].version;
		profiles[i]->created = (struct timespec){ 1795465456, 5 };
		profiles[i]->updated = (struct timespec){ 1795465461, 999999999 };
	}
	return snapshot_new(profiles, NULL, n, "", 0);
}

typedef int (*write_fn)(const struct snapshot *snapshot, const char *node, struct buffer *out);

static char *written(write_fn write, const struct snapshot *snapshot, const char *node)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	assert_int_equal(write(snapshot, node, &out), 0);
	return buffer_steal(&out, NULL);
}

static void test_table(void **state)
{
	static const struct version versions[] = {
		{ "violation.json", "{}", 12 },
		{ "audit.json", "{}", 1 },
		/* Two code points, four bytes. */
		{ "\xc3\xbc\xc3\xbc", "{}", 18446744073709551615U },
	};
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(versions, 3);
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	(void)state;
	resource_write_snapshot_table(snapshot, NODE, &out);
	assert_string_equal(
		out.data, "NODE       NAMESPACE   TYPE             ID               VERSION\n"
			  "10.5.0.3   cri         SeccompProfile   audit.json       1\n"
			  "10.5.0.3   cri         SeccompProfile   violation.json   12\n"
			  "10.5.0.3   cri         SeccompProfile   \xc3\xbc\xc3\xbc               "
			  "18446744073709551615\n");
}

static void test_table_without_rows(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(NULL, 0);
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;

	(void)state;
	resource_write_snapshot_table(snapshot, NODE, &out);
	assert_string_equal(out.data, "NODE   NAMESPACE   TYPE   ID   VERSION\n");
}

/* A value with one of everything, as talosctl was seen to print it. */
#define EVERYTHING                                                                              \
	"{\"e\":{},\"el\":[],\"f\":1.5,\"i\":1,\"l\":[1,\"a\"],\"m\":{\"k\":\"v\"},\"n\":null," \
	"\"s\":\"\\u003c\\u0026\\u003e\",\"y\":18446744073709551615,\"z\":9007199254740993}"

static void test_json(void **state)
{
	static const struct version versions[] = { { "t.json", EVERYTHING, 3 } };
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(versions, 1);
	_cleanup_(freep) char *text = written(resource_write_json, snapshot, NODE);

	(void)state;
	assert_string_equal(text, "[\n"
	                          "    {\n"
	                          "        \"metadata\": {\n"
	                          "            \"created\": \"2026-11-23T20:24:16Z\",\n"
	                          "            \"id\": \"t.json\",\n"
	                          "            \"namespace\": \"cri\",\n"
	                          "            \"phase\": \"running\",\n"
	                          "            \"type\": \"SeccompProfiles.cri.talos.dev\",\n"
	                          "            \"updated\": \"2026-11-23T20:24:21Z\",\n"
	                          "            \"version\": 3\n"
	                          "        },\n"
	                          "        \"node\": \"10.5.0.3\",\n"
	                          "        \"spec\": {\n"
	                          "            \"name\": \"t.json\",\n"
	                          "            \"value\": {\n"
	                          "                \"e\": {},\n"
	                          "                \"el\": [],\n"
	                          "                \"f\": 1.5,\n"
	                          "                \"i\": 1,\n"
	                          "                \"l\": [\n"
	                          "                    1,\n"
	                          "                    \"a\"\n"
	                          "                ],\n"
	                          "                \"m\": {\n"
	                          "                    \"k\": \"v\"\n"
	                          "                },\n"
	                          "                \"n\": null,\n"
	                          "                \"s\": \"\\u003c\\u0026\\u003e\",\n"
	                          "                \"y\": 18446744073709551615,\n"
	                          "                \"z\": 9007199254740993\n"
	                          "            }\n"
	                          "        }\n"
	                          "    }\n"
	                          "]\n");
}

/* Of a profile that a denial has changed, and only of that. */
static void test_what_is_denied(void **state)
{
	static const struct version versions[] = { { "a.json", "{}", 1 }, { "b.json", "{}", 2 } };
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(versions, 2);
	_cleanup_(freep) char *json = NULL, *yaml = NULL;
	char **denied = calloc(2, sizeof(*denied));

	(void)state;
	assert_null(snapshot_denied(snapshot, 1));
	denied[1] = strdup("bpf entirely, socket");
	snapshot_set_denied(snapshot, denied);
	assert_null(snapshot_denied(snapshot, 0));
	assert_string_equal(snapshot_denied(snapshot, 1), "bpf entirely, socket");
	json = written(resource_write_json, snapshot, NODE);
	yaml = written(resource_write_yaml, snapshot, NODE);
	assert_non_null(strstr(json,
	                       "        \"metadata\": {\n"
	                       "            \"annotations\": {\n"
	                       "                \"seccompfs/denied\": \"bpf entirely, socket\"\n"
	                       "            },\n"
	                       "            \"created\": \"2026-11-23T20:24:16Z\",\n"
	                       "            \"id\": \"b.json\",\n"));
	assert_non_null(strstr(yaml, "    id: b.json\n"
	                             "    version: 2\n"
	                             "    phase: running\n"
	                             "    created: 2026-11-23T20:24:16Z\n"
	                             "    updated: 2026-11-23T20:24:21Z\n"
	                             "    annotations:\n"
	                             "        seccompfs/denied: \"bpf entirely, socket\"\n"
	                             "spec:\n"));
	assert_null(strstr(strstr(json, "annotations") + 1, "annotations"));
	assert_null(strstr(strstr(yaml, "annotations") + 1, "annotations"));
}

/* What looks like structure inside of a string is none. */
static void test_json_strings_stay(void **state)
{
	static const struct version versions[] = {
		{ "\"q\".json", "{\"{a,:\\\"]\\\\\":\"[,}\\\"\"}", 1 },
		{ "b", "{\"x\":1}", 1 },
	};
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(versions, 2);
	_cleanup_(freep) char *text = written(resource_write_json, snapshot, "no\"de");

	(void)state;
	assert_non_null(strstr(text, "            \"value\": {\n"
	                             "                \"{a,:\\\"]\\\\\": \"[,}\\\"\"\n"
	                             "            }\n"
	                             "        }\n"
	                             "    },\n"
	                             "    {\n"));
	assert_non_null(strstr(text, "\"id\": \"\\\"q\\\".json\""));
	assert_non_null(strstr(text, "\"node\": \"no\\\"de\""));
}

static void test_none(void **state)
{
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(NULL, 0);
	_cleanup_(freep) char *json = written(resource_write_json, snapshot, NODE);
	_cleanup_(freep) char *yaml = written(resource_write_yaml, snapshot, NODE);

	(void)state;
	assert_string_equal(json, "[]\n");
	assert_string_equal(yaml, "");
}

#define YAML_HEAD(id, version)                      \
	"node: 10.5.0.3\n"                          \
	"metadata:\n"                               \
	"    namespace: cri\n"                      \
	"    type: SeccompProfiles.cri.talos.dev\n" \
	"    id: " id "\n"                          \
	"    version: " version "\n"                \
	"    phase: running\n"                      \
	"    created: 2026-11-23T20:24:16Z\n"       \
	"    updated: 2026-11-23T20:24:21Z\n"       \
	"spec:\n"                                   \
	"    name: " id "\n"                        \
	"    value:\n"

static void test_yaml(void **state)
{
	static const struct version versions[] = {
		{ "t.json", EVERYTHING, 3 },
		{ "audit.json", "{\"defaultAction\":\"SCMP_ACT_LOG\"}", 1 },
	};
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(versions, 2);
	_cleanup_(freep) char *text = written(resource_write_yaml, snapshot, NODE);

	(void)state;
	/* talosctl has single quotes where our writer has double ones. */
	assert_string_equal(
		text, YAML_HEAD("audit.json",
	                        "1") "        defaultAction: SCMP_ACT_LOG\n"
				     "---\n" YAML_HEAD("t.json",
	                                               "3") "        e: {}\n"
							    "        el: []\n"
							    "        f: 1.5\n"
							    "        i: 1\n"
							    "        l:\n"
							    "            - 1\n"
							    "            - a\n"
							    "        m:\n"
							    "            k: v\n"
							    "        \"n\": null\n"
							    "        s: <&>\n"
							    "        \"y\": 18446744073709551615\n"
							    "        z: 9007199254740993\n");
}

/* The value in the YAML, rendered again, is the file. */
static void assert_yaml_holds(const char *bytes)
{
	const struct version version = { "t.json", bytes, 1 };
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = make(&version, 1);
	_cleanup_(freep) char *text = written(resource_write_yaml, snapshot, NODE);
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(buffer_deinit) struct buffer again = BUFFER_INIT;
	const struct node *value;

	assert_int_equal(yaml_read_bytes("yaml", text, strlen(text), &stream, NULL, NULL), 0);
	value = node_find(node_find(stream->documents[0].root, "spec"), "value");
	assert_int_equal(canonical_json_write(value, NULL, &again, NULL), 0);
	assert_string_equal(again.data, bytes);
}

static void test_yaml_reads_back(void **state)
{
	(void)state;
	assert_yaml_holds(EVERYTHING);
	assert_yaml_holds("{\"\":\"\",\"a b\":\"c: d\",\"no\":\"yes\",\"t\":\"2001-01-01\"}");
	assert_yaml_holds(
		"{\"a\":[[1,[]],[{\"x\":[{}]}]],\"b\":{\"c\":{\"d\":[true,false,null]}}}");
	assert_yaml_holds("{\"n\":[-0,1e+21,1e-7,0.1,\"1\",\"0x1\",\"1_0\",\"~\"]}");
	assert_yaml_holds(
		"{\"c\":\"\\u0001\",\"lines\":\"one\\ntwo\\n\",\"tab\":\"\\t\",\"tail\":\"a\\n\\n\"}");
	/* Raw in the file, but nothing that a YAML reader takes raw: DEL, NEL, a BOM, U+FFFE. */
	assert_yaml_holds(
		"{\"\x7f\":\"\xc2\x85\xef\xbb\xbf\xef\xbf\xbe\",\"\xc3\xbc\":\"\xf0\x9f\x98\x80\"}");
	assert_yaml_holds(
		"{\"\\u003c\\u003c\":\"\\u003c\\u003c\",\"=\":\"=\",\"u\":\"\\u2028\\u2029\"}");
}

/* Deeper than a YAML reader wants flow collections to be: still there, on one line. */
static void test_yaml_of_a_deep_value(void **state)
{
	enum { DEPTH = 600 };
	char bytes[2 * DEPTH + 64];
	struct version version = { "deep.json", bytes, 1 };
	_cleanup_(snapshot_unrefp) struct snapshot *snapshot = NULL;
	_cleanup_(freep) char *text = NULL;
	size_t n;

	(void)state;
	n = (size_t)sprintf(bytes, "{\"a\":");
	memset(bytes + n, '[', DEPTH);
	memset(bytes + n + DEPTH, ']', DEPTH);
	strcpy(bytes + n + 2 * (size_t)DEPTH, "}");
	snapshot = make(&version, 1);
	text = written(resource_write_yaml, snapshot, NODE);
	assert_non_null(strstr(text, "    value: {\"a\":[[[["));
	assert_non_null(strstr(text, bytes));
	assert_int_equal(text[strlen(text) - 1], '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_without_rows),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_what_is_denied),
		cmocka_unit_test(test_json_strings_stay),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_yaml_reads_back),
		cmocka_unit_test(test_yaml_of_a_deep_value),
	};

	return cmocka_run_group_tests_name("model/resource", tests, NULL, NULL);
}
