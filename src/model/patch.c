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
#include "profile/lint_rules.h"

#include "patch_internal.h"
#include "patch_place.h"

#define SECCOMP_KIND "seccomp" /* kinds that begin like this are meant for us, but none exists */

/* As Talos tells them apart: a mapping is a strategic merge patch, a list a JSON patch, nothing at
 * all an empty one (D10). They cannot be mixed. */
static enum patch_kind guess_kind(struct patch *patch, struct diag *diag)
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
		return PATCH_EMPTY;
	if (has_list && n > 1)
		node_error(
			diag, patch->first, NULL,
			"a JSON patch (a list of operations) must be the only document of a patch");
	else if (patch->first->kind == NODE_MAPPING)
		return PATCH_STRATEGIC;
	else if (json_patch_is_patch(patch->first))
		return PATCH_JSON;
	else
		node_error(
			diag, patch->first, NULL,
			"found a %s, allowed are a mapping (strategic merge patch) and a list of "
			"operations (JSON patch)",
			node_describe(patch->first));
	return PATCH_UNKNOWN;
}

/* A document that an operator would take for a profile, and that would do nothing. */
static bool check_kind(const struct node *root, struct diag *diag)
{
	const struct node *kind = node_resolve(node_find(root, "kind"));
	struct path path = { .key = "kind" };

	if (!kind || kind->kind != NODE_SCALAR ||
	    strncasecmp(kind->text, SECCOMP_KIND, strlen(SECCOMP_KIND)) != 0)
		return true;
	node_error(diag, kind, &path,
	           "there is no kind \"%s\": profiles are entries of machine.seccompProfiles",
	           kind->text);
	return false;
}

static int check_strategic(const struct patch *patch, struct diag *diag)
{
	bool invalid = false;

	for (size_t i = 0; i < patch->stream->n_documents; i++) {
		const struct node *root = patch->stream->documents[i].root;
		int r;

		if (root->kind != NODE_MAPPING)
			continue;
		if (!document_is_machine_config(root)) {
			invalid = !check_kind(root, diag) || invalid;
			continue;
		}
		r = machine_config_check_patch(root, patch->options, diag);
		if (r < 0)
			return r;
		invalid = r || invalid;
	}
	return invalid ? PATCH_E_INVALID : 0;
}

static int apply_json(const struct patch *patch, const struct machine_config *config,
                      struct edit *edit, struct diag *diag)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	int r;

	r = json_patch_apply(edit, patch->first, diag);
	if (r)
		return r > 0 ? PATCH_E_INVALID : r;
	for (size_t i = 0; i < edit->n_documents; i++) {
		const struct edit_document *document = &edit->documents[i];

		if (document->original->root == document->root ||
		    (!document_is_machine_config(document->original->root) &&
		     !document_is_machine_config(document->root)))
			continue;
		r = machine_config_check_root(document->root, patch->options, config, &found);
		if (r < 0)
			return r;
	}
	patch_place_errors(patch->first, &found, diag);
	return found.n_errors ? PATCH_E_INVALID : 0;
}

/* A name that the patch gives twice is no news where there was one before. */
static bool is_old_loss(const struct diag_entry *entry, const struct machine_config *before,
                        const struct machine_config *after)
{
	return entry->rule && !strcmp(entry->rule, lint_rules[LINT_DUPLICATE_PROFILE].id) &&
	       after->n_lost <= before->n_lost;
}

/* Of the values a JSON patch has been told before they were written. */
static bool is_told(const struct patch *patch, const struct diag_entry *entry)
{
	return patch->kind == PATCH_JSON && entry->rule && strncmp(entry->rule, "deny-", 5) == 0;
}

static void tell_of_result(const struct patch *patch, const struct machine_config *before,
                           const struct machine_config *after, const struct diag *found,
                           struct diag *diag)
{
	_cleanup_(diag_deinit) struct diag news = DIAG_INIT;

	for (size_t i = 0; i < found->n_entries; i++) {
		const struct diag_entry *entry = &found->entries[i];
		const struct place place = { entry->source, entry->line, entry->column };

		if (!is_old_loss(entry, before, after) && !is_told(patch, entry))
			diag_add_entry_at(&news, entry, &place);
	}
	patch_place_errors(patch->kind == PATCH_JSON ? patch->first : NULL, &news, diag);
}

