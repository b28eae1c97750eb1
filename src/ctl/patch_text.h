#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The patches of a command line, and what is written to the control file for them.
 *
 * talosctl applies all its patches itself and sends one config. Here the control file applies, and
 * each patch that it takes is a transaction. Strategic merge patches that stand one after the other
 * become the documents of one patch, so that they succeed or fail together. A JSON patch cannot
 * stand beside others in a stream: it is a transaction of its own.
 *
 * What is written may reach the control file in several pieces (the kernel splits large writes),
 * and a piece that ends where a document is closed would be taken for the whole. Text that begins
 * with
 * `---` never is: so joined and large patches get such a line in front. A map of lines leads what
 * the control file says about the text back to what the user wrote.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arguments.h"
#include "document/yaml_reader.h"

struct patch_text {
	char *label;           /* owned: "patch", "patch 2", or the file's name */
	struct stream *stream; /* owned */
	bool is_json_patch;
};

struct patch_texts {
	struct patch_text *texts; /* owned; those without content are left out */
	size_t n_texts;
};

#define PATCH_TEXTS_INIT ((struct patch_texts){ 0 })

void patch_texts_deinit(struct patch_texts *texts);

/* Reads the patches and checks their syntax. 0, or an exit status after a message on stderr. */
_must_check_ int patch_texts_read(struct patch_texts *texts, const struct arguments *arguments);

/* How many texts from texts[first] on make one transaction: 1 or more. */
size_t patch_texts_group(const struct patch_texts *texts, size_t first);

/* Text that is written at once: the control file gets it in one piece (its max_write). */
#define PATCH_PIECE_MAX (128U << 10) /* bytes */

struct line_span {
	uint32_t first;    /* line of the joined text */
	uint32_t original; /* the same line in the text of the user */
	const char *label; /* borrowed */
};

struct line_map {
	struct line_span *spans; /* owned, by first */
	size_t n_spans;
};

#define LINE_MAP_INIT ((struct line_map){ 0 })

void line_map_deinit(struct line_map *map);

/* Appends to out what texts[first] to texts[first + n - 1] become. 0 or -ENOMEM. */
_must_check_ int patch_texts_join(const struct patch_texts *texts, size_t first, size_t n,
                                  struct buffer *out, struct line_map *map);

/* Where a line of the joined text stands; a line 0 gives a place without line. */
struct place line_map_find(const struct line_map *map, uint32_t line, uint32_t column);
