/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every piece of the text is expected where the writer puts it (state_writer.c), down to the blanks.
 * The first that is not there ends it: whatever else is JSON is for state_json.c.
 */

#include "state_sealed.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"
#include "model/snapshot.h"
#include "state_text.h"
#include "timestamp.h"

#define TIME_LENGTH 30 /* "2026-11-23T20:24:16.000000001Z" */

struct scanner {
	const char *at;
	const char *end;
	struct buffer string; /* the last that was taken */
	bool is_odd;          /* from here on nothing is what it should be */
};

static bool take(struct scanner *scanner, const char *piece)
{
	size_t n = strlen(piece);

	if (scanner->is_odd || (size_t)(scanner->end - scanner->at) < n ||
	    memcmp(scanner->at, piece, n) != 0)
		return false;
	scanner->at += n;
	return true;
}

static void expect(struct scanner *scanner, const char *piece)
{
	if (!take(scanner, piece))
		scanner->is_odd = true;
}

static uint64_t expect_count(struct scanner *scanner, uint64_t least, uint64_t most)
{
	uint64_t n = 0;
	size_t n_digits = 0;

	while (scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9' &&
	       n_digits < 19) {
		n = n * 10 + (uint64_t)(*scanner->at++ - '0');
		n_digits++;
	}
	if (!n_digits || n < least || n > most)
		scanner->is_odd = true;
	return n;
}

/* Returns borrowed n characters, or NULL. */
static const char *expect_characters(struct scanner *scanner, size_t n)
{
	const char *at = scanner->at;

	if (scanner->is_odd || (size_t)(scanner->end - at) < n) {
		scanner->is_odd = true;
		return NULL;
	}
	scanner->at += n;
	return at;
}

static void expect_digest(struct scanner *scanner, uint8_t digest[DIGEST_SIZE])
{
	const char *text = expect_characters(scanner, DIGEST_HEX_SIZE - 1);
	char hex[DIGEST_HEX_SIZE] = "";

	if (text)
		memcpy(hex, text, DIGEST_HEX_SIZE - 1);
	if (digest_from_hex(hex, digest))
		scanner->is_odd = true;
}

static void expect_time(struct scanner *scanner, struct timespec *time)
{
	const char *text = expect_characters(scanner, TIME_LENGTH);
	char copy[TIME_LENGTH + 1] = "";

	if (text)
		memcpy(copy, text, TIME_LENGTH);
	if (!timestamp_parse(copy, time))
		scanner->is_odd = true;
}

/* Behind `\u`. The writer has no pairs of surrogates, and no text has a NUL. */
static void take_code(struct scanner *scanner)
{
	const char *text = expect_characters(scanner, 4);
	unsigned int code = 0;

	for (size_t i = 0; text && i < 4; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			scanner->is_odd = true;
		else
			code = code << 4 | (unsigned int)(digit - digits);
	}
	if (!code || (code >= 0xd800 && code < 0xe000))
		scanner->is_odd = true;
	else
		utf8_append(&scanner->string, code);
}

static void take_escape(struct scanner *scanner)
{
	static const char escapes[] = "\"\"\\\\b\bf\fn\nr\rt\t";
	const char *c = expect_characters(scanner, 1);

	if (c && *c == 'u') {
		take_code(scanner);
		return;
	}
	for (size_t i = 0; c && i < sizeof(escapes) - 1; i += 2) {
		if (escapes[i] == *c) {
			buffer_append_char(&scanner->string, escapes[i + 1]);
			return;
		}
	}
	scanner->is_odd = true;
}

/* With its quotes. Returns borrowed the text until the next one, never NULL. */
static const char *expect_string(struct scanner *scanner)
{
	buffer_clear(&scanner->string);
	buffer_append_string(&scanner->string, "");
	expect(scanner, "\"");
	while (!scanner->is_odd && !take(scanner, "\"")) {
		size_t n = 0, n_left = (size_t)(scanner->end - scanner->at);

		while (n < n_left && scanner->at[n] != '"' && scanner->at[n] != '\\' &&
		       scanner->at[n])
			n++;
		buffer_append(&scanner->string, scanner->at, n);
		scanner->at += n;
		if (take(scanner, "\\"))
			take_escape(scanner);
		else if (n == n_left || !*scanner->at)
			scanner->is_odd = true;
	}
	return buffer_error(&scanner->string) ? "" : scanner->string.data;
}

static void read_span(struct scanner *scanner, struct state_record *record)
{
	record->n_bytes = expect_count(scanner, 1, INT64_MAX);
	expect(scanner, ", \"span\": \"");
	record->span.offset = (uint32_t)expect_count(scanner, 0, UINT32_MAX);
	expect(scanner, "+");
	record->span.n = (uint32_t)expect_count(scanner, 1, UINT32_MAX);
	expect(scanner, "@");
	record->span.column = (uint32_t)expect_count(scanner, 0, UINT32_MAX);
	expect(scanner, "\"");
	record->is_compiled = take(scanner, ", \"compiled\": true");
}

