#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The text of a YAML or JSON file in the form that the reader and the editor work on: UTF-8
 * without byte order mark. Nodes point into it, errors name it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/util.h"

#define SOURCE_SIZE_MAX (64UL << 20) /* bytes, as given and after the conversion from UTF-16 */

struct source {
	char *name;       /* as errors print it: "patch", "/etc/seccompfs/machine.yaml" */
	const char *text; /* UTF-8, no BOM in front; a NUL behind it that is not counted */
	char *copy;       /* owned: text; NULL when that is the caller's */
	size_t n_text;
	bool converted; /* the bytes given were UTF-16 or had a BOM: text is not what stands on disk
	                 */
};

enum {
	SOURCE_E_INVALID = 1, /* not UTF-8 or UTF-16, or too large; the reason is in diag */
};

/*
 * Takes nothing: name and bytes are copied. UTF-16LE/BE are recognised by their byte order mark, as
 * YAML 1.2.2 section 5.2 has it. 0, -ENOMEM, or SOURCE_E_INVALID.
 */
_must_check_ int source_new(const char *name, const void *bytes, size_t n_bytes,
                            struct source **sourcep, struct diag *diag);

/* As source_new(), but what needs no change is not copied: bytes is borrowed as long as the source
 * lives, and has a NUL behind it that is not counted. */
_must_check_ int source_borrow(const char *name, const void *bytes, size_t n_bytes,
                               struct source **sourcep, struct diag *diag);
/*
 * The same for a text that is known to be UTF-8 without a byte order mark, since it is made of others:
 * takes the bytes of text on success. 0 or -ENOMEM.
 */
_must_check_ int source_new_of_text(const char *name, struct buffer *text, struct source **sourcep);

void source_free(struct source *source);
DEFINE_CLEANUP(struct source *, source_free);
