/* SPDX-License-Identifier: Apache-2.0 */

#include "flow_scanner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "document/yaml_reader.h"

static enum flow_state state_of(const char *text, size_t n_text)
{
	struct flow_scanner scanner = FLOW_SCANNER_INIT;

	flow_scanner_feed(&scanner, text, n_text);
	return flow_scanner_state(&scanner);
}

/* The same, one byte at a time. */
static enum flow_state state_of_bytes(const char *text, size_t n_text)
{
	struct flow_scanner scanner = FLOW_SCANNER_INIT;

	for (size_t i = 0; i < n_text; i++)
		flow_scanner_feed(&scanner, text + i, 1);
	return flow_scanner_state(&scanner);
}

struct sample {
	const char *text;
	enum flow_state state;
};

static const struct sample samples[] = {
	/* Nothing yet. */
	{ "", FLOW_BLANK },
	{ " \t\r\n\n", FLOW_BLANK },
	{ "# {a: b}", FLOW_BLANK },
	{ "# one\n  # two\n", FLOW_BLANK },
	{ "...\n", FLOW_BLANK },
	{ "... # nothing\n", FLOW_BLANK },
	{ "\n...\n...\r\n", FLOW_BLANK },

	/* Brackets. */
	{ "{", FLOW_OPEN },
	{ "{}", FLOW_CLOSED },
	{ "[]", FLOW_CLOSED },
	{ " \n# c\n {a: [b, {c: d}]}", FLOW_CLOSED },
	{ "{a: [b, {c: d}]", FLOW_OPEN },
	{ "{a: b}\n", FLOW_CLOSED },
	{ "{a: b} \t\r\n\n# comment {\n", FLOW_CLOSED },
	{ "{a: b}# comment {", FLOW_CLOSED },
	{ "{a: b}\n...\n", FLOW_CLOSED },
	{ "{a: b}\n... # c\n\n", FLOW_CLOSED },

	/* Something else behind them. */
	{ "{a: b}: c", FLOW_OPEN },
	{ "{a: b}\n{c: d}", FLOW_OPEN },
	{ "{a: b}\n---\n{c: d}\n", FLOW_OPEN },
	{ "{a: b}\n---\n{c: d}\n...\n", FLOW_CLOSED },
	{ "{a: b}\n..", FLOW_MARKER },
	{ "{a: b}}", FLOW_OPEN },
	{ "{a: b} ...\n", FLOW_OPEN },

	/* Quotes. */
	{ "{a: '}'", FLOW_OPEN },
	{ "{a: '}'}", FLOW_CLOSED },
	{ "{a: 'it''s }'", FLOW_OPEN },
	{ "{a: 'it''s }'}", FLOW_CLOSED },
	{ "{a: ''}", FLOW_CLOSED },
	{ "{a: '''}", FLOW_OPEN },
	{ "{a: \"}\"", FLOW_OPEN },
	{ "{a: \"}\"}", FLOW_CLOSED },
	{ "{a: \"\\\"}\"", FLOW_OPEN },
	{ "{a: \"\\\"}\"}", FLOW_CLOSED },
	{ "{a: \"\\\\\"}", FLOW_CLOSED },
	{ "{\"a\":\"}\",\"b\":[\"]\"", FLOW_OPEN },
	{ "{\"a\":\"}\",\"b\":[\"]\"]}", FLOW_CLOSED },
	{ "['a'#}]\n", FLOW_OPEN },
	{ "{a: \"line\n...\nline\"}", FLOW_CLOSED },

	/* Quotes that are none: inside of plain scalars. */
	{ "{a: it's}", FLOW_CLOSED },
	{ "{a: b 'c}", FLOW_CLOSED },
	{ "{a: 5\"}", FLOW_CLOSED },
	{ "{a:\"b}", FLOW_CLOSED },
	{ "{a: b\n  \"c}", FLOW_CLOSED },
	{ "{a: b: 'c}", FLOW_OPEN },
	{ "{a: b: 'c}'}", FLOW_CLOSED },
	{ "{a :\t'}'}", FLOW_CLOSED },
	{ "{a :\t'}'", FLOW_OPEN },

	/* Comments. */
	{ "{a: b # }\n", FLOW_OPEN },
	{ "{a: b # }\n}", FLOW_CLOSED },
	{ "{a: b # }\r}", FLOW_CLOSED },
	{ "{a: b#}", FLOW_CLOSED },
	{ "[a,#}]\n]", FLOW_CLOSED },
	{ "[a,#}]", FLOW_OPEN },
	{ "{# '\n}", FLOW_CLOSED },

	/* Block documents and their end markers. */
	{ "a: b\n", FLOW_OPEN },
	{ "a: {b: c}\n", FLOW_OPEN },
	{ "- a\n- b\n", FLOW_OPEN },
	{ "--\n", FLOW_OPEN },
	{ "a: b\n...", FLOW_MARKER },
	{ "..", FLOW_MARKER },
	{ "...\n.", FLOW_MARKER },
	{ "a: b\n...\n", FLOW_CLOSED },
	{ "a: b\r\n...\r\n", FLOW_CLOSED },
	{ "a: b\n... # end\n\n  \n", FLOW_CLOSED },
	{ "a: b\n...c\n", FLOW_OPEN },
	{ "a: b\n....\n", FLOW_OPEN },
	{ "a: b\n ...\n", FLOW_OPEN },
	{ "a: b ...\n", FLOW_OPEN },
	{ "a: b\n...\nc: d\n", FLOW_OPEN },
	{ "a: b\n...\n---\nc: d\n...\n", FLOW_CLOSED },
	{ "a: b\n... c", FLOW_OPEN },
	{ "..a\n", FLOW_OPEN },
	{ "a\n-\n--\n-", FLOW_OPEN },
	{ "- a\nb--c\n", FLOW_OPEN },

	/* A stream that says where documents begin ends with its bytes. */
	{ "---", FLOW_OPAQUE },
	{ "---\n{a: b}\n", FLOW_OPAQUE },
	{ "# c\n\n--- {a: b}\n", FLOW_OPAQUE },
	{ "---\na: b\n...\n", FLOW_OPAQUE },
	{ "%YAML 1.2\n---\n{}\n", FLOW_OPAQUE },
	{ " ---\n{}", FLOW_OPEN },

	/* What a byte's context cannot tell. */
	{ "{a: &b '}'}", FLOW_OPAQUE },
	{ "{a: !!str '}'}", FLOW_OPAQUE },
	{ "{a: *b }", FLOW_OPAQUE },
	{ "{? '}'}", FLOW_OPAQUE },
	{ "{a: b, # \xc2\x85}", FLOW_OPAQUE },
	{ "# \xe2\x80\xa8{}", FLOW_OPAQUE },
	{ "# \xe2\x80\xa9{}", FLOW_OPAQUE },
	{ "{a: \xc3\xa9}", FLOW_CLOSED },
	{ "{a: b&c}", FLOW_CLOSED },

	/* Encodings. */
	{ "\xef\xbb\xbf{}", FLOW_ENCODED },
	{ "\xff\xfe{", FLOW_ENCODED },
	{ "\xfe\xff", FLOW_ENCODED },
};

