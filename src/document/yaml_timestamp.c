/* SPDX-License-Identifier: Apache-2.0 */

#include "yaml_timestamp.h"

#include <stdio.h>

/* What is left of the text. */
struct rest {
	const char *text;
	size_t n;
};

static bool is_digit(const struct rest *rest, size_t i)
{
	return i < rest->n && rest->text[i] >= '0' && rest->text[i] <= '9';
}

static void skip(struct rest *rest, size_t n)
{
	rest->text += n;
	rest->n -= n;
}

static bool take(struct rest *rest, char c)
{
	if (!rest->n || rest->text[0] != c)
		return false;
	skip(rest, 1);
	return true;
}

/* At least n_min and at most n_max digits, from min to max. */
static bool take_number(struct rest *rest, size_t n_min, size_t n_max, int min, int max,
                        int *valuep)
{
	size_t n = 0;

	*valuep = 0;
	for (; n < n_max && is_digit(rest, n); n++)
		*valuep = *valuep * 10 + (rest->text[n] - '0');
	if (n < n_min || *valuep < min || *valuep > max)
		return false;
	skip(rest, n);
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

static bool take_date(struct rest *rest, struct yaml_timestamp *t)
{
	return take_number(rest, 4, 4, 0, 9999, &t->year) && take(rest, '-') &&
	       take_number(rest, 1, 2, 1, 12, &t->month) && take(rest, '-') &&
	       take_number(rest, 1, 2, 1, days_in(t->year, t->month), &t->day);
}

/* Digits beyond the ninth do not count. Without a digit behind the point there is no fraction. */
static void take_fraction(struct rest *rest, struct yaml_timestamp *t)
{
	int scale = 100000000;

	if (!rest->n || (rest->text[0] != '.' && rest->text[0] != ',') || !is_digit(rest, 1))
		return;
	skip(rest, 1);
	for (; is_digit(rest, 0); skip(rest, 1)) {
		t->nanosecond += (rest->text[0] - '0') * scale;
		scale /= 10;
	}
}

static bool take_clock(struct rest *rest, struct yaml_timestamp *t)
{
	if (!take_number(rest, 1, 2, 0, 23, &t->hour) || !take(rest, ':') ||
	    !take_number(rest, 1, 2, 0, 59, &t->minute) || !take(rest, ':') ||
	    !take_number(rest, 1, 2, 0, 59, &t->second))
		return false;
	take_fraction(rest, t);
	return true;
}

/* Go allows 24 hours and 60 minutes here. */
static bool take_zone(struct rest *rest, struct yaml_timestamp *t)
{
	int hours, minutes, sign = 1;

	if (take(rest, 'Z'))
		return true;
	if (take(rest, '-'))
		sign = -1;
	else if (!take(rest, '+'))
		return false;
	if (!take_number(rest, 2, 2, 0, 24, &hours) || !take(rest, ':') ||
	    !take_number(rest, 2, 2, 0, 60, &minutes))
		return false;
	t->zone = sign * (hours * 60 + minutes);
	return true;
}

bool yaml_timestamp_parse(const char *text, size_t n_text, struct yaml_timestamp *timestamp)
{
	struct rest rest = { .text = text, .n = n_text };
	bool has_zone;

	*timestamp = (struct yaml_timestamp){ 0 };
	if (!take_date(&rest, timestamp))
		return false;
	if (!rest.n)
		return true;
	has_zone = take(&rest, 'T') || take(&rest, 't');
	if (!has_zone && !take(&rest, ' '))
		return false;
	while (!has_zone && take(&rest, ' '))
		;
	return take_clock(&rest, timestamp) && (!has_zone || take_zone(&rest, timestamp)) &&
	       !rest.n;
}

bool yaml_timestamp_format(const struct yaml_timestamp *t, char text[YAML_TIMESTAMP_SIZE])
{
	int zone = t->zone < 0 ? -t->zone : t->zone;
	int n, n_digits = 9, fraction = t->nanosecond;

	if (zone >= 24 * 60)
		return false;
	n = snprintf(text, YAML_TIMESTAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", t->year, t->month,
	             t->day, t->hour, t->minute, t->second);
	for (; fraction && fraction % 10 == 0; n_digits--)
		fraction /= 10;
	if (fraction)
		n += snprintf(text + n, YAML_TIMESTAMP_SIZE - (size_t)n, ".%0*d", n_digits,
		              fraction);
	if (zone)
		snprintf(text + n, YAML_TIMESTAMP_SIZE - (size_t)n, "%c%02d:%02d",
		         t->zone < 0 ? '-' : '+', zone / 60, zone % 60);
	else
		snprintf(text + n, YAML_TIMESTAMP_SIZE - (size_t)n, "Z");
	return true;
}
