/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A config and a patch: applied folded and the full way the result is the same, be profiles served as
 * they stand or compiled, where calls may be denied. An input that begins
 * with NUL is choices (fold_texts.h), others are a config and a patch with a NUL between them.
 * $FOLD_STATISTICS makes it say in the end how many were folded.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "both_ways.h"
#include "fold_texts.h"

static struct {
	unsigned long n_inputs;
	unsigned long n;         /* configs with a patch */
	unsigned long n_folded;  /* changed, folded */
	unsigned long n_skipped; /* found to change nothing, folded */
} statistics;

static void print_statistics(void)
{
	fprintf(stderr, "%lu patches: %lu folded, %lu skipped, %lu left to the full way\n",
	        statistics.n, statistics.n_folded, statistics.n_skipped,
	        statistics.n - statistics.n_folded - statistics.n_skipped);
}

static void apply(const struct buffer *config, const struct buffer *patch,
                  const struct profile_options *options)
{
	struct snapshot *before = both_ways_snapshot(config->data, config->n_data, options);
	int r;

	if (!before)
		return;
	r = both_ways_apply(before, patch->data, patch->n_data, options);
	snapshot_unref(before);
	statistics.n++;
	statistics.n_folded += r == 0;
	statistics.n_skipped += r == PATCH_E_UNCHANGED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(buffer_deinit) struct buffer config = BUFFER_INIT, patch = BUFFER_INIT;
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	bool is_strict = size % 2;

	if (!statistics.n_inputs++ && getenv("FOLD_STATISTICS"))
		atexit(print_statistics);
	if (nul && nul == data) {
		struct choices choices = { data + 1, size - 1 };

		fold_make_patch(&choices, &patch);
		fold_make_config(&choices, &config);
	} else if (nul) {
		buffer_append(&config, data, (size_t)(nul - data));
		buffer_append(&patch, nul + 1, size - 1 - (size_t)(nul - data));
	}
	if (!config.n_data || !patch.n_data)
		return 0;
	apply(&config, &patch, is_strict ? &options_strict : &options_off);
	apply(&config, &patch, is_strict ? &options_strict_compiled : &options_off_compiled);
	return 0;
}
