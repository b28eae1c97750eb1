/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "model/snapshot.h"
#include "model/state.h"
#include "state_sealed.h"

#define DIGEST_A "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* A file as docs/resources.md describes it, with two profiles. */
#define RECORD(name, nodeid)                                                    \
	"\"" name "\": {\"present\": true, \"version\": 3, \"nodeid\": " nodeid \
	", \"created\": \"2026-11-23T20:24:16.000000000Z\", "                   \
	"\"updated\": \"2026-11-23T20:24:17.123456789Z\", \"sha256\": \"" DIGEST_A "\"}"
#define HEAD(schema) "{\"schema\": " schema ", \"nextNodeid\": 40, \"versionFloor\": 0, "
#define GOOD         HEAD("1") "\"profiles\": {" RECORD("b", "17") ", " RECORD("a", "39") "}}"

static void test_parse(void **unused)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(state_freep) struct state *state = NULL;
	char hex[DIGEST_HEX_SIZE];
	struct state_record *b;

	(void)unused;
	assert_int_equal(state_parse(GOOD, strlen(GOOD), &state, &diag), 0);
	assert_int_equal(diag.n_errors, 0);
	assert_int_equal(state->next_nodeid, 40);
	assert_int_equal(state->version_floor, 0);
	assert_false(state->has_config_digest);
	assert_null(state->last_result);
	assert_int_equal(state->n_records, 2);
	assert_string_equal(state->records[0].name, "a");
	b = state_find(state, "b");
	assert_ptr_equal(b, &state->records[1]);
	assert_true(b->present);
	assert_int_equal(b->version, 3);
	assert_int_equal(b->nodeid, 17);
	assert_int_equal(b->created.tv_sec, 1795465456);
	assert_int_equal(b->created.tv_nsec, 0);
	assert_int_equal(b->updated.tv_sec, 1795465457);
	assert_int_equal(b->updated.tv_nsec, 123456789);
	digest_to_hex(b->digest, hex);
	assert_string_equal(hex, DIGEST_A);
	assert_null(state_find(state, "c"));
}

static void assert_refused(const char *text, int expected, const char *reason)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct state *state = NULL;
	int r = state_parse(text, strlen(text), &state, &diag);

	if (r != expected || diag.n_errors != 1 || !strstr(diag.entries[0].message, reason))
		fail_msg("%s: %d, %s", text, r, diag.n_entries ? diag.entries[0].message : "");
	assert_null(state);
}

static void test_what_is_no_state(void **unused)
{
	static const char *const replaced[][3] = {
		{ "true", "1", "`present`" },
		{ "\"version\": 3", "\"version\": 0", "`version`" },
		{ "\"version\": 3", "\"version\": 3.5", "`version`" },
		{ "\"nodeid\": 17", "\"nodeid\": 15", "`nodeid`" },
		{ "\"nodeid\": 17", "\"nodeid\": 40", "`nodeid`" },
		{ "\"nodeid\": 17", "\"nodeid\": 39", "same `nodeid`" },
		{ "2026-11-23T20:24:16.000000000Z", "2026-11-23T20:24:16Z", "time" },
		{ "2026-11-23T20:24:16.000000000Z", "2026-02-30T20:24:16.000000000Z", "time" },
		{ "2026-11-23T20:24:17.123456789Z", "2026-11-23T20:24:17.123456789Zz", "time" },
		{ DIGEST_A, "ba78", "`sha256`" },
		{ "\"a\": {", "\"b\": {", "duplicate" },
		{ "\"nextNodeid\": 40", "\"nextNodeid\": 3", "`nextNodeid`" },
		{ "\"versionFloor\": 0", "\"versionFloor\": -1", "`versionFloor`" },
		{ "\"versionFloor\": 0", "\"versionFloor\": 0, \"lastResult\": 3", "`lastResult`" },
		{ "\"versionFloor\": 0", "\"versionFloor\": 0, \"configDigest\": 3",
		  "`configDigest`" },
		{ "\"schema\": 1", "\"schema\": \"1\"", "`schema`" },
		{ "\"schema\": 1", "\"schema\": 0", "`schema`" },
		{ "\"schema\": 1, ", "", "`schema`" },
		{ "\"profiles\"", "\"profile\"", "`profiles`" },
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(replaced); i++) {
		const char *at = strstr(GOOD, replaced[i][0]);
		_cleanup_(freep) char *text = NULL;

		assert_non_null(at);
		assert_true(asprintf(&text, "%.*s%s%s", (int)(at - GOOD), GOOD, replaced[i][1],
		                     at + strlen(replaced[i][0])) > 0);
		assert_refused(text, STATE_E_INVALID, replaced[i][2]);
	}
	assert_refused("", STATE_E_INVALID, "empty");
	assert_refused("[]", STATE_E_INVALID, "object");
	assert_refused("{} {}", STATE_E_INVALID, "");
	assert_refused("\x7f\x45\x4c\x46\xff", STATE_E_INVALID, "");
}

