/* SPDX-License-Identifier: Apache-2.0 */

#include "model/state.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/buffer.h"
#include "base/file.h"
#include "model/snapshot.h"

struct state *state_new(void)
{
	struct state *state = calloc(1, sizeof(*state));

	if (state)
		state->next_nodeid = NODEID_FIRST;
	return state;
}

void state_free(struct state *state)
{
	if (!state)
		return;
	for (size_t i = 0; i < state->n_records; i++)
		free(state->records[i].name);
	free(state->records);
	free(state->last_result);
	free(state->maker);
	free(state);
}

int state_load(int dir_fd, struct state **statep, struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	const struct place place = { .source = STATE_FILE_NAME };
	int r = file_read(dir_fd, STATE_FILE_NAME, STATE_SIZE_MAX, &text, NULL);

	if (r == -ENOENT) {
		*statep = state_new();
		return *statep ? 0 : -ENOMEM;
	}
	if (r) {
		diag_error(diag, &place, NULL, "%s", strerror(-r));
		return r;
	}
	return state_parse(text.data, text.n_data, statep, diag);
}

/* The index of name, or where it would have to stand. */
static size_t find_place(const struct state *state, const char *name, bool *foundp)
{
	size_t low = 0, high = state->n_records;

	*foundp = false;
	/* States are built in the order of their names: at the end is the likely place. */
	if (high && strcmp(state->records[high - 1].name, name) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(state->records[middle].name, name);

		if (!order) {
			*foundp = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct state_record *state_find(const struct state *state, const char *name)
{
	bool found;
	size_t i = find_place(state, name, &found);

	return found ? &state->records[i] : NULL;
}

struct state_record *state_get(struct state *state, const char *name)
{
	struct state_record *records = NULL;
	bool found;
	size_t i = find_place(state, name, &found);
	char *copy;

	if (found)
		return &state->records[i];
	copy = strdup(name);
	if (copy)
		records = array_make_room(state->records, state->n_records, sizeof(*records));
	if (!records) {
		free(copy);
		return NULL;
	}
	state->records = records;
	memmove(&records[i + 1], &records[i], (state->n_records - i) * sizeof(*records));
	state->n_records++;
	records[i] = (struct state_record){ .name = copy };
	return &records[i];
}
