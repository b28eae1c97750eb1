/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>
#include <string.h>

#include "compile_steps.h"
#include "document/quote.h"

/* Doubles; the old array stays in the arena. */
static bool make_room(struct compile_notes *notes)
{
	size_t n = notes->n_allocated ? notes->n_allocated * 2 : 16;
	struct compile_note *more;

	if (notes->n_notes < notes->n_allocated)
		return true;
	more = arena_alloc_array(notes->arena, n, sizeof(*more));
	if (!more)
		return false;
	if (notes->n_notes > 0)
		memcpy(more, notes->notes, notes->n_notes * sizeof(*more));
	notes->notes = more;
	notes->n_allocated = n;
	return true;
}

void compile_append_word(const char *word, struct buffer *out)
{
	quote_append_bare(out, word, strlen(word));
}

void compile_note(struct compile_notes *notes, const struct node *node, const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	const char *message;
	va_list args;

	if (!notes || !make_room(notes))
		return;
	va_start(args, format);
	buffer_vprintf(&text, format, args);
	va_end(args);
	if (buffer_error(&text))
		return;
	message = arena_copy(notes->arena, text.data, text.n_data);
	if (message)
		notes->notes[notes->n_notes++] = (struct compile_note){ node, message };
}