static void test_samples(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *text = samples[i].text;

		if (state_of(text, strlen(text)) != samples[i].state)
			fail_msg("<%s> is %d, expected %d", text, state_of(text, strlen(text)),
			         samples[i].state);
		assert_int_equal(state_of_bytes(text, strlen(text)), samples[i].state);
	}
	assert_int_equal(state_of("\0{\0}", 4), FLOW_ENCODED);
	assert_int_equal(state_of("{\0}\0", 4), FLOW_OPAQUE);
}

/* The rest of a comment behind a document is not the next one. */
static void test_restart(void **state)
{
	struct flow_scanner scanner = FLOW_SCANNER_INIT;

	flow_scanner_feed(&scanner, "{a: b} # c", 10);
	assert_int_equal(flow_scanner_state(&scanner), FLOW_CLOSED);
	flow_scanner_restart(&scanner);
	assert_int_equal(flow_scanner_state(&scanner), FLOW_BLANK);
	flow_scanner_feed(&scanner, "\xef\xbc\x81 {d: e}", 10);
	assert_int_equal(flow_scanner_state(&scanner), FLOW_BLANK);
	flow_scanner_feed(&scanner, "\n[f", 3);
	assert_int_equal(flow_scanner_state(&scanner), FLOW_OPEN);
	flow_scanner_feed(&scanner, "]", 1);
	assert_int_equal(flow_scanner_state(&scanner), FLOW_CLOSED);
	flow_scanner_restart(&scanner);
	flow_scanner_feed(&scanner, "\xef\xbb\xbf{}", 5);
	assert_int_equal(flow_scanner_state(&scanner), FLOW_ENCODED);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/* Pieces that meet all the rules; brackets and quotes often enough that texts close. */
static const char *const pieces[] = {
	"{",  "}",  "[",  "]",   "{",  "}",    "[",   "]",     ",",   ", ",
	":",  ": ", "a",  "b c", "'",  "\"",   "''",  "\\",    "#",   " #",
	"\n", " ",  "\t", "-",   "- ", "\r\n", "'x'", "\"y\"", "a: ", "...\n",
};

static size_t make_text(uint32_t *seed, char *text, size_t n_text)
{
	size_t n_pieces = next_random(seed) % 14;
	size_t n = 1;

	text[0] = next_random(seed) % 2 ? '{' : '[';
	for (size_t i = 0; i < n_pieces; i++) {
		const char *piece = pieces[next_random(seed) % ARRAY_SIZE(pieces)];

		n += (size_t)snprintf(text + n, n_text - n, "%s", piece);
	}
	return n;
}

/*
 * The reader is the judge. Where it takes a text for one flow collection with nothing behind, the
 * scanner must see it close, and at the very byte where the reader sees its end.
 */
static bool check_against_reader(const char *text, size_t n_text)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	size_t end;

	if (yaml_read_bytes("text", text, n_text, &stream, NULL, NULL) ||
	    stream->n_documents != 1 || stream->documents[0].root->style != NODE_STYLE_FLOW)
		return false;
	if (state_of(text, n_text) == FLOW_OPAQUE)
		return false;
	end = stream->documents[0].root->end.offset;
	for (size_t n = 1; n <= n_text; n++) {
		enum flow_state expected = n < end ? FLOW_OPEN : FLOW_CLOSED;

		if (n > end && state_of(text, n) == FLOW_MARKER)
			continue;
		if (state_of(text, n) != expected)
			fail_msg("<%.*s> ends at %zu", (int)n_text, text, end);
	}
	return true;
}

static void test_random_against_reader(void **state)
{
	uint32_t seed = 1;
	size_t n_checked = 0;

	for (size_t i = 0; i < 300000; i++) {
		char text[128];
		size_t n_text = make_text(&seed, text, sizeof(text));

		n_checked += check_against_reader(text, n_text);
	}
	/* Enough of them were valid for this to mean something. */
	assert_true(n_checked > 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_random_against_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