static void read_fields(struct scanner *scanner, const struct state *state,
                        struct state_record *record)
{
	expect(scanner, ": {\"present\": ");
	record->present = take(scanner, "true");
	if (!record->present)
		expect(scanner, "false");
	expect(scanner, ", \"version\": ");
	record->version = expect_count(scanner, 1, INT64_MAX);
	expect(scanner, ", \"nodeid\": ");
	record->nodeid = expect_count(scanner, NODEID_FIRST, state->next_nodeid - 1);
	expect(scanner, ", \"created\": \"");
	expect_time(scanner, &record->created);
	expect(scanner, "\", \"updated\": \"");
	expect_time(scanner, &record->updated);
	expect(scanner, "\", \"sha256\": \"");
	expect_digest(scanner, record->digest);
	expect(scanner, "\"");
	if (take(scanner, ", \"bytes\": "))
		read_span(scanner, record);
	expect(scanner, "}");
}

/* In the order of their names, each once. */
static int read_record(struct scanner *scanner, struct state *state)
{
	const char *name = expect_string(scanner);
	size_t n = state->n_records;
	struct state_record *record;

	if (scanner->is_odd || (n && strcmp(state->records[n - 1].name, name) >= 0))
		return STATE_SEALED_E_ODD;
	record = state_get(state, name);
	if (!record)
		return -ENOMEM;
	read_fields(scanner, state, record);
	return scanner->is_odd ? STATE_SEALED_E_ODD : 0;
}

static int read_records(struct scanner *scanner, struct state *state)
{
	int r = 0;

	expect(scanner, "\n \"profiles\": {");
	if (take(scanner, "}"))
		return 0;
	do {
		expect(scanner, "\n  ");
		r = read_record(scanner, state);
	} while (!r && take(scanner, ","));
	expect(scanner, "\n }");
	return r;
}

static int read_text(struct scanner *scanner, char **textp)
{
	*textp = strdup(expect_string(scanner));
	expect(scanner, ",");
	return *textp ? 0 : -ENOMEM;
}

static int read_head(struct scanner *scanner, struct state *state)
{
	int r = 0;

	expect(scanner, "{\n \"schema\": ");
	expect_count(scanner, STATE_SCHEMA, STATE_SCHEMA);
	expect(scanner, ",\n \"nextNodeid\": ");
	state->next_nodeid = expect_count(scanner, NODEID_FIRST, INT64_MAX);
	expect(scanner, ",\n \"versionFloor\": ");
	state->version_floor = expect_count(scanner, 0, INT64_MAX);
	expect(scanner, ",");
	state->has_config_digest = take(scanner, "\n \"configDigest\": \"");
	if (state->has_config_digest) {
		expect_digest(scanner, state->config_digest);
		expect(scanner, "\",");
	}
	state->config_refused = take(scanner, "\n \"configRefused\": true,");
	if (take(scanner, "\n \"lastResult\": "))
		r = read_text(scanner, &state->last_result);
	if (!r && take(scanner, "\n \"maker\": "))
		r = read_text(scanner, &state->maker);
	return r;
}

int state_read_sealed(const char *text, size_t n_text, struct state *state)
{
	struct scanner scanner = { .at = text, .end = text + n_text };
	uint8_t seal[DIGEST_SIZE];
	int r = read_head(&scanner, state);

	if (!r)
		r = read_records(&scanner, state);
	expect(&scanner, STATE_SEAL_BEFORE);
	expect_digest(&scanner, seal);
	expect(&scanner, STATE_SEAL_BEHIND);
	if (!r && buffer_error(&scanner.string))
		r = -ENOMEM;
	if (!r && (scanner.is_odd || scanner.at != scanner.end))
		r = STATE_SEALED_E_ODD;
	buffer_deinit(&scanner.string);
	return r;
}

bool state_is_sealed(const char *text, size_t n_text)
{
	const size_t n_before = strlen(STATE_SEAL_BEFORE), n_hex = DIGEST_HEX_SIZE - 1;
	const size_t n_seal = n_before + n_hex + strlen(STATE_SEAL_BEHIND);
	uint8_t digest[DIGEST_SIZE], found[DIGEST_SIZE];
	struct scanner scanner = { 0 };

	if (n_text < n_seal)
		return false;
	scanner.at = text + n_text - n_seal;
	scanner.end = text + n_text;
	expect(&scanner, STATE_SEAL_BEFORE);
	expect_digest(&scanner, digest);
	expect(&scanner, STATE_SEAL_BEHIND);
	if (scanner.is_odd)
		return false;
	digest_compute(text, n_text - n_seal, found);
	return !memcmp(digest, found, DIGEST_SIZE);
}
