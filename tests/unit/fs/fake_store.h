#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A store that takes every patch which is valid YAML and keeps the bytes it was given, so that a
 * test can tell what became a transaction, in how many pieces, and what did not. It stands in
 * for the functions of model/store.h, which are then not linked. Included by one file of a program.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "document/yaml_reader.h"
#include "model/patch.h"
#include "model/store.h"

#define N_PATCHES_MAX 16

struct store {
	struct buffer patches[N_PATCHES_MAX]; /* that were taken */
	size_t n_patches;
	size_t n_failures; /* patches that were refused */
	size_t n_recorded; /* failures that were no patches */
	char last[256];
	int fault; /* what the disk says; 0: fine */
};

static void store_deinit(struct store *store)
{
	for (size_t i = 0; i < store->n_patches; i++)
		buffer_deinit(&store->patches[i]);
	*store = (struct store){ 0 };
}

static void remember(struct store *store, const struct result *result)
{
	snprintf(store->last, sizeof(store->last), "%s", result->message);
}

bool store_is_hopeless(struct store *store, const void *bytes, size_t n_bytes, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *read = NULL;

	return patch_is_hopeless(bytes, n_bytes, &read, diag);
}

int store_patch(struct store *store, const void *bytes, size_t n_bytes, struct result *result)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;

	if (yaml_read_bytes("patch", bytes, n_bytes, &stream, NULL, &result->diag)) {
		result_fail(result, EINVAL, "refused");
		remember(store, result);
		store->n_failures++;
		return -EINVAL;
	}
	if (store->fault) {
		result_fail(result, -store->fault, "fault");
		remember(store, result);
		return store->fault;
	}
	result->message = strdup("applied");
	remember(store, result);
	assert_true(store->n_patches < N_PATCHES_MAX);
	buffer_append(&store->patches[store->n_patches++], bytes, n_bytes);
	return 0;
}

void store_record_failure(struct store *store, const struct result *result)
{
	store->n_recorded++;
	remember(store, result);
}

const char *store_last_result(const struct store *store)
{
	return store->last;
}
