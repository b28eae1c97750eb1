#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The file `metrics`: figures as Prometheus reads them (docs/control.md). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"
#include "model/store.h"

struct metrics {
	const char *version;
	struct timespec started; /* the worker */
	unsigned int n_restarts; /* of workers */
	const char *last_cause;  /* how the last worker ended; "": no other was */
	uint64_t n_applied;      /* patches, by result */
	uint64_t n_skipped;
	uint64_t n_failed;
	uint64_t n_reloads;       /* edits of the config that were taken in */
	uint64_t n_reload_errors; /* looks at the config that failed */
	bool serves_config;       /* what is on disk, as far as it was looked at */
	bool trusted_state;       /* at the start: no config was parsed */
	size_t n_profiles;
	struct store_counts counts;
	uint64_t n_misses; /* lookups of profiles that do not exist */
};

/* Appends the text, format version 0.0.4. */
void metrics_write(const struct metrics *metrics, struct buffer *out);
