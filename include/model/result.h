#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a transaction did, as a person or a program reads it back from `control`:
 *
 *   result: applied            # applied | skipped | failed
 *   message: patched machine config: 1 created
 *   resources:
 *       - id: audit.json
 *         version: 1
 *         event: created       # created | updated | destroyed
 *   errors: []                 # {line, column, path, message, rule, remedy}; line 0: no place is
 *                              # known; without rule and remedy where there is none
 *   warnings: []
 *
 * Where a list would be too long, a last key `omitted: {resources, errors, warnings}` counts what
 * is not in it.
 */

#include <stdint.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/util.h"

enum result_kind {
	RESULT_APPLIED,
	RESULT_SKIPPED,
	RESULT_FAILED,
};

enum result_event {
	RESULT_CREATED,
	RESULT_UPDATED,
	RESULT_DESTROYED,
};

struct result_resource {
	char *id;
	uint64_t version; /* of a destroyed one: its last */
	enum result_event event;
};

#define RESULT_STRING_MAX 4096                /* bytes of one id, path or message in the text */
#define RESULT_LIST_MAX   ((size_t)512 << 10) /* bytes of one list in the text, and one item more */

struct result {
	enum result_kind kind;
	int error; /* 0, or the positive errno that the writer gets */
	char *message;
	struct result_resource *resources; /* sorted by id */
	size_t n_resources;
	struct diag diag;
};

#define RESULT_INIT ((struct result){ 0 })

void result_deinit(struct result *result);

/* 0 or -ENOMEM. */
_must_check_ int result_add_resource(struct result *result, const char *id, uint64_t version,
                                     enum result_event event);

/* Sets kind FAILED, the positive errno and the message. A message that cannot be allocated stays
 * NULL. */
void result_fail(struct result *result, int error, const char *format, ...) _printf_(3, 4);

/* The YAML text above: UTF-8, without control characters, ending in a line break. */
void result_write(const struct result *result, struct buffer *out);
