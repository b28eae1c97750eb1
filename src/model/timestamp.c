/* SPDX-License-Identifier: Apache-2.0 */

#include "timestamp.h"

#include <stdio.h>
#include <string.h>

#define NSEC_PER_SEC 1000000000L

static void format(const struct timespec *time, const char *fraction, char text[TIMESTAMP_SIZE])
{
	struct tm tm = { 0 };

	gmtime_r(&time->tv_sec, &tm);
	snprintf(text, TIMESTAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", tm.tm_year + 1900,
	         tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, fraction);
}

void timestamp_format_seconds(const struct timespec *time, char text[TIMESTAMP_SIZE])
{
	format(time, "", text);
}

void timestamp_format(const struct timespec *time, char text[TIMESTAMP_SIZE])
{
	char fraction[24];

	snprintf(fraction, sizeof(fraction), ".%09ld", time->tv_nsec);
	format(time, fraction, text);
}

bool timestamp_parse(const char *text, struct timespec *time)
{
	struct tm tm = { 0 };
	char again[TIMESTAMP_SIZE];

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%9ldZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
	           &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &time->tv_nsec) != 7)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	time->tv_sec = timegm(&tm);
	if (time->tv_nsec < 0 || time->tv_nsec >= NSEC_PER_SEC)
		return false;
	/* sscanf() and timegm() let much pass: blanks, signs, the 31st of February. */
	timestamp_format(time, again);
	return !strcmp(text, again);
}

int timestamp_compare(const struct timespec *a, const struct timespec *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return (a->tv_nsec > b->tv_nsec) - (a->tv_nsec < b->tv_nsec);
}

struct timespec timestamp_after(const struct timespec *now, const struct timespec *last)
{
	struct timespec next = *last;

	if (timestamp_compare(now, last) > 0)
		return *now;
	if (++next.tv_nsec == NSEC_PER_SEC) {
		next.tv_sec++;
		next.tv_nsec = 0;
	}
	return next;
}
