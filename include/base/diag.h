#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reasons for a person: every error and warning that a parser or a check found, each with the
 * place where it was found. Filled where the reason is known, shown where it is handled.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/util.h"

enum diag_severity {
	DIAG_ERROR,
	DIAG_WARNING,
};

/* Where something stands in a text. */
struct place {
	const char *source; /* "patch", or a file name; NULL: unknown */
	uint32_t line;      /* from 1; 0: unknown */
	uint32_t column;    /* characters, from 1; 0: unknown */
};

struct diag_entry {
	enum diag_severity severity;
	char *source; /* NULL: none */
	uint32_t line;
	uint32_t column;
	char *path;       /* "machine.seccompProfiles[1].value"; NULL: none */
	char *message;    /* lower case, no full stop */
	const char *rule; /* "unknown-key", by which docs/lint.md knows it; borrowed, NULL: none */
	char *remedy;     /* what to do about it, as message; NULL: nothing is said */
};

/* At most this many entries are kept; the counts go on. */
#define DIAG_ENTRIES_MAX 1000

struct diag {
	struct diag_entry *entries;
	size_t n_entries;
	size_t n_errors;   /* all that were added, also those not kept */
	size_t n_warnings; /* likewise */
};

#define DIAG_INIT ((struct diag){ 0 })

void diag_deinit(struct diag *diag);
void diag_clear(struct diag *diag);

/*
 * Adds one reason. place and path may be NULL; both are copied. diag may be NULL: then nothing
 * happens. A failed allocation loses the entry, never the count.
 */
void diag_add(struct diag *diag, enum diag_severity severity, const struct place *place,
              const char *path, const char *format, ...) _printf_(5, 6);

/*
 * As diag_add(), by a rule: its id, which must live as long as diag (all but a client's are static), and
 * the remedy, which is copied and may be NULL.
 */
void diag_add_finding(struct diag *diag, enum diag_severity severity, const char *rule,
                      const struct place *place, const char *path, const char *remedy,
                      const char *format, ...) _printf_(7, 8);

#define diag_error(diag, place, path, ...)   diag_add(diag, DIAG_ERROR, place, path, __VA_ARGS__)
#define diag_warning(diag, place, path, ...) diag_add(diag, DIAG_WARNING, place, path, __VA_ARGS__)

/* Adds entry as it is, at another place. */
void diag_add_entry_at(struct diag *diag, const struct diag_entry *entry,
                       const struct place *place);

/* Adds what from has. */
void diag_append(struct diag *diag, const struct diag *from);

/* One entry as "SOURCE:LINE:COLUMN: PATH: MESSAGE", without what is unknown, without newline. */
void diag_entry_format(const struct diag_entry *entry, struct buffer *out);

/* As above with " [RULE]" behind it where there is one: for logs. */
void diag_entry_format_rule(const struct diag_entry *entry, struct buffer *out);

/* Every entry on a line of its own, with prefix before, "warning: " where it is one and " [RULE]" behind
 * it; its remedy on the next line, after four blanks. */
void diag_print(const struct diag *diag, FILE *file, const char *prefix);

/* At most this many entries of one diag are logged: one bad file must not fill a log. */
#define DIAG_LOGGED_MAX 10

/* Logs (base/log.h) the errors, each on a line of its own, and then, when least is DIAG_WARNING, the
 * warnings: DIAG_LOGGED_MAX of all, and how many more there are. */
void diag_log(const struct diag *diag, enum diag_severity least);

/* The first error, or NULL. Borrowed until the next call that changes diag. */
const struct diag_entry *diag_first_error(const struct diag *diag);
