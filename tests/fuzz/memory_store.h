#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A store without files, for the planes: patches, versions and nodeids are the real ones, nothing
 * is written. It stands in for the functions of model/store.h that the planes call, which are then
 * not linked. Included by one file of a program.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/patch.h"
#include "profile_modes.h"
#include "store_internal.h"

#define MEMORY_STORE_NAME "machine.yaml"

static const char memory_store_config[] = "machine:\n"
					  "  seccompProfiles:\n"
					  "    - name: audit.json\n"
					  "      value: {defaultAction: SCMP_ACT_LOG}\n"
					  "    - name: deny.json\n"
					  "      value: {defaultAction: SCMP_ACT_KILL}\n";

/* What store_commit() does without a disk. */
static int memory_store_commit(struct store *store, const struct machine_config *config,
                               struct result *result)
{
	_cleanup_(staged_deinit) struct staged staged = STAGED_INIT;
	const struct source *source = config->stream->source;
	struct snapshot *before = store->snapshot;
	int r = store_stage(store->state, before, config, source->text, source->n_text, &staged,
	                    result);

	if (r)
		return r;
	state_free(store->state);
	store->state = steal_ptr(staged.state);
	store->snapshot = steal_ptr(staged.snapshot);
	if (before)
		snapshot_make_replaced(before, store->snapshot, SIZE_MAX);
	if (store->changed)
		store->changed(store->userdata, before, store->snapshot);
	snapshot_unref(before);
	return 0;
}

static int memory_store_parse(const char *text, size_t n_text, struct machine_config **configp)
{
	return machine_config_parse(MEMORY_STORE_NAME, text, n_text, &options_off, configp, NULL);
}

/* Aborts without memory. */
static void memory_store_init(struct store *store)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	_cleanup_(result_deinit) struct result result = RESULT_INIT;

	*store = (struct store){ .state = state_new(), .leavings = LEAVINGS_INIT };
	if (!store->state ||
	    memory_store_parse(memory_store_config, strlen(memory_store_config), &config) ||
	    memory_store_commit(store, config, &result))
		abort();
}

static void memory_store_deinit(struct store *store)
{
	state_free(store->state);
	snapshot_unref(store->snapshot);
}

struct snapshot *store_snapshot(struct store *store)
{
	return snapshot_ref(store->snapshot);
}

bool store_trusted_state(const struct store *store)
{
	return store->trusted_state;
}

bool store_serves_config(const struct store *store)
{
	return !store->is_behind;
}

void store_count(const struct store *store, struct store_counts *counts)
{
	*counts = (struct store_counts){ 0 };
}

const uint8_t *store_config_digest(const struct store *store)
{
	return store->state->config_digest;
}

const char *store_last_result(const struct store *store)
{
	return store->state->last_result ? store->state->last_result : "";
}

void store_record_failure(struct store *store, const struct result *result)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	result_write(result, &text);
	free(store->state->last_result);
	store->state->last_result = buffer_steal(&text, NULL);
}

bool store_is_hopeless(struct store *store, const void *bytes, size_t n_bytes, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *read = NULL;

	return patch_is_hopeless(bytes, n_bytes, &read, diag);
}

int store_patch(struct store *store, const void *bytes, size_t n_bytes, struct result *result)
{
	_cleanup_(machine_config_freep) struct machine_config *base = NULL, *patched = NULL;
	int r;

	*result = RESULT_INIT;
	if (memory_store_parse(store->snapshot->config, store->snapshot->n_config, &base))
		abort(); /* it was made by a patch: that must be a config */
	r = patch_apply_bytes(base, bytes, n_bytes, &options_off, &patched, &result->diag);
	if (r == 0)
		r = memory_store_commit(store, patched, result);
	if (r == PATCH_E_UNCHANGED)
		r = 0;
	if (r) {
		result_fail(result, EINVAL, "refused");
		store_record_failure(store, result);
	}
	return r ? -EINVAL : 0;
}
