/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A patch has no length and no end of its own: what a program hands to write(2) is cut by its
 * buffer (cat), by its lines (bash) or by its bytes (dd bs=1). So the bytes are gathered until
 * either something tells that the patch is complete, or somebody closes the file:
 *
 *   write    the scanner sees a closed document: commit, and the error is the writer's at once.
 *            Else, when the bytes have grown much since the last look: parse, to see whether an
 *            error is there that nothing can mend. That bounds the work, since libyaml cannot be
 *            fed piecewise and parsing at each write would be quadratic.
 *   flush    commit. A failure may be one of a patch that goes on, so the bytes stay, and the error
 *            is given again while no byte is added.
 *   release  commit what was added since.
 *
 * A patch that was given up (too large, hopeless) poisons the stream: bash goes on with the next
 * line after a failed write, and the second half of a patch is often a valid patch of its own.
 */

#include "fs/patch_stream.h"

#include <errno.h>
#include <string.h>

#include "flow_scanner.h"

#define SMALL ((size_t)64 << 10) /* bytes of a patch */

struct patch_stream {
	struct store *store; /* borrowed */
	size_t max_patch;    /* bytes */
	struct buffer pending;
	struct flow_scanner scanner; /* of what is pending */
	size_t n_parsed;             /* bytes that store_is_hopeless() has seen */
	int refused;                 /* what a flush of just these bytes gave; 0: none yet */
	int poison;                  /* what every write gives; 0: none */
	bool aborted;                /* the poison stays for good */

	unsigned int n_transactions;
	struct result last;
	struct buffer last_text;
};

struct patch_stream *patch_stream_new(struct store *store, size_t max_patch)
{
	struct patch_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->store = store;
	stream->max_patch = max_patch;
	return stream;
}

void patch_stream_free(struct patch_stream *stream)
{
	if (!stream)
		return;
	buffer_deinit(&stream->pending);
	buffer_deinit(&stream->last_text);
	result_deinit(&stream->last);
	free(stream);
}

static void drop_pending(struct patch_stream *stream)
{
	buffer_deinit(&stream->pending);
	stream->n_parsed = 0;
	stream->refused = 0;
}

/* What comes next is a new beginning. */
static void forget_pending(struct patch_stream *stream)
{
	drop_pending(stream);
	stream->scanner = FLOW_SCANNER_INIT;
}

/* Whether bytes wait that are a patch and that no flush has refused. */
static bool is_due(const struct patch_stream *stream)
{
	return !stream->poison && !stream->refused &&
	       flow_scanner_state(&stream->scanner) != FLOW_BLANK;
}

/* Takes the content of result. */
static void keep_result(struct patch_stream *stream, struct result *result)
{
	result_deinit(&stream->last);
	stream->last = *result;
	*result = RESULT_INIT;
	buffer_clear(&stream->last_text);
	result_write(&stream->last, &stream->last_text);
	stream->n_transactions++;
}

static int commit(struct patch_stream *stream)
{
	struct result result = RESULT_INIT;
	int r;

	r = store_patch(stream->store, stream->pending.data, stream->pending.n_data, &result);
	keep_result(stream, &result);
	return r;
}

/* Records a failure that never reached the store as a patch, and refuses the rest of it. */
static int give_up(struct patch_stream *stream, struct result *result, int error)
{
	store_record_failure(stream->store, result);
	keep_result(stream, result);
	forget_pending(stream);
	return stream->poison = error;
}

static int give_up_large(struct patch_stream *stream)
{
	struct result result = RESULT_INIT;

	result_fail(&result, EFBIG, "the patch is larger than %zu bytes (max_patch)",
	            stream->max_patch);
	return give_up(stream, &result, -EFBIG);
}

/* A small patch is looked at when it has doubled; a large one is not worth so many looks. */
static size_t look_factor(const struct patch_stream *stream)
{
	return stream->n_parsed < SMALL ? 2 : 4;
}

static int check_hopeless(struct patch_stream *stream)
{
	struct result result = RESULT_INIT;

	if (stream->pending.n_data / look_factor(stream) < stream->n_parsed)
		return 0;
	stream->n_parsed = stream->pending.n_data;
	if (!store_is_hopeless(stream->store, stream->pending.data, stream->pending.n_data,
	                       &result.diag)) {
		result_deinit(&result);
		return 0;
	}
	result_fail(&result, EINVAL, "the patch is not valid YAML");
	return give_up(stream, &result, -EINVAL);
}

int patch_stream_write(struct patch_stream *stream, const void *data, size_t n_data)
{
	int r;

	if (stream->poison)
		return stream->poison;
	if (n_data > stream->max_patch - stream->pending.n_data)
		return give_up_large(stream);

	buffer_append(&stream->pending, data, n_data);
	if (buffer_error(&stream->pending)) {
		struct result result = RESULT_INIT;

		result_fail(&result, ENOMEM, "out of memory");
		return give_up(stream, &result, -ENOMEM);
	}
	stream->refused = 0;
	flow_scanner_feed(&stream->scanner, data, n_data);

	switch (flow_scanner_state(&stream->scanner)) {
	case FLOW_CLOSED:
		r = commit(stream);
		drop_pending(stream);
		flow_scanner_restart(&stream->scanner);
		return r;
	case FLOW_OPEN:
	case FLOW_OPAQUE:
		return check_hopeless(stream);
	default:
		return 0;
	}
}

/* A failure other than -EINVAL is not the patch's: it was one, and more bytes would be another. */
static int commit_due(struct patch_stream *stream)
{
	int r = commit(stream);

	if (r == -EINVAL)
		return stream->refused = r;
	forget_pending(stream);
	return r;
}

int patch_stream_flush(struct patch_stream *stream)
{
	int r = stream->poison;

	if (is_due(stream))
		return commit_due(stream);
	if (stream->refused)
		return stream->refused;
	if (!stream->aborted)
		stream->poison = 0;
	forget_pending(stream);
	return r;
}

void patch_stream_release(struct patch_stream *stream)
{
	/* The error is in the result; nobody is left to whom it could be given. */
	if (is_due(stream))
		commit_due(stream);
	forget_pending(stream);
}

void patch_stream_abort(struct patch_stream *stream)
{
	struct result result = RESULT_INIT;

	stream->aborted = true;
	if (!is_due(stream)) {
		forget_pending(stream);
		stream->poison = -EIO;
		return;
	}
	result_fail(&result, EINTR, "the writer was killed: %zu bytes of a patch were dropped",
	            stream->pending.n_data);
	(void)give_up(stream, &result, -EIO);
}

const char *patch_stream_result(struct patch_stream *stream, size_t *n_bytesp)
{
	const char *text;

	if (is_due(stream))
		commit_due(stream);
	if (!stream->n_transactions) {
		text = store_last_result(stream->store);
		*n_bytesp = strlen(text);
		return text;
	}
	*n_bytesp = stream->last_text.n_data;
	return stream->last_text.data ? stream->last_text.data : "";
}

bool patch_stream_is_pending(const struct patch_stream *stream)
{
	return stream->refused || is_due(stream);
}

unsigned int patch_stream_count(const struct patch_stream *stream)
{
	return stream->n_transactions;
}

const struct result *patch_stream_last(const struct patch_stream *stream)
{
	return stream->n_transactions ? &stream->last : NULL;
}
