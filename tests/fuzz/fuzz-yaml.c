/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The YAML reader and canonical JSON. Whatever the bytes: no crash, an error has a reason, a tree
 * keeps its invariants and equals itself read again, what has a span is the same when only that is
 * read, and canonical JSON read and written again stays as it is.
 */

#include <stdint.h>

#include "document/canonical_json.h"
#include "document/span.h"
#include "document/yaml_reader.h"
#include "tree_invariants.h"

#define CHECKED_MAX  4096  /* bytes; the invariants count every mark from the start of the text */
#define PREFIXES_MAX 300   /* bytes; each prefix is read */
#define SPANS_MAX    65536 /* bytes of mappings that are read by themselves */
#define EXPANDED_MAX \
	50000 /* nodes, aliases expanded: what has more takes long, and shows no more */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

/* NULL when the text was refused. */
static struct stream *read_text(const void *text, size_t n_text)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	struct stream *stream = NULL;
	bool is_definite = false;
	int r = yaml_read_bytes("input", text, n_text, &stream, &is_definite, &diag);

	require(r == 0 || r == YAML_E_SYNTAX, "the reader answers");
	require((r != 0) == (diag.n_errors > 0), "an error has a reason");
	require(r == 0 || !stream, "no stream after an error");
	return stream;
}

static void check_again(const struct buffer *json)
{
	_cleanup_(buffer_deinit) struct buffer again = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *stream = read_text(json->data, json->n_data);
	int r;

	/* A key may be too long for libyaml, a raw character not allowed. */
	if (!stream)
		return;
	/* In YAML a raw U+0085 is a line break; \\ufffd stands for a byte of a !!binary. */
	if (memmem(json->data, json->n_data, "\xc2\x85", 2) ||
	    memmem(json->data, json->n_data, "\\ufffd", 6))
		return;
	require(stream->n_documents == 1, "canonical JSON is one document");
	r = canonical_json_write(stream->documents[0].root, NULL, &again, NULL);
	require(r == 0, "canonical JSON can be written again");
	require(again.n_data == json->n_data && !memcmp(again.data, json->data, json->n_data),
	        "canonical JSON stays as it is");
}

static void check_json(const struct node *root)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer json = BUFFER_INIT;
	int r;

	buffer_append_string(&json, "x");
	r = canonical_json_write(root, NULL, &json, &diag);
	require(r == 0 || r == CANONICAL_JSON_E_INVALID, "canonical JSON answers");
	require((r != 0) == (diag.n_errors > 0), "an error has a reason");
	require(json.data[0] == 'x' && (r == 0 || json.n_data == 1), "the buffer is left alone");
	buffer_consume(&json, 1);
	if (r == 0)
		check_again(&json);
}

/* Takes the nodes of a tree, aliases expanded, from *budget; stops when nothing is left. */
static void spend(const struct node *node, size_t *budget)
{
	node = node_resolve(node);
	if (!*budget)
		return;
	--*budget;
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++)
		spend(node->items[i], budget);
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		spend(node->entries[i].key, budget);
		spend(node->entries[i].value, budget);
	}
}

static void check_document(const struct node *root, const struct node *same)
{
	size_t budget = EXPANDED_MAX;
	bool is_equal = false;

	spend(root, &budget);
	if (!budget)
		return;
	require(node_equal(root, same, &is_equal) == 0 && is_equal, "the same text, equal trees");
	check_json(root);
}

static void check_same_json(const struct node *node, const struct node *again)
{
	_cleanup_(buffer_deinit) struct buffer json = BUFFER_INIT, json_again = BUFFER_INIT;
	int r = canonical_json_write(node, NULL, &json, NULL);

	require(canonical_json_write(again, NULL, &json_again, NULL) == r, "a span: same answer");
	require(json.n_data == json_again.n_data &&
	                (!json.n_data || !memcmp(json.data, json_again.data, json.n_data)),
	        "a span: same bytes");
}

/* *budget is in bytes: a mapping is read again for each that it stands in. */
static void check_span(const struct stream *stream, const struct node *node, size_t *budget)
{
	_cleanup_(stream_freep) struct stream *again = NULL;
	bool is_equal = false;
	struct span span;

	if (!node_span(node, &span) || span.n > *budget)
		return;
	*budget -= span.n;
	require((size_t)span.offset + span.n <= stream->source->n_text, "a span is in the text");
	require(yaml_read_span("span", stream->source->text, &span, &again, NULL) == 0,
	        "a span can be read");
	require(node_equal(node, again->documents[0].root, &is_equal) == 0 && is_equal,
	        "a span: equal trees");
	check_same_json(node, again->documents[0].root);
}

/* Of every mapping, not only of those that could be a profile's value. */
static void check_spans(const struct stream *stream, const struct node *node, size_t *budget)
{
	if (node->kind == NODE_MAPPING)
		check_span(stream, node, budget);
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++)
		check_spans(stream, node->items[i], budget);
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		check_spans(stream, node->entries[i].key, budget);
		check_spans(stream, node->entries[i].value, budget);
	}
}

/* What begins a text that is accepted is never beyond mending. */
static void check_prefixes(const uint8_t *data, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		struct stream *stream = NULL;
		bool is_definite = false;

		if (yaml_read_bytes("input", data, n, &stream, &is_definite, NULL) != 0)
			require(!is_definite, "more bytes mend it");
		stream_free(stream);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(data, size);
	_cleanup_(stream_freep) struct stream *same = NULL;
	size_t budget = SPANS_MAX;

	if (!stream)
		return 0;
	if (stream->source->n_text <= CHECKED_MAX)
		invariants_check(stream);
	if (size <= PREFIXES_MAX)
		check_prefixes(data, size);
	same = read_text(data, size);
	require(same && same->n_documents == stream->n_documents, "the same text, the same stream");
	for (size_t i = 0; i < stream->n_documents; i++) {
		check_document(stream->documents[i].root, same->documents[i].root);
		check_spans(stream, stream->documents[i].root, &budget);
	}
	return 0;
}
