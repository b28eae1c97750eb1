/* SPDX-License-Identifier: Apache-2.0 */

#include "document/yaml_reader.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "base/utf8.h"
#include "document/fold.h"
#include "fold_reader.h"
#include "item_reader.h"
#include "text_check.h"
#include "tree_builder.h"
#include "yaml_problem.h"

static void report(struct tree_builder *builder, const yaml_parser_t *parser)
{
	size_t offset = yaml_problem_report(parser, &builder->locator, builder->source,
	                                    builder->diag);

	builder->n_errors++;
	builder->is_definite = builder->is_definite || locator_line_ends(&builder->locator, offset);
}

/* 0 also when errors were reported. */
static int build(struct tree_builder *builder, yaml_parser_t *parser)
{
	bool is_done = false;
	yaml_event_t event;
	int r = 0;

	while (!is_done && !r) {
		if (!yaml_parser_parse(parser, &event)) {
			if (parser->error == YAML_MEMORY_ERROR)
				return -ENOMEM;
			report(builder, parser);
			return 0;
		}
		is_done = event.type == YAML_STREAM_END_EVENT;
		r = tree_builder_add(builder, &event);
		yaml_event_delete(&event);
	}
	return r == TREE_BUILDER_E_LIMIT ? 0 : r;
}

static int parse(struct tree_builder *builder, const struct source *source)
{
	yaml_parser_t parser;
	int r;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)source->text, source->n_text);
	r = build(builder, &parser);
	yaml_parser_delete(&parser);
	return r;
}

/* Who takes a part of the text before it is in the tree; NULL: nobody. */
struct takers {
	struct item_reader *items;
	struct fold_reader *folds;
};

static int fill(struct stream *stream, const struct source *source, const struct takers *takers,
                bool *is_definite, struct diag *diag)
{
	_cleanup_(tree_builder_deinit) struct tree_builder builder;
	int r = 0;

	tree_builder_init(&builder, source, stream->arena, diag);
	builder.item_reader = takers->items;
	builder.fold_reader = takers->folds;
	text_check(&builder);
	if (!builder.n_errors)
		r = parse(&builder, source);
	*is_definite = builder.is_definite;
	if (r)
		return r == TREE_BUILDER_E_STOPPED ? YAML_E_STOPPED : r;
	if (builder.n_errors)
		return YAML_E_SYNTAX;
	stream->n_documents = builder.n_documents;
	stream->documents = steal_ptr(builder.documents);
	return 0;
}

static int read_source(struct source *source, const struct takers *takers, struct stream **streamp,
                       bool *definitep, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = calloc(1, sizeof(*stream));
	bool is_definite = false;
	int r;

	if (!stream)
		return -ENOMEM;
	stream->arena = arena_new(0);
	if (!stream->arena)
		return -ENOMEM;
	r = fill(stream, source, takers, &is_definite, diag);
	if (definitep)
		*definitep = is_definite;
	if (r)
		return r;
	stream->source = source;
	*streamp = steal_ptr(stream);
	return 0;
}

int yaml_read(struct source *source, struct stream **streamp, bool *definitep, struct diag *diag)
{
	const struct takers takers = { NULL, NULL };

	return read_source(source, &takers, streamp, definitep, diag);
}

int yaml_read_items(struct source *source, const struct yaml_items *items, struct stream **streamp,
                    struct diag *diag)
{
	struct item_reader item_reader = { .items = items };
	const struct takers takers = { .items = &item_reader };

	return read_source(source, &takers, streamp, NULL, diag);
}

int fold_read(struct source *source, struct folds *folds, struct stream **streamp)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	struct fold_reader reader;
	const struct takers takers = { .folds = &reader };
	int r;

	fold_reader_init(&reader, folds);
	r = read_source(source, &takers, &stream, NULL, NULL);
	if (r)
		return r < 0 ? r : FOLD_E_UNABLE;
	if (!fold_reader_is_done(&reader)) {
		stream->source = NULL; /* the caller's as before */
		return FOLD_E_UNABLE;
	}
	*streamp = steal_ptr(stream);
	return 0;
}

/* What was cut off in the middle of a character may go on; UTF-16 has line breaks of two bytes. */
static bool is_definite_for_source(const unsigned char *bytes, size_t n_bytes)
{
	size_t n_valid;

	if (n_bytes > SOURCE_SIZE_MAX)
		return true;
	if (n_bytes >= 2 && bytes[0] >= 0xfe && bytes[1] >= 0xfe)
		return false;
	n_valid = utf8_valid_prefix((const char *)bytes, n_bytes);
	return memchr(bytes + n_valid, '\n', n_bytes - n_valid) != NULL;
}

int yaml_read_bytes(const char *name, const void *bytes, size_t n_bytes, struct stream **streamp,
                    bool *definitep, struct diag *diag)
{
	_cleanup_(source_freep) struct source *source = NULL;
	int r;

	if (definitep)
		*definitep = false;
	r = source_new(name, bytes, n_bytes, &source, diag);
	if (r == SOURCE_E_INVALID) {
		if (definitep)
			*definitep = is_definite_for_source(bytes, n_bytes);
		return YAML_E_SYNTAX;
	}
	if (r)
		return r;
	r = yaml_read(source, streamp, definitep, diag);
	if (!r)
		source = NULL;
	return r;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	source_free(stream->source);
	arena_free(stream->arena);
	free(stream->documents);
	free(stream);
}
