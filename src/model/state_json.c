/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "model/snapshot.h"
#include "model/state.h"
#include "state_sealed.h"
#include "timestamp.h"

/* The reason, with the name that the trouble is about where it is about one. */
static int invalid(struct diag *diag, const char *name, const char *reason)
{
	const struct place place = { .source = STATE_FILE_NAME };

	if (name)
		diag_error(diag, &place, NULL, "profile %s: %s", name, reason);
	else
		diag_error(diag, &place, NULL, "%s", reason);
	return STATE_E_INVALID;
}

/* jansson's integers end at 2^63 - 1, far above what counting reaches. */
static bool get_count(const json_t *object, const char *key, uint64_t least, uint64_t *valuep)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < (json_int_t)least)
		return false;
	*valuep = (uint64_t)json_integer_value(value);
	return true;
}

static bool get_time(const json_t *object, const char *key, struct timespec *timep)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && timestamp_parse(text, timep);
}

static bool get_digest(const json_t *object, const char *key, uint8_t digest[DIGEST_SIZE])
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && !digest_from_hex(text, digest);
}

/* What is missing or odd is not known; whether it may be believed is for others to judge. */
static void parse_span(const json_t *object, struct state_record *record)
{
	const char *text = json_string_value(json_object_get(object, "span"));
	struct span span;
	uint64_t n_bytes;
	int n_read = 0;

	if (!text || !get_count(object, "bytes", 1, &n_bytes) ||
	    sscanf(text, "%" SCNu32 "+%" SCNu32 "@%" SCNu32 "%n", &span.offset, &span.n,
	           &span.column, &n_read) != 3 ||
	    text[n_read])
		return;
	record->n_bytes = n_bytes;
	record->span = span;
	record->is_compiled = json_is_true(json_object_get(object, "compiled"));
}

static int parse_record(const char *name, const json_t *object, struct state *state,
                        struct diag *diag)
{
	struct state_record *record;
	const json_t *present = json_object_get(object, "present");

	if (!json_is_object(object))
		return invalid(diag, name, "not an object");
	record = state_get(state, name);
	if (!record)
		return -ENOMEM;
	if (!json_is_boolean(present))
		return invalid(diag, name, "`present` is not true or false");
	record->present = json_is_true(present);
	if (!get_count(object, "version", 1, &record->version))
		return invalid(diag, name, "`version` is not an integer from 1");
	if (!get_count(object, "nodeid", NODEID_FIRST, &record->nodeid) ||
	    record->nodeid >= state->next_nodeid)
		return invalid(diag, name, "`nodeid` is not one that was given out");
	if (!get_time(object, "created", &record->created) ||
	    !get_time(object, "updated", &record->updated))
		return invalid(diag, name, "`created` or `updated` is not a time");
	if (!get_digest(object, "sha256", record->digest))
		return invalid(diag, name, "`sha256` is not a digest");
	if (state->maker && record->present)
		parse_span(object, record);
	return 0;
}

static int compare_nodeids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Two names with one nodeid would show one of them the other's content. */
static int check_nodeids(const struct state *state, struct diag *diag)
{
	_cleanup_(freep) uint64_t *nodeids = NULL;

	if (!state->n_records)
		return 0;
	nodeids = reallocarray(NULL, state->n_records, sizeof(*nodeids));
	if (!nodeids)
		return -ENOMEM;
	for (size_t i = 0; i < state->n_records; i++)
		nodeids[i] = state->records[i].nodeid;
	qsort(nodeids, state->n_records, sizeof(*nodeids), compare_nodeids);
	for (size_t i = 1; i < state->n_records; i++) {
		if (nodeids[i] == nodeids[i - 1])
			return invalid(diag, NULL, "two profiles have the same `nodeid`");
	}
	return 0;
}

static int parse_records(json_t *profiles, struct state *state, struct diag *diag)
{
	const char *name;
	json_t *object;

	if (!json_is_object(profiles))
		return invalid(diag, NULL, "`profiles` is not an object");
	json_object_foreach(profiles, name, object)
	{
		int r = parse_record(name, object, state, diag);

		if (r)
			return r;
	}
	return 0;
}

static int parse_last_result(const json_t *value, struct state *state, struct diag *diag)
{
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return invalid(diag, NULL, "`lastResult` is not a string");
	state->last_result = strdup(json_string_value(value));
	return state->last_result ? 0 : -ENOMEM;
}

static int parse_maker(const json_t *root, struct state *state)
{
	const char *maker = json_string_value(json_object_get(root, "maker"));

	if (!maker)
		return 0;
	state->maker = strdup(maker);
	return state->maker ? 0 : -ENOMEM;
}

static int parse_root(const json_t *root, bool sealed, struct state *state, struct diag *diag)
{
	const json_t *digest = json_object_get(root, "configDigest");
	uint64_t schema;
	int r;

	if (!get_count(root, "schema", 1, &schema))
		return invalid(diag, NULL, "`schema` is not an integer from 1");
	if (schema > STATE_SCHEMA) {
		const struct place place = { .source = STATE_FILE_NAME };

		diag_error(diag, &place, NULL,
		           "schema %llu is of a newer version of seccompfs, this one knows %d",
		           (unsigned long long)schema, STATE_SCHEMA);
		return STATE_E_NEWER;
	}
	if (!get_count(root, "nextNodeid", NODEID_FIRST, &state->next_nodeid))
		return invalid(diag, NULL, "`nextNodeid` is not a nodeid");
	if (!get_count(root, "versionFloor", 0, &state->version_floor))
		return invalid(diag, NULL, "`versionFloor` is not an integer from 0");
	state->has_config_digest = !!digest;
	if (digest && !get_digest(root, "configDigest", state->config_digest))
		return invalid(diag, NULL, "`configDigest` is not a digest");
	state->config_refused = json_is_true(json_object_get(root, "configRefused"));
	/* Before the records, which have more to tell then. */
	r = sealed ? parse_maker(root, state) : 0;
	if (!r)
		r = parse_records(json_object_get(root, "profiles"), state, diag);
	return r ? r : parse_last_result(json_object_get(root, "lastResult"), state, diag);
}

static int parse_json(const char *bytes, size_t n_bytes, bool sealed, struct state *state,
                      struct diag *diag)
{
	_cleanup_(json_decrefp) json_t *root = NULL;
	json_error_t error;

	if (!n_bytes)
		return invalid(diag, NULL, "the file is empty");
	root = json_loadb(bytes, n_bytes, JSON_REJECT_DUPLICATES, &error);
	if (!root && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!root) {
		const struct place place = { STATE_FILE_NAME, (uint32_t)error.line,
			                     (uint32_t)error.column };

		diag_error(diag, &place, NULL, "%s", error.text);
		return STATE_E_INVALID;
	}
	if (!json_is_object(root))
		return invalid(diag, NULL, "not an object");
	return parse_root(root, sealed, state, diag);
}

int state_parse(const char *bytes, size_t n_bytes, struct state **statep, struct diag *diag)
{
	_cleanup_(state_freep) struct state *state = state_new();
	bool sealed = state_is_sealed(bytes, n_bytes);
	int r = STATE_SEALED_E_ODD;

	if (state && sealed)
		r = state_read_sealed(bytes, n_bytes, state);
	if (r == STATE_SEALED_E_ODD) {
		state_free(state);
		state = state_new();
		r = state ? parse_json(bytes, n_bytes, sealed, state, diag) : -ENOMEM;
	}
	r = r ? r : check_nodeids(state, diag);
	if (r)
		return r;
	*statep = steal_ptr(state);
	return 0;
}
