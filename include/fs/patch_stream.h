#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The bytes written through one open control file, and when they become a patch (design section 4,
 * docs/control.md). Knows nothing of FUSE: the control plane, the tests and the fuzzer drive it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/util.h"
#include "model/store.h"

struct patch_stream;

/* store is borrowed. max_patch in bytes. Returns owned or NULL. */
struct patch_stream *patch_stream_new(struct store *store, size_t max_patch);
void patch_stream_free(struct patch_stream *stream);
DEFINE_CLEANUP(struct patch_stream *, patch_stream_free);

/*
 * More bytes. Commits when they close a flow document or end in an explicit end marker. 0, or the
 * negative errno of a commit that failed, of a hopeless syntax error (-EINVAL) or of the limit
 * (-EFBIG). After one of the latter two every further write gives the same error until the next
 * flush, since what follows is the rest of a patch that was given up.
 */
_must_check_ int patch_stream_write(struct patch_stream *stream, const void *data, size_t n_data);

/* flush or fsync by the opener: commits what is pending. Bytes that are not (yet) a patch give the
 * error and stay; nothing pending gives 0. */
_must_check_ int patch_stream_flush(struct patch_stream *stream);

/* The last close: commits what is pending and was not refused already. */
void patch_stream_release(struct patch_stream *stream);

/* The writer was killed: forgets what is pending, recorded as a failure. Every later write and
 * flush gives -EIO, since what follows is not the whole of a patch. */
void patch_stream_abort(struct patch_stream *stream);

/*
 * The result to be read: of this stream's own last transaction (a read with pending bytes commits
 * them first), else of the store's last. Borrowed until the next call.
 */
const char *patch_stream_result(struct patch_stream *stream, size_t *n_bytesp);

/* Whether there are bytes of a patch that is not a transaction yet, or that a flush refused and that
 * stay for more to come. */
bool patch_stream_is_pending(const struct patch_stream *stream);

/* How many transactions, also failed ones, this stream has had. */
unsigned int patch_stream_count(const struct patch_stream *stream);

/* The last of them, or NULL. Borrowed until the next call. */
const struct result *patch_stream_last(const struct patch_stream *stream);