/* Wherever a crash or a full disk cut the file, it is not taken for a whole one. */
static void test_cut_short_anywhere(void **unused)
{
	(void)unused;
	for (size_t n = 0; n < strlen(GOOD); n++) {
		struct state *state = NULL;

		assert_int_equal(state_parse(GOOD, n, &state, NULL), STATE_E_INVALID);
	}
}

static void test_newer(void **unused)
{
	(void)unused;
	assert_refused(HEAD("2") "\"profiles\": 7}", STATE_E_NEWER, "newer");
	assert_refused("{\"schema\": 9007199254740993}", STATE_E_NEWER, "newer");
}

static void test_round_trip(void **unused)
{
	_cleanup_(state_freep) struct state *state = state_new(), *again = NULL;
	_cleanup_(freep) char *text = NULL, *text_again = NULL;
	struct state_record *record;
	size_t n_text = 0, n_again = 0;

	(void)unused;
	assert_int_equal(state->next_nodeid, NODEID_FIRST);
	record = state_get(state, "\xc3\xbc \"quoted\".json");
	record->version = INT64_MAX;
	record->nodeid = 9007199254740993;
	record->created = (struct timespec){ 0, 0 };
	record->updated = (struct timespec){ 4102444799, 999999999 };
	digest_compute("abc", 3, record->digest);
	state->next_nodeid = 9007199254740994;
	state->version_floor = 1795465456000000;
	state->has_config_digest = true;
	digest_compute("config", 6, state->config_digest);
	state->last_result = strdup("result: applied\nmessage: \"\xe2\x82\xac\"\n");

	text = state_format(state, &n_text);
	assert_int_equal(n_text, strlen(text));
	assert_int_equal(text[n_text - 1], '\n');
	assert_int_equal(state_parse(text, n_text, &again, NULL), 0);
	assert_int_equal(again->records[0].version, INT64_MAX);
	assert_int_equal(again->records[0].updated.tv_sec, 4102444799);
	assert_string_equal(again->last_result, state->last_result);
	assert_memory_equal(again->config_digest, state->config_digest, DIGEST_SIZE);
	assert_int_equal(again->version_floor, 1795465456000000);
	text_again = state_format(again, &n_again);
	assert_string_equal(text, text_again);
}

/* What a person finds there: one line for each name, in order; what there is not is left out. */
static void test_text(void **unused)
{
	static const char none[] =
		"{\n \"schema\": 1,\n \"nextNodeid\": 16,\n \"versionFloor\": 0,\n"
		" \"profiles\": {}\n}\n";
	_cleanup_(state_freep) struct state *state = state_new(), *parsed = NULL;
	_cleanup_(freep) char *empty = NULL, *text = NULL;

	(void)unused;
	empty = state_format(state, NULL);
	assert_string_equal(empty, none);
	assert_int_equal(state_parse(GOOD, strlen(GOOD), &parsed, NULL), 0);
	parsed->records[1].present = false;
	parsed->config_refused = true;
	parsed->last_result = strdup("a: \"\\\"\n");
	text = state_format(parsed, NULL);
	assert_string_equal(
		text,
		"{\n \"schema\": 1,\n \"nextNodeid\": 40,\n \"versionFloor\": 0,\n"
		" \"configRefused\": true,\n"
		" \"lastResult\": \"a: \\\"\\\\\\\"\\n\",\n"
		" \"profiles\": {\n"
		"  " RECORD("a",
	                    "39") ",\n"
				  "  \"b\": {\"present\": false, \"version\": 3, \"nodeid\": 17, "
				  "\"created\": \"2026-11-23T20:24:16.000000000Z\", "
				  "\"updated\": \"2026-11-23T20:24:17.123456789Z\", "
				  "\"sha256\": \"" DIGEST_A "\"}\n"
				  " }\n}\n");
}

