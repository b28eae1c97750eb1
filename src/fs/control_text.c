/* SPDX-License-Identifier: Apache-2.0 */

#include "control_text.h"

#include <errno.h>

#include "model/resource.h"
#include "profile/facts_text.h"

void control_text_free(struct control_text *text)
{
	if (!text)
		return;
	snapshot_unref(text->snapshot);
	buffer_deinit(&text->buffer);
	free(text);
}

void control_texts_deinit(struct control_texts *texts)
{
	snapshot_unref(texts->snapshot);
	*texts = CONTROL_TEXTS_INIT;
}

bool control_texts_update(struct control_texts *texts, struct snapshot *snapshot)
{
	bool is_new = snapshot != texts->snapshot;

	snapshot_unref(texts->snapshot);
	texts->snapshot = snapshot;
	for (size_t i = 0; is_new && i < CONTROL_N_KINDS; i++)
		texts->sizes[i].is_known = false;
	return is_new;
}

static int render(const struct control_texts *texts, enum control_kind kind, struct buffer *out)
{
	switch (kind) {
	case CONTROL_TABLE:
		resource_write_snapshot_table(texts->snapshot, texts->node, out);
		return buffer_error(out);
	case CONTROL_YAML:
		return resource_write_yaml(texts->snapshot, texts->node, out);
	case CONTROL_FACTS:
		facts_text_write(&texts->snapshot->options, out);
		return buffer_error(out);
	default:
		return resource_write_json(texts->snapshot, texts->node, out);
	}
}

struct control_text *control_text_take(struct buffer *buffer)
{
	struct control_text *text = buffer_error(buffer) ? NULL : calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->buffer = *buffer;
	*buffer = BUFFER_INIT;
	text->data = text->buffer.data ? text->buffer.data : "";
	text->n_data = text->buffer.n_data;
	return text;
}

struct control_text *control_texts_make(struct control_texts *texts, enum control_kind kind)
{
	_cleanup_(control_text_freep) struct control_text *text = NULL;
	_cleanup_(buffer_deinit) struct buffer buffer = BUFFER_INIT;

	if (kind == CONTROL_MACHINECONFIG) {
		text = calloc(1, sizeof(*text));
		if (!text)
			return NULL;
		text->snapshot = snapshot_ref(texts->snapshot);
		text->data = text->snapshot->config;
		text->n_data = text->snapshot->n_config;
		return steal_ptr(text);
	}
	if (render(texts, kind, &buffer))
		return NULL;
	text = control_text_take(&buffer);
	if (!text)
		return NULL;
	texts->sizes[kind].size = text->n_data;
	texts->sizes[kind].is_known = true;
	return steal_ptr(text);
}

int control_texts_size(struct control_texts *texts, enum control_kind kind, size_t *sizep)
{
	_cleanup_(control_text_freep) struct control_text *text = NULL;

	if (kind == CONTROL_MACHINECONFIG) {
		*sizep = texts->snapshot->n_config;
		return 0;
	}
	if (!texts->sizes[kind].is_known) {
		text = control_texts_make(texts, kind);
		if (!text)
			return -ENOMEM;
	}
	*sizep = texts->sizes[kind].size;
	return 0;
}
