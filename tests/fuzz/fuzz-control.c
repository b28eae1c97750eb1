/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One patch, written to the control file in one piece and in many: the config is the same in the
 * end, or both are refused and nothing changed. The first byte of the input counts the cuts, a byte
 * each follows, in 256ths of the text behind them.
 *
 * The store is one in memory. Where a text is no single patch, a cut may divide it in several; then
 * only the limits hold within which that is meant to happen: every transaction is a piece of the
 * text, the pieces stand in order, none overlaps another.
 */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "flow_scanner.h"
#include "fs/patch_stream.h"
#include "model/patch.h"
#include "profile_modes.h"

#define CUTS_MAX  16
#define MAX_PATCH ((size_t)1 << 20)

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static const char first_config[] = "machine:\n"
				   "  type: worker\n"
				   "  seccompProfiles:\n"
				   "    - name: audit.json # kept\n"
				   "      value: {defaultAction: SCMP_ACT_LOG}\n"
				   "    - name: deny.json\n"
				   "      value: {defaultAction: SCMP_ACT_KILL}\n";

struct store {
	struct machine_config *config;
	const char *text; /* all that is written */
	size_t n_text;
	size_t n_seen; /* bytes of text in or in front of the last transaction */
	size_t n_refused;
	const struct result *last;
};

static void store_begin(struct store *store, const char *text, size_t n_text)
{
	*store = (struct store){ .text = text, .n_text = n_text };
	CHECK(machine_config_parse("machine.yaml", first_config, strlen(first_config), &options_off,
	                           &store->config, NULL) == 0);
}

/* A transaction is a piece of what was written, behind the one before it. */
static void check_piece(struct store *store, const char *bytes, size_t n_bytes)
{
	const char *piece = memmem(store->text + store->n_seen, store->n_text - store->n_seen,
	                           bytes, n_bytes);

	CHECK(piece);
	store->n_seen = (size_t)(piece - store->text) + n_bytes;
}

bool store_is_hopeless(struct store *store, const void *bytes, size_t n_bytes, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *read = NULL;

	return patch_is_hopeless(bytes, n_bytes, &read, diag);
}

int store_patch(struct store *store, const void *bytes, size_t n_bytes, struct result *result)
{
	struct machine_config *config = NULL;
	int r;

	check_piece(store, bytes, n_bytes);
	r = patch_apply_bytes(store->config, bytes, n_bytes, &options_off, &config, &result->diag);
	CHECK(r >= 0);
	if (r == PATCH_E_INVALID) {
		CHECK(result->diag.n_errors);
		result_fail(result, EINVAL, "refused");
		store->n_refused++;
		return -EINVAL;
	}
	if (r == 0) {
		machine_config_free(store->config);
		store->config = config;
	}
	return 0;
}

void store_record_failure(struct store *store, const struct result *result)
{
	CHECK(result->kind == RESULT_FAILED && result->message);
	store->n_refused++;
}

const char *store_last_result(const struct store *store)
{
	return "";
}

static bool is_text(unsigned char c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= ' ' && c < 0x7f);
}

/*
 * Whether no cut can divide it: once a document is closed nothing but blanks and comments comes. A
 * byte in a comment that YAML does not allow refuses the whole, when it comes with it.
 */
static bool is_single(const char *text, size_t n_text)
{
	struct flow_scanner scanner = FLOW_SCANNER_INIT;
	bool was_closed = false;

	for (size_t i = 0; i < n_text; i++) {
		bool is_closed;

		flow_scanner_feed(&scanner, text + i, 1);
		is_closed = flow_scanner_state(&scanner) == FLOW_CLOSED;
		if (was_closed && (!is_closed || !is_text((unsigned char)text[i])))
			return false;
		was_closed = is_closed;
	}
	return true;
}

/* True when every call succeeded. */
static bool write_all(struct store *store, const size_t *cuts, size_t n_cuts)
{
	_cleanup_(patch_stream_freep) struct patch_stream *stream = patch_stream_new(store,
	                                                                             MAX_PATCH);
	bool ok = true;
	size_t n;

	for (size_t i = 0; i + 1 < n_cuts; i++)
		ok &= patch_stream_write(stream, store->text + cuts[i], cuts[i + 1] - cuts[i]) == 0;
	ok &= patch_stream_flush(stream) == 0;
	(void)patch_stream_result(stream, &n);
	patch_stream_release(stream);
	CHECK(ok == !store->n_refused);
	return ok;
}

static int compare_sizes(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void check_same(const struct store *whole, const struct store *pieces)
{
	const struct source *a = whole->config->stream->source;
	const struct source *b = pieces->config->stream->source;

	CHECK(a->n_text == b->n_text && memcmp(a->text, b->text, a->n_text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cuts[CUTS_MAX + 2] = { 0 };
	size_t n_cuts = size ? data[0] % CUTS_MAX : 0;
	struct store whole, pieces;
	const char *text;
	bool whole_ok, pieces_ok;

	if (size < 1 + n_cuts)
		return 0;
	text = (const char *)data + 1 + n_cuts;
	size -= 1 + n_cuts;
	for (size_t i = 0; i < n_cuts; i++)
		cuts[i + 1] = size * data[1 + i] / 256;
	qsort(cuts + 1, n_cuts, sizeof(cuts[0]), compare_sizes);
	cuts[n_cuts + 1] = size;

	store_begin(&whole, text, size);
	store_begin(&pieces, text, size);
	whole_ok = write_all(&whole, (const size_t[]){ 0, size }, 2);
	pieces_ok = write_all(&pieces, cuts, n_cuts + 2);
	if (is_single(text, size)) {
		CHECK(whole_ok == pieces_ok);
		check_same(&whole, &pieces);
	}
	machine_config_free(whole.config);
	machine_config_free(pieces.config);
	return 0;
}
