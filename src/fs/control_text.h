#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The files of the control plane that are read only: most are texts made from a snapshot. A text is made
 * when it is opened and lives as long as it is open; its size, which stat(2) wants more often, is
 * remembered until the next snapshot. One thread.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/util.h"
#include "model/snapshot.h"

enum control_kind {
	CONTROL_MACHINECONFIG,
	CONTROL_TABLE,
	CONTROL_YAML,
	CONTROL_JSON,
	CONTROL_FACTS,
	CONTROL_N_KINDS,
};

struct control_text {
	struct snapshot *snapshot; /* a reference, where data points into it */
	struct buffer buffer;      /* where it does not */
	const char *data;
	size_t n_data;
};

void control_text_free(struct control_text *text);
DEFINE_CLEANUP(struct control_text *, control_text_free);

struct control_texts {
	const char *node;          /* borrowed: the name of this host */
	struct snapshot *snapshot; /* a reference */
	struct {
		size_t size;
		bool is_known;
	} sizes[CONTROL_N_KINDS];
};

#define CONTROL_TEXTS_INIT ((struct control_texts){ 0 })

void control_texts_deinit(struct control_texts *texts);

/* Takes snapshot, the current one. True when it is another than before. */
bool control_texts_update(struct control_texts *texts, struct snapshot *snapshot);

/* Returns owned, or NULL without memory. */
struct control_text *control_texts_make(struct control_texts *texts, enum control_kind kind);

/* Takes the bytes of buffer. Returns owned, or NULL without memory, also when that was the buffer's
 * error. */
struct control_text *control_text_take(struct buffer *buffer);

/* 0 or -ENOMEM. */
_must_check_ int control_texts_size(struct control_texts *texts, enum control_kind kind,
                                    size_t *sizep);
