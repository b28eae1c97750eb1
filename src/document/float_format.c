/* SPDX-License-Identifier: Apache-2.0 */

#include "float_format.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 17 /* always enough to tell two doubles apart */

/* number is 0.DIGITS times ten to the power of `point`. */
struct decimal {
	char digits[DIGITS_MAX + 1];
	int n_digits;
	int point;
};

static void parse_scientific(const char *text, struct decimal *decimal)
{
	const char *exponent = strchr(text, 'e');

	decimal->n_digits = 0;
	for (const char *p = text; p < exponent; p++) {
		if (*p != '.')
			decimal->digits[decimal->n_digits++] = *p;
	}
	decimal->point = (int)strtol(exponent + 1, NULL, 10) + 1;
}

static double decimal_value(const struct decimal *decimal)
{
	char text[DIGITS_MAX + 16];

	snprintf(text, sizeof(text), "0.%.*se%d", decimal->n_digits, decimal->digits,
	         decimal->point);
	return strtod(text, NULL);
}

/* The next decimal of as many digits. */
static void increment(struct decimal *decimal)
{
	int i = decimal->n_digits - 1;

	for (; i >= 0 && decimal->digits[i] == '9'; i--)
		decimal->digits[i] = '0';
	if (i >= 0) {
		decimal->digits[i]++;
		return;
	}
	decimal->digits[0] = '1';
	decimal->point++;
}

static bool is_same(double a, double b)
{
	return !(a < b) && !(a > b);
}

/*
 * The nearest decimal of n_digits digits, or the next one above it: beside a power of two the
 * doubles below are twice as dense, so that the one above may read back where the nearest does not.
 */
static bool try_digits(double number, int n_digits, struct decimal *decimal)
{
	char text[DIGITS_MAX + 16];
	double value;

	snprintf(text, sizeof(text), "%.*e", n_digits - 1, number);
	parse_scientific(text, decimal);
	value = decimal_value(decimal);
	if (is_same(value, number))
		return true;
	if (value > number)
		return false;
	increment(decimal);
	return is_same(decimal_value(decimal), number);
}

/*
 * Two decimals of at most DBL_DIG digits never read as the same (normal) double, so where DBL_DIG
 * digits do, the shortest is what is left of them without the zeros at the end.
 */
static void find_shortest(double number, struct decimal *decimal)
{
	int n_digits = number < DBL_MIN ? 1 : DBL_DIG;

	while (n_digits < DIGITS_MAX && !try_digits(number, n_digits, decimal))
		n_digits++;
	if (n_digits == DIGITS_MAX)
		try_digits(number, DIGITS_MAX, decimal);
	while (decimal->n_digits > 1 && decimal->digits[decimal->n_digits - 1] == '0')
		decimal->n_digits--;
}

static char *put_digits(char *out, const struct decimal *decimal, int first, int end)
{
	for (int i = first; i < end; i++)
		*out++ = i < decimal->n_digits ? decimal->digits[i] : '0';
	return out;
}

static void put_plain(char *out, const struct decimal *decimal)
{
	if (decimal->point > 0) {
		out = put_digits(out, decimal, 0, decimal->point);
	} else {
		*out++ = '0';
	}
	if (decimal->n_digits > decimal->point) {
		*out++ = '.';
		for (int i = decimal->point; i < 0; i++)
			*out++ = '0';
		out = put_digits(out, decimal, decimal->point > 0 ? decimal->point : 0,
		                 decimal->n_digits);
	}
	*out = '\0';
}

static void put_scientific(char *out, const struct decimal *decimal)
{
	int exponent = decimal->point - 1;

	*out++ = decimal->digits[0];
	if (decimal->n_digits > 1) {
		*out++ = '.';
		out = put_digits(out, decimal, 1, decimal->n_digits);
	}
	sprintf(out, "e%c%d", exponent < 0 ? '-' : '+', abs(exponent));
}

void float_format(double number, char text[FLOAT_FORMAT_SIZE])
{
	double magnitude = fabs(number);
	struct decimal decimal;

	if (signbit(number))
		*text++ = '-';
	if (is_same(magnitude, 0)) {
		memcpy(text, "0", sizeof("0"));
		return;
	}
	find_shortest(magnitude, &decimal);
	if (magnitude < 1e-6 || magnitude >= 1e21)
		put_scientific(text, &decimal);
	else
		put_plain(text, &decimal);
}
