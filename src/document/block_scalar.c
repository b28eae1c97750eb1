/* SPDX-License-Identifier: Apache-2.0 */

#include "block_scalar.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

struct header {
	size_t end;  /* behind the indicators */
	size_t body; /* where the first line begins */
	bool keeps;  /* `+` */
};

static struct header parse_header(const char *text, size_t start, size_t end)
{
	struct header header = { .end = start + 1 };
	size_t n_break = 0;

	while (header.end < end && strchr("+-0123456789", text[header.end])) {
		header.keeps = header.keeps || text[header.end] == '+';
		header.end++;
	}
	header.body = header.end;
	while (header.body < end && !n_break) {
		n_break = utf8_line_break(text + header.body, end - header.body);
		header.body += n_break ? n_break : 1;
	}
	return header;
}

static size_t count_leading(char c, const char *text, size_t n_text)
{
	size_t n = 0;

	while (n < n_text && text[n] == c)
		n++;
	return n;
}

/* What the first line of value has fewer blanks than its line in the text is the indentation. */
static size_t find_indent(const char *text, size_t body, size_t end, const char *value,
                          size_t n_value)
{
	size_t n_lines = count_leading('\n', value, n_value);
	size_t n_blanks = count_leading(' ', value + n_lines, n_value - n_lines);

	while (n_lines && body < end) {
		size_t n_break = utf8_line_break(text + body, end - body);

		body += n_break ? n_break : 1;
		if (n_break)
			n_lines--;
	}
	return count_leading(' ', text + body, end - body) - n_blanks;
}

/* Bytes of the line break that ends right before end, or 0. */
static size_t break_before(const char *text, size_t start, size_t end)
{
	for (size_t n = 3; n > 0; n--) {
		if (end - start >= n && utf8_line_break(text + end - n, n) == n)
			return n;
	}
	return 0;
}

static size_t line_start(const char *text, size_t start, size_t end)
{
	while (end > start && !break_before(text, start, end))
		end--;
	return end;
}

size_t block_scalar_end(const char *text, size_t start, size_t end, const char *value,
                        size_t n_value)
{
	struct header header = parse_header(text, start, end);
	size_t indent;

	if (header.body >= end)
		return header.end;
	if (header.keeps)
		return end - break_before(text, header.body, end);
	if (!n_value)
		return header.end;
	indent = find_indent(text, header.body, end, value, n_value);
	while (end > header.body) {
		size_t line;

		end -= break_before(text, header.body, end);
		line = line_start(text, header.body, end);
		if (end - line > indent || count_leading(' ', text + line, end - line) < end - line)
			return end;
		end = line;
	}
	return header.end;
}
