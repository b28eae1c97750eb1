/* SPDX-License-Identifier: Apache-2.0 */

#include "yaml_problem.h"

#include <string.h>

#include "excerpt.h"
#include "utf8.h"

#define SIMPLE_KEY_MAX 1024 /* characters; libyaml's limit */

static bool is_problem(const yaml_parser_t *parser, const char *text)
{
	return parser->problem && strcmp(parser->problem, text) == 0;
}

/* The character at mark, for "found character that cannot start any token". */
static void explain_character(const struct locator *locator, const struct mark *mark,
                              struct buffer *out)
{
	const char *text = locator->text + mark->offset;
	size_t n = utf8_length(text, locator->n_text - mark->offset);
	struct excerpt excerpt;

	if (*text == '\t')
		buffer_append_string(out, "a tab cannot stand here: indent with spaces");
	else if (n)
		buffer_printf(out, "%s cannot begin a text without quotes",
		              excerpt_of(&excerpt, text, n));
	else
		buffer_append_string(out, "the text ends too early");
}

static void explain(const yaml_parser_t *parser, const struct locator *locator,
                    const struct mark *mark, struct buffer *out)
{
	if (is_problem(parser, "found character that cannot start any token")) {
		explain_character(locator, mark, out);
		return;
	}
	if (is_problem(parser, "found invalid Unicode character escape code")) {
		buffer_append_string(out, "the escape names no character: write one beyond U+FFFF "
		                          "as \\U0001f600, not as a surrogate pair");
		return;
	}
	buffer_append_string(out, parser->problem ? parser->problem : "the text is no YAML");
	if (is_problem(parser, "could not find expected ':'") &&
	    parser->problem_mark.index > parser->context_mark.index + SIMPLE_KEY_MAX)
		buffer_printf(out, ": a key has at most %d characters", SIMPLE_KEY_MAX);
	if (!parser->context)
		return;
	buffer_printf(out, " %s", parser->context);
	if (parser->context_mark.index != parser->problem_mark.index)
		buffer_printf(out, " that begins at line %zu, column %zu",
		              parser->context_mark.line + 1, parser->context_mark.column + 1);
}

static struct mark report_reader(const yaml_parser_t *parser, const struct locator *locator,
                                 struct buffer *out)
{
	size_t offset = parser->problem_offset;
	struct mark start = { .line = 1, .column = 1 };

	if (offset > locator->n_text)
		offset = locator->n_text;
	if (parser->problem_value >= 0)
		buffer_printf(out, "the character U+%04X cannot stand in a YAML text",
		              (unsigned int)parser->problem_value);
	else
		buffer_append_string(out,
		                     parser->problem ? parser->problem : "the text is no YAML");
	return locator_advance(locator, start, offset);
}

size_t yaml_problem_report(const yaml_parser_t *parser, struct locator *locator,
                           const struct source *source, struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;
	struct place place = { .source = source->name };
	struct mark mark;

	if (parser->error == YAML_READER_ERROR) {
		mark = report_reader(parser, locator, &message);
	} else {
		mark = locator_find(locator, &parser->problem_mark);
		explain(parser, locator, &mark, &message);
	}
	place.line = mark.line;
	place.column = mark.column;
	diag_error(diag, &place, NULL, "%s", message.data ? message.data : "no memory");
	return mark.offset;
}
