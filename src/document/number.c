/* SPDX-License-Identifier: Apache-2.0 */

#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t skip_sign(const char *text)
{
	return *text == '+' || *text == '-' ? 1 : 0;
}

static unsigned int digit_value(char c)
{
	if (is_digit(c))
		return (unsigned int)(c - '0');
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : 99;
}

/* The base that a prefix gives; *n_prefixp is its length. */
static unsigned int find_base(const char *digits, size_t *n_prefixp)
{
	*n_prefixp = 0;
	if (digits[0] != '0' || !digits[1])
		return 10;
	*n_prefixp = 2;
	switch (digits[1]) {
	case 'x':
	case 'X':
		return 16;
	case 'o':
	case 'O':
		return 8;
	case 'b':
	case 'B':
		return 2;
	default:
		*n_prefixp = 1;
		return 8;
	}
}

/* text ends at its first NUL. */
static bool parse_magnitude(const char *text, uint64_t *valuep)
{
	size_t n_prefix;
	unsigned int base = find_base(text, &n_prefix);
	uint64_t value = 0;

	text += n_prefix;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = digit_value(*text);

		if (digit >= base)
			return false;
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*valuep = value;
	return true;
}

static bool parse_integer(const char *text, struct scalar *scalar)
{
	size_t n_sign = skip_sign(text);
	bool negative = text[0] == '-';
	uint64_t value;

	if (!parse_magnitude(text + n_sign, &value))
		return false;
	if (value <= (uint64_t)INT64_MAX + (negative ? 1 : 0)) {
		scalar->type = SCALAR_INT;
		scalar->integer = (int64_t)(negative ? -value : value);
		return true;
	}
	/* An unsigned integer is read without a sign. */
	if (n_sign)
		return false;
	scalar->type = SCALAR_UINT;
	scalar->uinteger = value;
	return true;
}

static size_t skip_digits(const char *text)
{
	size_t n = 0;

	while (is_digit(text[n]))
		n++;
	return n;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? up to the first NUL. */
static bool is_decimal_float(const char *text)
{
	size_t n;

	text += skip_sign(text);
	n = skip_digits(text);
	text += n;
	if (*text == '.') {
		size_t n_fraction = skip_digits(text + 1);

		if (!n && !n_fraction)
			return false;
		text += 1 + n_fraction;
	} else if (!n) {
		return false;
	}
	if (*text != 'e' && *text != 'E')
		return !*text;
	text++;
	text += skip_sign(text);
	n = skip_digits(text);
	return n && !text[n];
}

/* The program never leaves the "C" locale, so the point is a point. What overflows is no number (it
 * stays a string); what underflows is zero. */
static bool parse_float(const char *text, double *numberp)
{
	double number;

	if (!is_decimal_float(text))
		return false;
	number = strtod(text, NULL);
	if (isinf(number))
		return false;
	*numberp = number;
	return true;
}

/* Returns owned; NULL without memory. */
static char *drop_underscores(const char *text, size_t n_text)
{
	char *copy = malloc(n_text + 1);
	size_t n = 0;

	if (!copy)
		return NULL;
	for (size_t i = 0; i < n_text; i++) {
		if (text[i] != '_')
			copy[n++] = text[i];
	}
	copy[n] = '\0';
	return copy;
}

int number_parse(const char *text, size_t n_text, struct scalar *scalar)
{
	_cleanup_(freep) char *copy = NULL;

	if (memchr(text, '\0', n_text))
		return 0;
	if (memchr(text, '_', n_text)) {
		copy = drop_underscores(text, n_text);
		if (!copy)
			return -ENOMEM;
		text = copy;
	}
	if (parse_integer(text, scalar))
		return 0;
	if (parse_float(text, &scalar->number))
		scalar->type = SCALAR_FLOAT;
	return 0;
}

int number_parse_dotted(const char *text, size_t n_text, struct scalar *scalar)
{
	_cleanup_(freep) char *copy = NULL;

	if (memchr(text, '\0', n_text))
		return 0;
	for (size_t i = 0; i < n_text; i++) {
		if (text[i] == '_' && (!i || !is_digit(text[i - 1]) || !is_digit(text[i + 1])))
			return 0;
	}
	if (memchr(text, '_', n_text)) {
		copy = drop_underscores(text, n_text);
		if (!copy)
			return -ENOMEM;
		text = copy;
	}
	if (parse_float(text, &scalar->number))
		scalar->type = SCALAR_FLOAT;
	return 0;
}