/* "a" has a span, "b" has gone and has none. Returns owned the text. */
static char *format_spans(bool is_compiled)
{
	_cleanup_(state_freep) struct state *state = NULL;

	assert_int_equal(state_parse(GOOD, strlen(GOOD), &state, NULL), 0);
	state->maker = strdup("me \"1\"");
	for (size_t i = 0; i < state->n_records; i++) {
		state->records[i].n_bytes = 33;
		state->records[i].span = (struct span){ 1234567890, 4294967295, 3 };
	}
	state->records[0].is_compiled = is_compiled;
	state->records[1].present = false;
	return state_format(state, NULL);
}

static void test_spans(void **unused)
{
	_cleanup_(freep) char *text = format_spans(false), *again = NULL;
	_cleanup_(state_freep) struct state *state = NULL;

	(void)unused;
	assert_non_null(strstr(text, "\n \"maker\": \"me \\\"1\\\"\",\n \"profiles\": {\n"));
	assert_non_null(strstr(text, DIGEST_A "\", \"bytes\": 33, "
	                                      "\"span\": \"1234567890+4294967295@3\"},\n  \"b\""));
	assert_non_null(strstr(text, DIGEST_A "\"}\n },\n \"seal\": \""));
	assert_int_equal(state_parse(text, strlen(text), &state, NULL), 0);
	assert_string_equal(state->maker, "me \"1\"");
	assert_int_equal(state->records[0].n_bytes, 33);
	assert_int_equal(state->records[0].span.offset, 1234567890);
	assert_int_equal(state->records[0].span.n, 4294967295);
	assert_int_equal(state->records[0].span.column, 3);
	assert_int_equal(state->records[1].span.n, 0);
	again = state_format(state, NULL);
	assert_string_equal(text, again);
}

static void test_what_is_compiled(void **unused)
{
	_cleanup_(freep) char *text = format_spans(true), *again = NULL;
	_cleanup_(state_freep) struct state *state = NULL, *unsealed = NULL;

	(void)unused;
	assert_non_null(strstr(text, "@3\", \"compiled\": true},\n  \"b\""));
	assert_int_equal(state_parse(text, strlen(text), &state, NULL), 0);
	assert_true(state->records[0].is_compiled);
	assert_false(state->records[1].is_compiled);
	again = state_format(state, NULL);
	assert_string_equal(text, again);
	text[strlen(text) - 1] = ' ';
	assert_int_equal(state_parse(text, strlen(text), &unsealed, NULL), 0);
	assert_false(unsealed->records[0].is_compiled);
}

/* Whatever changes, the rest can be read as ever, but the spans are not believed. */
static void test_a_broken_seal(void **unused)
{
	_cleanup_(freep) char *text = format_spans(true);
	size_t n_text = strlen(text), n_read = 0;

	(void)unused;
	for (size_t i = 0; i < n_text; i++) {
		_cleanup_(state_freep) struct state *state = NULL;

		text[i] ^= 1;
		if (state_parse(text, n_text, &state, NULL) == 0) {
			assert_null(state->maker);
			assert_int_equal(state->records[0].span.n, 0);
			n_read++;
		}
		text[i] ^= 1;
	}
	assert_true(n_read > 100);
}

