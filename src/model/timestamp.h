#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* RFC 3339 times, always UTC with a `Z`. */

#include <stdbool.h>
#include <time.h>

#define TIMESTAMP_SIZE 64 /* bytes with the NUL, enough for any struct timespec */

/* "2026-11-23T20:24:16Z" */
void timestamp_format_seconds(const struct timespec *time, char text[TIMESTAMP_SIZE]);

/* "2026-11-23T20:24:16.000000001Z" */
void timestamp_format(const struct timespec *time, char text[TIMESTAMP_SIZE]);

/* Reads what timestamp_format() writes, nothing else. */
bool timestamp_parse(const char *text, struct timespec *time);

/* Earlier, equal, later: below, equal to, above 0. */
int timestamp_compare(const struct timespec *a, const struct timespec *b);

/* The present, or one nanosecond behind `last` when the clock was set back: times of one name
 * only ever rise. */
struct timespec timestamp_after(const struct timespec *now, const struct timespec *last);
