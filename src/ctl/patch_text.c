/* SPDX-License-Identifier: Apache-2.0 */

#include "patch_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "document/json_patch.h"
#include "document/scalar.h"
#include "input.h"
#include "verb.h"

static void patch_text_deinit(struct patch_text *text)
{
	free(text->label);
	stream_free(text->stream);
	*text = (struct patch_text){ 0 };
}

void patch_texts_deinit(struct patch_texts *texts)
{
	for (size_t i = 0; i < texts->n_texts; i++)
		patch_text_deinit(&texts->texts[i]);
	free(texts->texts);
	*texts = PATCH_TEXTS_INIT;
}

/* As talosctl: one word that does not begin like JSON is the name of a file, here if there is one.
 * `@x` is the file x: nobody looks for `@x`, which among the profiles would be a lookup that fails. */
static bool is_file_name(const char *text)
{
	return !strpbrk(text, " \n") && !strchr("[{@", text[0]) && access(text, F_OK) == 0;
}

/* The file that is meant; NULL: standard input; the argument itself stays for text in place. */
static bool names_file(const struct patch_argument *argument, const char **filep)
{
	const char *text = argument->text;

	*filep = text;
	if (argument->is_file || is_file_name(text)) {
		*filep = strcmp(text, "-") == 0 ? NULL : text;
		return true;
	}
	if (text[0] == '@' && text[1]) {
		*filep = text + 1;
		return true;
	}
	if (strcmp(text, "-") != 0)
		return false;
	*filep = NULL;
	return true;
}

static char *make_label(const char *file, bool is_file, size_t number, size_t n_patches)
{
	char *label = NULL;

	if (is_file)
		return strdup(file ? file : "stdin");
	if (n_patches == 1)
		return strdup("patch");
	return asprintf(&label, "patch %zu", number) >= 0 ? label : NULL;
}

static bool has_content(const struct stream *stream)
{
	for (size_t i = 0; i < stream->n_documents; i++) {
		if (!scalar_is_null(stream->documents[i].root))
			return true;
	}
	return false;
}

static int read_text(struct patch_text *text, const struct arguments *arguments, size_t i)
{
	const struct patch_argument *argument = &arguments->patches[i];
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const char *file;
	bool is_file = names_file(argument, &file);
	int r;

	text->label = make_label(file, is_file, i + 1, arguments->n_patches);
	if (!text->label)
		return out_of_memory();
	if (is_file) {
		r = input_read(file, &bytes);
		if (r)
			return r;
	} else {
		buffer_append_string(&bytes, argument->text);
		if (buffer_error(&bytes))
			return out_of_memory();
	}
	r = yaml_read_bytes(text->label, bytes.data, bytes.n_data, &text->stream, NULL, &diag);
	if (r < 0)
		return out_of_memory();
	diag_print(&diag, stderr, "");
	if (r > 0)
		return failure("%s is no YAML, nothing was sent", text->label);
	text->is_json_patch = text->stream->n_documents == 1 &&
	                      json_patch_is_patch(text->stream->documents[0].root);
	return 0;
}

int patch_texts_read(struct patch_texts *texts, const struct arguments *arguments)
{
	texts->texts = calloc(arguments->n_patches + 1, sizeof(*texts->texts));
	if (!texts->texts)
		return out_of_memory();
	for (size_t i = 0; i < arguments->n_patches; i++) {
		struct patch_text *text = &texts->texts[texts->n_texts++];
		int r = read_text(text, arguments, i);

		if (r)
			return r;
		if (has_content(text->stream))
			continue;
		patch_text_deinit(text);
		texts->n_texts--;
	}
	return 0;
}

size_t patch_texts_group(const struct patch_texts *texts, size_t first)
{
	size_t n = 1;

	if (texts->texts[first].is_json_patch)
		return 1;
	while (first + n < texts->n_texts && !texts->texts[first + n].is_json_patch)
		n++;
	return n;
}

void line_map_deinit(struct line_map *map)
{
	free(map->spans);
	*map = LINE_MAP_INIT;
}

/* One text behind what is in out already; *linep is the line that comes next. */
static void join_text(const struct patch_text *text, bool is_whole, struct buffer *out,
                      struct line_span *span, uint32_t *linep)
{
	const struct source *source = text->stream->source;
	const struct document *document = &text->stream->documents[0];
	size_t start = 0;

	span->original = 1;
	if (!is_whole && document->explicit_start) {
		/* From its `---` (or directives, which need the end of what stands before). */
		start = document->start.offset;
		span->original = document->start.line;
		if (out->n_data) {
			buffer_append_string(out, "...\n");
			++*linep;
		}
	} else if (!is_whole) {
		buffer_append_string(out, "---\n");
		++*linep;
	}
	span->first = *linep;
	span->label = text->label;
	buffer_append(out, source->text + start, source->n_text - start);
	for (size_t i = start; i < source->n_text; i++)
		*linep += source->text[i] == '\n';
	if (source->text[source->n_text - 1] != '\n') {
		buffer_append_char(out, '\n');
		++*linep;
	}
}

int patch_texts_join(const struct patch_texts *texts, size_t first, size_t n, struct buffer *out,
                     struct line_map *map)
{
	bool is_whole = n == 1 && texts->texts[first].stream->source->n_text < PATCH_PIECE_MAX;
	uint32_t line = 1;

	map->spans = calloc(n, sizeof(*map->spans));
	if (!map->spans)
		return -ENOMEM;
	map->n_spans = n;
	for (size_t i = 0; i < n; i++)
		join_text(&texts->texts[first + i], is_whole, out, &map->spans[i], &line);
	return buffer_error(out) ? -ENOMEM : 0;
}

struct place line_map_find(const struct line_map *map, uint32_t line, uint32_t column)
{
	const struct line_span *found = NULL;

	for (size_t i = 0; i < map->n_spans && map->spans[i].first <= line; i++)
		found = &map->spans[i];
	if (!line || !found)
		return (struct place){ 0 };
	return (struct place){ found->label, line - found->first + found->original, column };
}
