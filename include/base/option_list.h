#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Option lists as mount(8) has them, `ro,name=value,other="with, a comma"`, read into a struct by a
 * table that says everything about every option.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/util.h"

enum option_effect {
	OPTION_IGNORE,
	OPTION_SET,    /* the bool at field */
	OPTION_CLEAR,  /* likewise */
	OPTION_STRING, /* the char * at field, owned; a value in double quotes loses them */
	OPTION_APPEND, /* the whole option, behind a comma, to the struct buffer at field */
};

struct option_spec {
	const char *name; /* "x=" has any value, "x-" any end */
	enum option_effect effect;
	size_t field;         /* offset in the struct */
	const char *pattern;  /* what a STRING must be, regex(7) */
	const char *argument; /* what a person calls the value */
	const char *help;     /* NULL: not shown */
};

enum {
	OPTION_LIST_E_INVALID = 1, /* the reasons are in diag */
};

/* Applies all of a list to options; the last of two wins, an empty option is none. An unknown
 * option is an error with a suggestion. 0, OPTION_LIST_E_INVALID, -ENOMEM. */
_must_check_ int option_list_apply(const char *list, const struct option_spec *specs,
                                   size_t n_specs, void *options, struct diag *diag);

/* Frees every string that a spec has a field for. */
void option_list_free(const struct option_spec *specs, size_t n_specs, void *options);

/* Prints a line for each option that has a help text. */
void option_list_print_help(const struct option_spec *specs, size_t n_specs, FILE *file);
