/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "document/yaml_reader.h"
#include "model/snapshot.h"

/* What stands in the span was checked when it was taken in: only the bytes are made again. */
static int render(const struct snapshot *snapshot, const struct span *span, struct buffer *out)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	struct profile_options options = snapshot->options;
	int r = yaml_read_span(NULL, snapshot->config, span, &stream, NULL);

	options.validate = VALIDATE_OFF;
	if (!r)
		r = profile_render(NULL, stream->documents[0].root, &options, snapshot->deny, NULL,
		                   out, NULL);
	return r > 0 ? -EIO : r;
}

/* Replaces the bytes of out. */
static int make(const struct snapshot *snapshot, const struct profile *profile, struct buffer *out)
{
	const struct span *span = snapshot_find_span(snapshot, profile);
	uint8_t digest[DIGEST_SIZE];
	int r;

	if (!span)
		return -ESTALE;
	buffer_clear(out);
	r = render(snapshot, span, out);
	if (r)
		return r;
	digest_compute(out->data, out->n_data, digest);
	if (out->n_data != profile->n_bytes || memcmp(digest, profile->digest, DIGEST_SIZE) != 0)
		return -EIO;
	return 0;
}

int snapshot_borrow_bytes(const struct snapshot *snapshot, const struct profile *profile,
                          struct buffer *scratch, const char **bytesp)
{
	const char *bytes = profile_bytes(profile);
	int r = bytes ? 0 : make(snapshot, profile, scratch);

	if (!r)
		*bytesp = bytes ? bytes : scratch->data;
	return r;
}

int snapshot_make_bytes(const struct snapshot *snapshot, struct profile *profile,
                        const char **bytesp)
{
	_cleanup_(buffer_deinit) struct buffer out = BUFFER_INIT;
	int r;

	*bytesp = profile_bytes(profile);
	if (*bytesp)
		return 0;
	r = make(snapshot, profile, &out);
	/* Copied, since a buffer has room for more than it holds. */
	if (!r)
		r = profile_set_bytes(profile, out.data);
	*bytesp = profile_bytes(profile);
	/* Another thread may have been faster, and the snapshot was replaced meanwhile. */
	return *bytesp ? 0 : r;
}

static bool has(const struct snapshot *snapshot, const struct profile *profile)
{
	const struct profile *found = snapshot_find(snapshot, profile->name);

	return found && found->nodeid == profile->nodeid;
}

void snapshot_make_replaced(const struct snapshot *before, const struct snapshot *after,
                            size_t n_max)
{
	size_t n_bytes = 0;

	for (size_t i = before->n_profiles; i > 0; i--) {
		struct profile *profile = before->profiles[i - 1];
		const char *bytes;

		if (has(after, profile))
			continue;
		n_bytes += profile->n_bytes;
		if (n_bytes > n_max)
			break;
		if (snapshot_make_bytes(before, profile, &bytes))
			continue;
	}
}
