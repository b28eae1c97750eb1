/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A patch of one profile must not cost what all the others cost. The text of the config that is
 * served is known to be good, and where in it the profiles stand (snapshot.spans). So the values
 * that the patch cannot mean are folded (document/fold.h), the patch is applied to what remains as
 * to any config, and the new text is read once.
 *
 * Why the result is the same:
 *
 * - A strategic merge finds profiles by their names, and what it compares are values that it has
 *   found. A profile whose name is no scalar of the patch is not looked into. Other ways to reach
 *   one (aliases, merge keys, tags, selectors that are no names) lose its placeholder or leave an
 *   error, and both end here.
 * - What is written is what would be written: splicing looks at the text around a change, at the
 *   first line break, and, for the style, at the first items of lists (SPLICE_STYLE_ITEMS), which
 *   are therefore not folded.
 * - The new text, with all that was folded, is read and compared with what was meant.
 *
 * Whatever is unusual is left to the full way: it makes the messages, and there is no second place
 * that knows the rules.
 */

#include <errno.h>
#include <string.h>

#include "document/fold.h"
#include "document/splice.h"
#include "document/strategic_merge.h"
#include "machine_config_build.h"
#include "patch_internal.h"
#include "patch_pieces.h"

struct folding {
	const struct snapshot *before;
	const char *name;
	struct pieces pieces;
	struct stream *reduced; /* owned: the config without what is folded */
};

static void folding_deinit(struct folding *folding)
{
	pieces_deinit(&folding->pieces);
	stream_free(folding->reduced);
}

static int reduce(struct folding *folding, const struct source *patch)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(source_freep) struct source *source = NULL;
	const struct snapshot *before = folding->before;
	int r;

	r = fold_reduce(&folding->pieces.folds, before->config, before->n_config, patch->text,
	                patch->n_text, &text);
	if (!r)
		r = source_new_of_text(folding->name, &text, &source);
	if (!r)
		r = yaml_read(source, &folding->reduced, NULL, NULL);
	if (!r)
		source = NULL;
	return r || pieces_are_entries(&folding->pieces, folding->reduced) ? r : PATCH_E_FULL;
}

/* The new text, read as far as it is not folded. */
static int write_edit(struct folding *folding, const struct edit *edit, struct stream **streamp)
{
	_cleanup_(buffer_deinit) struct buffer reduced = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer text = { .limit = MACHINE_CONFIG_SIZE_MAX };
	_cleanup_(source_freep) struct source *source = NULL;
	const struct snapshot *before = folding->before;
	struct folds *folds = &folding->pieces.folds;
	int r = splice_write_unread(edit, &reduced);

	if (!r)
		r = buffer_reserve(&text, before->n_config + reduced.n_data);
	if (!r)
		r = fold_expand(folds, before->config, reduced.data, reduced.n_data, &text);
	if (!r)
		r = source_new_of_text(folding->name, &text, &source);
	if (!r)
		r = fold_read(source, folds, streamp);
	if (!r)
		source = NULL;
	return r;
}

static int finish(struct folding *folding, const struct edit *edit, const struct patch *patch,
                  struct machine_config **new_configp, struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	struct kept kept = {
		.before = folding->before,
		.folds = &folding->pieces.folds,
		.indices = folding->pieces.indices,
	};
	bool is_written;
	int r = write_edit(folding, edit, &stream);

	if (!r)
		r = edit_is_written(edit, stream, &is_written);
	if (r)
		return r;
	if (!is_written)
		return PATCH_E_FULL;
	r = machine_config_build(stream, &kept, patch->stream, patch->options, new_configp, diag);
	if (!r)
		stream = NULL;
	return r;
}

static int apply(struct folding *folding, const struct patch *patch,
                 struct machine_config **new_configp, struct diag *diag)
{
	_cleanup_(edit_freep) struct edit *edit = NULL;
	bool unchanged;
	int r = pieces_choose(&folding->pieces, folding->before, patch->stream);

	if (!r)
		r = reduce(folding, patch->stream->source);
	if (!r)
		r = edit_new(folding->reduced, &edit);
	if (!r)
		r = strategic_merge(edit, patch->stream, diag);
	if (!r)
		r = edit_is_unchanged(edit, &unchanged);
	if (r)
		return PATCH_E_FULL;
	if (unchanged)
		return PATCH_E_UNCHANGED;
	return finish(folding, edit, patch, new_configp, diag) ? PATCH_E_FULL : 0;
}

int patch_fold(const struct patch *patch, const struct snapshot *before, const char *name,
               struct machine_config **new_configp, struct diag *diag)
{
	_cleanup_(folding_deinit) struct folding folding = { .before = before, .name = name };
	_cleanup_(diag_deinit) struct diag found = DIAG_INIT;
	int r = PATCH_E_FULL;

	if (patch->kind == PATCH_STRATEGIC)
		r = apply(&folding, patch, new_configp, &found);
	if (r != PATCH_E_FULL)
		diag_append(diag, &found);
	return r;
}
