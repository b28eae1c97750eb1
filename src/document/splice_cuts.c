/* SPDX-License-Identifier: Apache-2.0 */

#include "splice_internal.h"

#include <errno.h>
#include <string.h>

void cuts_deinit(struct cuts *cuts)
{
	free(cuts->cuts);
	buffer_deinit(&cuts->texts);
	*cuts = (struct cuts){ 0 };
}

static int cuts_reserve(struct cuts *cuts)
{
	size_t capacity = cuts->capacity ? cuts->capacity * 2 : 16;
	struct cut *array;

	if (cuts->n < cuts->capacity)
		return 0;
	array = reallocarray(cuts->cuts, capacity, sizeof(*array));
	if (!array)
		return -ENOMEM;
	cuts->cuts = array;
	cuts->capacity = capacity;
	return 0;
}

void cuts_add(struct cuts *cuts, size_t start, size_t end, const char *text, size_t n_text)
{
	if (start == end && !n_text)
		return;
	if (!cuts->error)
		cuts->error = cuts_reserve(cuts);
	if (cuts->error)
		return;
	cuts->cuts[cuts->n] = (struct cut){
		.start = start,
		.end = end,
		.text = cuts->texts.n_data,
		.n_text = n_text,
		.order = cuts->n,
	};
	cuts->n++;
	buffer_append(&cuts->texts, text, n_text);
	cuts->error = buffer_error(&cuts->texts);
}

void cuts_remove(struct cuts *cuts, size_t start, size_t end)
{
	cuts_add(cuts, start, end, NULL, 0);
}

/* Insertions come before what begins in the same place. */
static int compare_cuts(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;
	bool x_inserts = x->start == x->end, y_inserts = y->start == y->end;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x_inserts != y_inserts)
		return x_inserts ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

int cuts_apply(const struct cuts *cuts, const char *text, size_t n_text, struct buffer *out)
{
	_cleanup_(freep) struct cut *sorted = calloc(cuts->n + 1, sizeof(*sorted));
	size_t done = 0, replaced = 0;

	if (!sorted || cuts->error)
		return -ENOMEM;
	if (cuts->n) {
		memcpy(sorted, cuts->cuts, cuts->n * sizeof(*sorted));
		qsort(sorted, cuts->n, sizeof(*sorted), compare_cuts);
	}
	for (size_t i = 0; i < cuts->n; i++) {
		const struct cut *cut = &sorted[i];

		if (cut->end < cut->start || cut->end > n_text)
			return SPLICE_E_UNABLE;
		/* What is inserted where text goes anyway stands in its place. */
		if (cut->n_text && cut->start < (cut->start == cut->end ? replaced : done))
			return SPLICE_E_UNABLE;
		if (cut->start > done)
			buffer_append(out, text + done, cut->start - done);
		if (cut->n_text)
			buffer_append(out, cuts->texts.data + cut->text, cut->n_text);
		if (cut->end > done)
			done = cut->end;
		if (cut->n_text && cut->start < cut->end)
			replaced = cut->end;
	}
	buffer_append(out, text + done, n_text - done);
	return buffer_error(out);
}