/* What needs an escape, or not just so. */
static void test_sealed_texts(void **unused)
{
	static const char *const names[] = { "\x01\b\f\n\r\t\"\\/<>&", "a b", "\x7f\xc2\x80",
		                             "\xc3\xbc\xe2\x80\xa8\xe2\x80\xa9\xf0\x9f\x98\x80" };
	_cleanup_(state_freep) struct state *state = state_new(), *again = state_new();
	_cleanup_(freep) char *text = NULL, *text_again = NULL;
	size_t n_text;

	(void)unused;
	state->maker = strdup("\xe2\x82\xac \"x\"");
	state->last_result = strdup("a: 'b'\nc: <d>\n");
	state->next_nodeid = INT64_MAX;
	state->version_floor = INT64_MAX;
	state->config_refused = true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct state_record *record = state_get(state, names[i]);

		record->present = i % 2;
		record->version = i ? i : INT64_MAX;
		record->nodeid = NODEID_FIRST + i;
		record->created.tv_nsec = (long)i;
		record->n_bytes = 7;
		record->span = (struct span){ 1, (uint32_t)i, 2 };
	}
	text = state_format(state, &n_text);
	assert_true(state_is_sealed(text, n_text));
	assert_int_equal(state_read_sealed(text, n_text, again), 0);
	assert_string_equal(again->last_result, state->last_result);
	assert_string_equal(again->maker, state->maker);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(again->records[i].name, names[i]);
	text_again = state_format(again, NULL);
	assert_string_equal(text, text_again);
}

/* Whatever it is, it is read or left to the parser. Where it ends too early it is not read. */
static void test_sealed_texts_that_are_odd(void **unused)
{
	_cleanup_(freep) char *text = format_spans(true);
	size_t n_text = strlen(text);

	(void)unused;
	for (size_t i = 0; i < n_text; i++) {
		_cleanup_(state_freep) struct state *cut = state_new(), *other = state_new();
		int r;

		assert_int_equal(state_read_sealed(text, i, cut), STATE_SEALED_E_ODD);
		text[i] ^= 1;
		r = state_read_sealed(text, n_text, other);
		assert_true(r == 0 || r == STATE_SEALED_E_ODD);
		text[i] ^= 1;
	}
}

/* Names come in any order and stand in one. */
static void test_get_keeps_the_order(void **unused)
{
	_cleanup_(state_freep) struct state *state = state_new();
	char name[16];

	(void)unused;
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%03u", i * 617 % 1000);
		state_get(state, name)->version = i + 1;
	}
	assert_int_equal(state->n_records, 1000);
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%03u", i * 617 % 1000);
		assert_int_equal(state_find(state, name)->version, i + 1);
		assert_ptr_equal(state_get(state, name), state_find(state, name));
	}
	for (unsigned int i = 1; i < 1000; i++)
		assert_true(strcmp(state->records[i - 1].name, state->records[i].name) < 0);
	assert_int_equal(state->n_records, 1000);
	assert_null(state_find(state, ""));
	assert_null(state_find(state, "999a"));
	assert_null(state_find(state, "5"));
}

static void test_load(void **unused)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(state_freep) struct state *state = NULL;
	_cleanup_(closep) int dir_fd = -1;
	char path[] = "/tmp/test-state-XXXXXX";

	(void)unused;
	assert_non_null(mkdtemp(path));
	dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(state_load(dir_fd, &state, &diag), 0);
	assert_int_equal(state->n_records, 0);
	assert_int_equal(state->next_nodeid, NODEID_FIRST);
	state_free(steal_ptr(state));

	assert_int_equal(file_replace(dir_fd, STATE_FILE_NAME, GOOD, strlen(GOOD), -1), 0);
	assert_int_equal(state_load(dir_fd, &state, &diag), 0);
	assert_int_equal(state->n_records, 2);
	assert_int_equal(diag.n_errors, 0);
	state_free(steal_ptr(state));

	assert_int_equal(unlinkat(dir_fd, STATE_FILE_NAME, 0), 0);
	assert_int_equal(mkdirat(dir_fd, STATE_FILE_NAME, 0700), 0);
	assert_int_equal(state_load(dir_fd, &state, &diag), -EISDIR);
	assert_int_equal(diag.n_errors, 1);
	assert_int_equal(unlinkat(dir_fd, STATE_FILE_NAME, AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_what_is_no_state),
		cmocka_unit_test(test_cut_short_anywhere),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_what_is_compiled),
		cmocka_unit_test(test_a_broken_seal),
		cmocka_unit_test(test_sealed_texts),
		cmocka_unit_test(test_sealed_texts_that_are_odd),
		cmocka_unit_test(test_get_keeps_the_order),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests_name("model/state", tests, NULL, NULL);
}
