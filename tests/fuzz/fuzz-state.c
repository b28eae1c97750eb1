/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The bytes of a state file. What loads is written so that it loads again as it was, and always in
 * the same way, with a seal or without; what does not says why.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/state.h"
#include "state_sealed.h"

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* Returns owned, or NULL for what is refused. */
static struct state *parse(const void *bytes, size_t n_bytes)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct state *state = NULL;
	int r = state_parse(bytes, n_bytes, &state, &diag);

	CHECK(r == 0 || r == STATE_E_INVALID || r == STATE_E_NEWER);
	CHECK((r == 0) == (state != NULL));
	CHECK((r == 0) == (diag.n_errors == 0));
	return state;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static void check_record(const struct state *state, size_t i, const struct state_record *b)
{
	const struct state_record *a = &state->records[i];

	CHECK(strcmp(a->name, b->name) == 0 && a->present == b->present);
	CHECK(a->version == b->version && a->nodeid == b->nodeid);
	CHECK(is_same_time(&a->created, &b->created) && is_same_time(&a->updated, &b->updated));
	CHECK(memcmp(a->digest, b->digest, DIGEST_SIZE) == 0);
	CHECK(a->is_compiled == b->is_compiled);
	CHECK(a->n_bytes == b->n_bytes && memcmp(&a->span, &b->span, sizeof(a->span)) == 0);
	CHECK(a->nodeid < state->next_nodeid && a->version > 0);
	CHECK(state_find(state, a->name) == a);
	CHECK(i == 0 || strcmp(state->records[i - 1].name, a->name) < 0);
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_same(const struct state *a, const struct state *b)
{
	CHECK(a->next_nodeid == b->next_nodeid && a->version_floor == b->version_floor);
	CHECK(a->config_refused == b->config_refused);
	CHECK(a->has_config_digest == b->has_config_digest);
	CHECK(memcmp(a->config_digest, b->config_digest, DIGEST_SIZE) == 0);
	CHECK(is_same_text(a->last_result, b->last_result) && is_same_text(a->maker, b->maker));
	CHECK(a->n_records == b->n_records);
	for (size_t i = 0; i < a->n_records; i++)
		check_record(a, i, &b->records[i]);
}

/* With a seal, it is read in another way. */
static void check_sealed(struct state *state)
{
	_cleanup_(state_freep) struct state *again = state_new();
	_cleanup_(freep) char *text = NULL;
	size_t n_text;

	CHECK(again);
	if (!state->maker)
		state->maker = strdup("fuzz");
	for (size_t i = 0; i < state->n_records; i++) {
		struct state_record *record = &state->records[i];

		record->n_bytes = record->present ? record->version : 0;
		record->is_compiled = record->present && i % 2;
		record->span = record->present ? (struct span){ record->digest[0], i + 1, 1 }
		                               : (struct span){ 0 };
	}
	text = state_format(state, &n_text);
	CHECK(text && state_is_sealed(text, n_text));
	CHECK(state_read_sealed(text, n_text, again) == 0);
	check_same(state, again);
	/* As any JSON. */
	state_free(again);
	text[n_text - 1] = ' ';
	again = parse(text, n_text);
	CHECK(again && again->n_records == state->n_records && !again->maker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(state_freep) struct state *state = parse(data, size);
	_cleanup_(state_freep) struct state *again = NULL;
	_cleanup_(freep) char *text = NULL, *same = NULL;
	size_t n_text, n_same;

	if (!state)
		return 0;
	text = state_format(state, &n_text);
	CHECK(text);
	again = parse(text, n_text);
	CHECK(again);
	check_same(state, again);
	same = state_format(again, &n_same);
	CHECK(same && n_same == n_text && memcmp(same, text, n_text) == 0);
	check_sealed(state);
	return 0;
}
