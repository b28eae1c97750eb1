/* SPDX-License-Identifier: Apache-2.0 */

#include "document/fold.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PREFIXES_MAX 10

void folds_deinit(struct folds *folds)
{
	free(folds->spans);
	free(folds->folds);
	*folds = FOLDS_INIT;
}

static size_t piece_start(const struct folds *folds, const struct fold *fold)
{
	return folds->spans[fold->first].offset;
}

static size_t piece_end(const struct folds *folds, const struct fold *fold)
{
	return span_end(&folds->spans[fold->first + fold->n - 1]);
}

static bool has_prefix(const struct folds *folds, const char *text, size_t n_text)
{
	return memmem(text, n_text, folds->prefix, strlen(folds->prefix));
}

/* Whether it stands in what remains of the text. */
static bool remains_prefix(const struct folds *folds, const char *text, size_t n_text)
{
	size_t offset = 0;

	for (size_t i = 0; i < folds->n_folds; i++) {
		const struct fold *fold = &folds->folds[i];

		if (has_prefix(folds, text + offset, piece_start(folds, fold) - offset))
			return true;
		offset = piece_end(folds, fold);
	}
	return has_prefix(folds, text + offset, n_text - offset);
}

static int choose_prefix(struct folds *folds, const char *text, size_t n_text, const char *patch,
                         size_t n_patch)
{
	for (unsigned int i = 0; i < PREFIXES_MAX; i++) {
		snprintf(folds->prefix, sizeof(folds->prefix), FOLD_WORD "%u-", i);
		if (!has_prefix(folds, patch, n_patch) && !remains_prefix(folds, text, n_text))
			return 0;
	}
	return FOLD_E_UNABLE;
}

/* In double quotes nothing that follows could become a part of it. */
static void append_placeholder(const struct folds *folds, size_t i, struct buffer *out)
{
	buffer_printf(out, "\"%s%zu\"", folds->prefix, i);
}

/* The first line break of a text is the one that new lines get. */
static const char *first_break(const char *text, size_t n_text)
{
	for (size_t i = 0; i < n_text; i++) {
		if (text[i] == '\n')
			return "\n";
		if (text[i] == '\r')
			return i + 1 < n_text && text[i + 1] == '\n' ? "\r\n" : "\r";
	}
	return "";
}

int fold_reduce(struct folds *folds, const char *text, size_t n_text, const char *patch,
                size_t n_patch, struct buffer *out)
{
	size_t n_before = out->n_data;
	size_t offset = 0;
	int r = choose_prefix(folds, text, n_text, patch, n_patch);

	if (r)
		return r;
	for (size_t i = 0; i < folds->n_folds; i++) {
		const struct fold *fold = &folds->folds[i];

		buffer_append(out, text + offset, piece_start(folds, fold) - offset);
		append_placeholder(folds, i, out);
		offset = piece_end(folds, fold);
	}
	buffer_append(out, text + offset, n_text - offset);
	r = buffer_error(out);
	if (r)
		return r;
	if (strcmp(first_break(text, n_text),
	           first_break(out->data + n_before, out->n_data - n_before)) != 0)
		return FOLD_E_UNABLE;
	return 0;
}

/* Appends the piece, and moves its spans to where it stands now. */
static void put_back(struct folds *folds, const struct fold *fold, const char *text,
                     struct buffer *out)
{
	size_t start = piece_start(folds, fold);
	size_t end = piece_end(folds, fold);
	size_t offset = out->n_data;

	buffer_append(out, text + start, end - start);
	for (size_t i = fold->first; i < fold->first + fold->n; i++)
		folds->spans[i].offset = (uint32_t)(folds->spans[i].offset - start + offset);
}

/* Behind the next placeholder in [reduced, end), which is that of fold i, or NULL. */
static const char *find_placeholder(const struct folds *folds, const char *reduced, const char *end,
                                    size_t i, const char **startp)
{
	char wanted[FOLD_PREFIX_MAX + 32];
	size_t n_wanted = (size_t)snprintf(wanted, sizeof(wanted), "\"%s%zu\"", folds->prefix, i);
	const char *found = memmem(reduced, (size_t)(end - reduced), folds->prefix,
	                           strlen(folds->prefix));

	/* What precedes it is the quote, if it is one of ours. */
	if (!found || found == reduced)
		return NULL;
	found--;
	if ((size_t)(end - found) < n_wanted || memcmp(found, wanted, n_wanted) != 0)
		return NULL;
	*startp = found;
	return found + n_wanted;
}

int fold_expand(struct folds *folds, const char *text, const char *reduced, size_t n_reduced,
                struct buffer *out)
{
	const char *end = reduced + n_reduced;

	for (size_t i = 0; i < folds->n_folds; i++) {
		const char *start;
		const char *behind = find_placeholder(folds, reduced, end, i, &start);

		if (!behind)
			return FOLD_E_UNABLE;
		buffer_append(out, reduced, (size_t)(start - reduced));
		put_back(folds, &folds->folds[i], text, out);
		reduced = behind;
	}
	if (has_prefix(folds, reduced, (size_t)(end - reduced)))
		return FOLD_E_UNABLE;
	buffer_append(out, reduced, (size_t)(end - reduced));
	return buffer_error(out);
}
