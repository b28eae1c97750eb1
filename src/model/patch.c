/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Errors must name the patch's own lines, so all that can be wrong is looked for in trees whose
 * nodes still know where they come from: in the patch itself before a strategic merge (the entries
 * of the list are replaced whole, so each is complete), in the merged tree after a JSON patch,
 * which can put anything anywhere. The new text is read once more in the end; what that finds has
 * come from neither.
 */

#include "model/patch.h"

#include <errno.h>
#include <string.h>

#include "document/json_patch.h"
#include "document/scalar.h"
#include "document/splice.h"
#include "document/strategic_merge.h"

#include "patch_place.h"

#define SECCOMP_KIND "seccomp" /* kinds that begin like this are meant for us, but none exists */

enum patch_kind {
	KIND_EMPTY,
	KIND_STRATEGIC,
	KIND_JSON,
	KIND_UNKNOWN,
};

struct patch {
	struct stream *stream;
	const struct node *first; /* root of the first document that is not null */
	enum validate_mode mode;
	struct diag *diag;
};

/* As Talos tells them apart: a mapping is a strategic merge patch, a list a JSON patch, nothing at
 * all an empty one (D10). They cannot be mixed. */
static enum patch_kind guess_kind(struct patch *patch)
{
	const struct stream *stream = patch->stream;
	bool has_list = false;
	size_t n = 0;

	for (size_t i = 0; i < stream->n_documents; i++) {
		const struct node *root = stream->documents[i].root;

		if (scalar_is_null(root))
			continue;
		patch->first = n ? patch->first : root;
		has_list = has_list || root->kind == NODE_SEQUENCE;
		n++;
	}
	if (n == 0)
		return KIND_EMPTY;
	if (has_list && n > 1)
		node_error(
			patch->diag, patch->first, NULL,
			"a JSON patch (a list of operations) must be the only document of a patch");
	else if (patch->first->kind == NODE_MAPPING)
		return KIND_STRATEGIC;
	else if (json_patch_is_patch(patch->first))
		return KIND_JSON;
	else
		node_error(
			patch->diag, patch->first, NULL,
			"found a %s, allowed are a mapping (strategic merge patch) and a list of "
			"operations (JSON patch)",
			node_describe(patch->first));
	return KIND_UNKNOWN;
}

/* A document that an operator would take for a profile, and that would do nothing. */
static bool check_kind(struct patch *patch, const struct node *root)
{
	const struct node *kind = node_resolve(node_find(root, "kind"));
	struct path path = { .key = "kind" };

	if (!kind || kind->kind != NODE_SCALAR ||
	    strncasecmp(kind->text, SECCOMP_KIND, strlen(SECCOMP_KIND)) != 0)
		return true;
	node_error(patch->diag, kind, &path,
	           "there is no kind \"%s\": profiles are entries of machine.seccompProfiles",
	           kind->text);
	return false;
}

static int check_strategic(struct patch *patch)
{
	bool invalid = false;

	for (size_t i = 0; i < patch->stream->n_documents; i++) {
		const struct node *root = patch->stream->documents[i].root;
		int r;

		if (root->kind != NODE_MAPPING)
			continue;
		if (!document_is_machine_config(root)) {
			invalid = !check_kind(patch, root) || invalid;
			continue;
		}
		r = machine_config_check_patch(root, patch->mode, patch->diag);
		if (r < 0)
			return r;
		invalid = r || invalid;
	}
	return invalid ? PATCH_E_INVALID : 0;
}

static int apply_strategic(struct patch *patch, struct edit *edit)
{
	int r;

	r = check_strategic(patch);
	if (r)
		return r;
	r = strategic_merge(edit, patch->stream, patch->diag);
	return r > 0 ? PATCH_E_INVALID : r;
}

static int apply_json(struct patch *patch, struct edit *edit)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	int r;

	r = json_patch_apply(edit, patch->first, patch->diag);
	if (r)
		return r > 0 ? PATCH_E_INVALID : r;
	for (size_t i = 0; i < edit->n_documents; i++) {
		const struct edit_document *document = &edit->documents[i];

		if (document->original->root == document->root ||
		    (!document_is_machine_config(document->original->root) &&
		     !document_is_machine_config(document->root)))
			continue;
		r = machine_config_check_root(document->root, patch->mode, &found);
		if (r < 0)
			return r;
	}
	patch_place_errors(patch->first, &found, patch->diag);
	return found.n_errors ? PATCH_E_INVALID : 0;
}

/* Writes the edit and reads it back as a config. */
static int finish(const struct machine_config *config, const struct patch *patch,
                  const struct edit *edit, struct machine_config **new_configp)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	bool unchanged;
	int r;

	r = edit_is_unchanged(edit, &unchanged);
	if (r < 0)
		return r;
	if (unchanged)
		return PATCH_E_UNCHANGED;
	text.limit = MACHINE_CONFIG_SIZE_MAX;
	r = splice_write(edit, &text, patch->diag);
	if (r == 0)
		r = buffer_error(&text);
	if (r == -EFBIG) {
		diag_error(patch->diag, NULL, NULL, "the config would be larger than %lu bytes",
		           MACHINE_CONFIG_SIZE_MAX);
		return PATCH_E_INVALID;
	}
	if (r == 0)
		r = machine_config_parse(config->stream->source->name, text.data, text.n_data,
		                         patch->mode, new_configp, patch->diag);
	return r > 0 ? PATCH_E_INVALID : r;
}

int patch_apply(const struct machine_config *config, const void *bytes, size_t n_bytes,
                enum validate_mode mode, struct machine_config **new_configp, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(edit_freep) struct edit *edit = NULL;
	struct patch patch = { .mode = mode, .diag = diag };
	enum patch_kind kind;
	int r;

	r = yaml_read_bytes(PATCH_SOURCE_NAME, bytes, n_bytes, &stream, NULL, diag);
	if (r)
		return r < 0 ? r : PATCH_E_INVALID;
	patch.stream = stream;
	kind = guess_kind(&patch);
	if (kind == KIND_EMPTY)
		return PATCH_E_UNCHANGED;
	if (kind == KIND_UNKNOWN)
		return PATCH_E_INVALID;
	r = edit_new(config->stream, &edit);
	if (r < 0)
		return r;
	r = kind == KIND_JSON ? apply_json(&patch, edit) : apply_strategic(&patch, edit);
	return r ? r : finish(config, &patch, edit, new_configp);
}

/* By its byte order mark. */
static bool is_utf16(const char *bytes, size_t n_bytes)
{
	return n_bytes >= 2 &&
	       (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}

bool patch_is_hopeless(const void *bytes, size_t n_bytes, struct diag *diag)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	bool definite = false;
	int r;

	if (is_utf16(bytes, n_bytes))
		return false; /* a character may be half written anywhere */
	r = yaml_read_bytes(PATCH_SOURCE_NAME, bytes, n_bytes, &stream, &definite, &found);
	if (r != YAML_E_SYNTAX || !definite)
		return false;
	patch_place_errors(NULL, &found, diag);
	return true;
}
