#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What seccompctl can do: one object per verb, one file each (verb_NAME.c). */

#include <stddef.h>

#include "arguments.h"

struct verb {
	const char *name;
	const char *alias;    /* NULL: none */
	const char *operands; /* as the usage line shows them */
	const char *summary;  /* of one line, at most 45 characters */
	const char *help;     /* paragraphs below the usage line, 80 columns */
	size_t min_operands;
	size_t max_operands;
	/* Returns the exit status; has said on stderr why when it is not 0. */
	int (*run)(const struct arguments *arguments);
};

extern const struct verb verb_explain;
extern const struct verb verb_get;
extern const struct verb verb_help;
extern const struct verb verb_patch;
extern const struct verb verb_read;
extern const struct verb verb_render;
extern const struct verb verb_validate;

/* NULL when there is none of this name. */
const struct verb *verb_find(const char *name);

/* Help on one verb, or (NULL) on the program. */
void verb_print_help(const struct verb *verb);

/* "seccompctl: MESSAGE" on stderr. Returns EXIT_FAILURE. */
int failure(const char *format, ...) _printf_(1, 2);
/* The same, and where help is to be had. Returns EXIT_USAGE. */
#define usage_error(...) (failure(__VA_ARGS__), usage_hint())
int usage_hint(void);
int out_of_memory(void);

/* Flushes stdout; its errors are failures: 0 or EXIT_FAILURE. */
_must_check_ int finish_output(void);
