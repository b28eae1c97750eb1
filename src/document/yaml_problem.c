/* SPDX-License-Identifier: Apache-2.0 */

#include "yaml_problem.h"

#include <string.h>

#include "base/utf8.h"
#include "excerpt.h"

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

struct sentence {
	const char *problem; /* of libyaml */
	const char *text;
};

static const struct sentence sentences[] = {
	{ "block sequence entries are not allowed in this context",
	  "a `- ` cannot stand here: put it on a line of its own, or in quotes" },
	{ "could not find expected ':'", "a `:` is missing behind the key" },
	{ "did not find expected <document start>", "a `---` is missing before the next document" },
	{ "did not find expected hexdecimal number", "the escape lacks hexadecimal digits" },
	{ "did not find expected key", "a key was expected: check the indentation" },
	{ "did not find expected node content", "a value is missing" },
	{ "found incompatible YAML document", "the %YAML directive is not for version 1.1 or 1.2" },
	{ "found invalid Unicode character escape code",
	  "the escape names no character: write one beyond U+FFFF as \\U0001f600, not as two "
	  "surrogates" },
	{ "found unexpected end of stream", "the text ends too early" },
	{ "mapping keys are not allowed in this context",
	  "a `? ` cannot stand here: put it on a line of its own, or in quotes" },
	{ "mapping values are not allowed in this context",
	  "a `: ` cannot stand here: check the indentation, or use quotes" },
};

static const char *find_sentence(const char *problem)
{
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		if (strcmp(sentences[i].problem, problem) == 0)
			return sentences[i].text;
	}
	return problem;
}

/* libyaml forgets a key that goes on for too long, and does not find it when the `:` comes. */
static bool is_long_key(const struct locator *locator, const struct mark *mark)
{
	return locator->text[mark->offset] == ':' && mark->column > SIMPLE_KEY_MAX;
}

static void explain(const yaml_parser_t *parser, const struct locator *locator,
                    const struct mark *mark, struct buffer *out)
{
	if (is_problem(parser, "found character that cannot start any token"))
		explain_character(locator, mark, out);
	else if (is_long_key(locator, mark))
		buffer_printf(out, "a key has at most %d characters", SIMPLE_KEY_MAX);
	else
		buffer_append_string(out, parser->problem ? find_sentence(parser->problem)
		                                          : "the text is no YAML");
	if (!parser->context || strcmp(parser->context, "while scanning for the next token") == 0)
		return;
	buffer_printf(out, " (%s", parser->context);
	if (parser->context_mark.index != parser->problem_mark.index)
		buffer_printf(out, " that begins at line %zu, column %zu",
		              parser->context_mark.line + 1, parser->context_mark.column + 1);
	buffer_append_char(out, ')');
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
