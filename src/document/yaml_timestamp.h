#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The timestamps of YAML 1.1 that Talos' decoder knows, and their form in JSON (RFC 3339). */

#include <stdbool.h>
#include <stddef.h>

struct yaml_timestamp {
	int year, month, day, hour, minute, second;
	int nanosecond;
	int zone; /* minutes east of UTC */
};

#define YAML_TIMESTAMP_SIZE sizeof("2001-12-14T21:59:43.123456789-05:00")

/*
 * `Y-M-D`, `Y-M-DTh:m:s[.f]Z` (or t; or +hh:mm), `Y-M-D h:m:s[.f]`: four digits of year, one or two
 * of the rest. False for all else, also for a 30th of February.
 */
bool yaml_timestamp_parse(const char *text, size_t n_text, struct yaml_timestamp *timestamp);

/* False when the zone is 24 hours off or more: Go's encoding/json refuses it. */
bool yaml_timestamp_format(const struct yaml_timestamp *timestamp, char text[YAML_TIMESTAMP_SIZE]);
