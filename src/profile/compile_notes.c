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

/* The note, with a message alone; NULL: none is wanted, or there is no memory. */
static struct compile_note *add(struct compile_notes *notes, const char *format, va_list args)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	const char *message;

	if (!notes || !make_room(notes))
		return NULL;
	buffer_vprintf(&text, format, args);
	if (buffer_error(&text))
		return NULL;
	message = arena_copy(notes->arena, text.data, text.n_data);
	if (!message)
		return NULL;
	notes->notes[notes->n_notes] = (struct compile_note){ .message = message };
	return &notes->notes[notes->n_notes++];
}

void compile_note(struct compile_notes *notes, const struct node *node, const char *format, ...)
{
	struct compile_note *note;
	va_list args;

	va_start(args, format);
	note = add(notes, format, args);
	va_end(args);
	if (note)
		note->node = node;
}

void compile_note_denied(struct compile_notes *notes, const char *call, const char *how,
                         const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer denied = BUFFER_INIT;
	struct compile_note *note;
	va_list args;

	va_start(args, format);
	note = add(notes, format, args);
	va_end(args);
	if (!note)
		return;
	buffer_append_string(&denied, call);
	buffer_append_string(&denied, how);
	if (!buffer_error(&denied))
		note->denied = arena_copy(notes->arena, denied.data, denied.n_data);
}
