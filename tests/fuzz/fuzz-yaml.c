/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The YAML reader and canonical JSON. Whatever the bytes: no crash, an error has a reason, a tree
 * keeps its invariants and equals itself read again, and canonical JSON read and written again
 * stays as it is.
 */

#include <stdint.h>

#include "document/canonical_json.h"
#include "document/yaml_reader.h"
#include "tree_invariants.h"

#define CHECKED_MAX 4096  /* bytes; the invariants count every mark from the start of the text */
#define AGAIN_MAX   65536 /* bytes of JSON that are read again; aliases make a lot of a few bytes */

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
	if (r == 0 && json.n_data <= AGAIN_MAX)
		check_again(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(stream_freep) struct stream *stream = read_text(data, size);
	_cleanup_(stream_freep) struct stream *same = NULL;
	bool is_equal = false;

	if (!stream)
		return 0;
	if (stream->source->n_text <= CHECKED_MAX)
		invariants_check(stream);
	same = read_text(data, size);
	require(same && same->n_documents == stream->n_documents, "the same text, the same stream");
	for (size_t i = 0; i < stream->n_documents; i++) {
		require(node_equal(stream->documents[i].root, same->documents[i].root, &is_equal) ==
		                        0 &&
		                is_equal,
		        "the same text, equal trees");
		check_json(stream->documents[i].root);
	}
	return 0;
}
