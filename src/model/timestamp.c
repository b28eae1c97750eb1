/* SPDX-License-Identifier: Apache-2.0 */

#include "timestamp.h"

#include <stdio.h>
#include <string.h>

#define NSEC_PER_SEC 1000000000L

/* A state has two times for each profile, and is written at each commit: snprintf(3) would take most
 * of the time that its text takes. */
static char *put_digits(char *end, unsigned long n, int n_digits)
{
	for (int i = n_digits - 1; i >= 0; i--) {
		end[i] = (char)('0' + n % 10);
		n /= 10;
	}
	return end + n_digits;
}

static char *put(char *end, char separator, int n)
{
	*end++ = separator;
	return put_digits(end, (unsigned long)n, 2);
}

/* Up to the seconds; returns the end. */
static char *format(const struct timespec *time, char text[TIMESTAMP_SIZE])
{
	struct tm tm = { 0 };
	char *end = text;
	int year;

	gmtime_r(&time->tv_sec, &tm);
	year = tm.tm_year + 1900;
	if (year >= 0 && year <= 9999)
		end = put_digits(end, (unsigned long)year, 4);
	else
		end += snprintf(text, TIMESTAMP_SIZE, "%04d", year);
	end = put(end, '-', tm.tm_mon + 1);
	end = put(end, '-', tm.tm_mday);
	end = put(end, 'T', tm.tm_hour);
	end = put(end, ':', tm.tm_min);
	return put(end, ':', tm.tm_sec);
}

void timestamp_format_seconds(const struct timespec *time, char text[TIMESTAMP_SIZE])
{
	char *end = format(time, text);

	*end++ = 'Z';
	*end = '\0';
}

void timestamp_format(const struct timespec *time, char text[TIMESTAMP_SIZE])
{
	char *end = format(time, text);

	*end++ = '.';
	end = put_digits(end, (unsigned long)time->tv_nsec, 9);
	*end++ = 'Z';
	*end = '\0';
}

/* What is no digit gives something that is not written the same again. */
static int get_digits(const char *text, int n_digits)
{
	int n = 0;

	for (int i = 0; i < n_digits; i++)
		n = n * 10 + (text[i] - '0') % 10;
	return n;
}

bool timestamp_parse(const char *text, struct timespec *time)
{
	struct tm tm = { 0 };
	char again[TIMESTAMP_SIZE];

	if (strlen(text) != sizeof("YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ") - 1)
		return false;
	tm.tm_year = get_digits(text, 4) - 1900;
	tm.tm_mon = get_digits(text + 5, 2) - 1;
	tm.tm_mday = get_digits(text + 8, 2);
	tm.tm_hour = get_digits(text + 11, 2);
	tm.tm_min = get_digits(text + 14, 2);
	tm.tm_sec = get_digits(text + 17, 2);
	time->tv_nsec = get_digits(text + 20, 9);
	time->tv_sec = timegm(&tm);
	if (time->tv_nsec < 0)
		return false;
	/* This lets much pass: other signs than digits, the 31st of February. */
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