/* Writes the edit and reads it back as a config. */
static int read_back(const struct patch *patch, const struct machine_config *config,
                     const struct snapshot *before, const struct buffer *text,
                     struct machine_config **new_configp, struct diag *diag)
{
	const struct machine_config_before after = {
		.served = before,
		.is_checked = before,
		.base = config,
		.patch = patch->stream,
		.is_judged = patch->kind == PATCH_JSON,
	};
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	int r = machine_config_parse_after(&after, config->stream->source->name, text->data,
	                                   text->n_data, patch->options, new_configp, &found);

	if (r)
		diag_append(diag, &found);
	else
		tell_of_result(patch, config, *new_configp, &found, diag);
	return r;
}

static int finish(const struct patch *patch, const struct machine_config *config,
                  const struct snapshot *before, const struct edit *edit,
                  struct machine_config **new_configp, struct diag *diag)
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
	r = splice_write(edit, &text, diag);
	if (r == 0)
		r = buffer_error(&text);
	if (r == -EFBIG) {
		diag_error(diag, NULL, NULL, "the config would be larger than %lu bytes",
		           MACHINE_CONFIG_SIZE_MAX);
		return PATCH_E_INVALID;
	}
	if (r == 0)
		r = read_back(patch, config, before, &text, new_configp, diag);
	return r > 0 ? PATCH_E_INVALID : r;
}

static bool is_read(const struct stream *read, const void *bytes, size_t n_bytes)
{
	return read && read->source->n_text == n_bytes &&
	       !memcmp(read->source->text, bytes, n_bytes);
}

static int read_patch(const void *bytes, size_t n_bytes, struct stream **readp, struct patch *patch,
                      struct diag *diag)
{
	int r = 0;

	if (readp && is_read(*readp, bytes, n_bytes))
		patch->stream = steal_ptr(*readp);
	else
		r = yaml_read_bytes(PATCH_SOURCE_NAME, bytes, n_bytes, &patch->stream, NULL, diag);
	if (r)
		return r < 0 ? r : PATCH_E_INVALID;
	patch->kind = guess_kind(patch, diag);
	if (patch->kind == PATCH_EMPTY)
		return PATCH_E_UNCHANGED;
	if (patch->kind == PATCH_UNKNOWN)
		return PATCH_E_INVALID;
	return patch->kind == PATCH_STRATEGIC ? check_strategic(patch, diag) : 0;
}

int patch_read(const void *bytes, size_t n_bytes, struct stream **readp,
               const struct profile_options *options, struct patch **patchp, struct diag *diag)
{
	_cleanup_(patch_freep) struct patch *patch = calloc(1, sizeof(*patch));
	int r;

	if (!patch)
		return -ENOMEM;
	patch->options = options;
	r = read_patch(bytes, n_bytes, readp, patch, diag);
	if (!r)
		*patchp = steal_ptr(patch);
	return r;
}

void patch_free(struct patch *patch)
{
	if (!patch)
		return;
	stream_free(patch->stream);
	free(patch);
}

int patch_apply(const struct patch *patch, const struct machine_config *config,
                const struct snapshot *before, struct machine_config **new_configp,
                struct diag *diag)
{
	_cleanup_(edit_freep) struct edit *edit = NULL;
	int r = edit_new(config->stream, &edit);

	if (r < 0)
		return r;
	r = patch->kind == PATCH_JSON ? apply_json(patch, config, edit, diag)
	                              : strategic_merge(edit, patch->stream, diag);
	if (r)
		return r > 0 ? PATCH_E_INVALID : r;
	return finish(patch, config, before, edit, new_configp, diag);
}

int patch_apply_bytes(const struct machine_config *config, const void *bytes, size_t n_bytes,
                      const struct profile_options *options, struct machine_config **new_configp,
                      struct diag *diag)
{
	_cleanup_(patch_freep) struct patch *patch = NULL;
	int r = patch_read(bytes, n_bytes, NULL, options, &patch, diag);

	return r ? r : patch_apply(patch, config, NULL, new_configp, diag);
}

/* By its byte order mark. */
static bool is_utf16(const char *bytes, size_t n_bytes)
{
	return n_bytes >= 2 &&
	       (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}

bool patch_is_hopeless(const void *bytes, size_t n_bytes, struct stream **readp, struct diag *diag)
{
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	bool definite = false;
	int r;

	*readp = NULL;
	if (is_utf16(bytes, n_bytes))
		return false; /* a character may be half written anywhere */
	r = yaml_read_bytes(PATCH_SOURCE_NAME, bytes, n_bytes, &stream, &definite, &found);
	/* What there is to be told is told by whoever reads it as a patch. */
	if (!r && !found.n_entries)
		*readp = steal_ptr(stream);
	if (r != YAML_E_SYNTAX || !definite)
		return false;
	patch_place_errors(NULL, &found, diag);
	return true;
}
