#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/*
 * From what an operator writes to what a runtime understands. Each step is a pure function of the
 * ruleset, the node's facts and overlays, and tells in notes what it has decided and why, for
 * `seccompctl explain`.
 */

#include "profile/facts.h"
#include "profile/ruleset.h"

enum compile_mode {
	COMPILE_ON,     /* what is not plain is compiled */
	COMPILE_REJECT, /* what is not plain is refused */
	COMPILE_OFF,    /* served as it stands, as Talos does; overlays do not apply */
};

/* "on", "reject" or "off"; false for anything else. */
bool compile_mode_parse(const char *word, enum compile_mode *modep);

/* One decision of a step. */
struct compile_note {
	const struct node *node; /* in the source; NULL: an overlay's */
	const char *message;     /* "includes.caps [CAP_BPF]: held" */
	/* The call that an overlay denies by it, and how where it is not just as that says: "socket
	 * entirely". NULL: none. */
	const char *denied;
};

struct compile_notes {
	struct arena *arena; /* owns the messages */
	struct compile_note *notes;
	size_t n_notes;
	size_t n_allocated;
};

/* notes may be NULL: then nothing happens. A failed allocation loses the note. */
void compile_note(struct compile_notes *notes, const struct node *node, const char *format, ...)
	_printf_(3, 4);

/* A note of a denial: of which call, and how, "" or " entirely"; both are copied. */
void compile_note_denied(struct compile_notes *notes, const char *call, const char *how,
                         const char *format, ...) _printf_(4, 5);

/*
 * Evaluates archMap, includes, excludes and minKernel for the facts and for the capabilities of the
 * profile, or else of the facts; merges unconditional rules of the same action that follow each other.
 * The result is plain and has the same meaning. 0 or -ENOMEM.
 */
_must_check_ int ruleset_compile(struct arena *arena, const struct ruleset *source,
                                 const struct facts *facts, struct ruleset **compiledp,
                                 struct compile_notes *notes);

/*
 * Allows what a runtime itself needs (facts->bases), whatever the arguments, but what a rule without
 * conditions decides, or one with conditions that does not allow; where the default action is ALLOW or
 * LOG it changes nothing. base "none" or NULL changes nothing. After ruleset_compile(). 0, -ENOENT: no
 * such base, -ENOMEM.
 */
_must_check_ int ruleset_add_base(struct arena *arena, struct ruleset *ruleset, const char *base,
                                  const struct facts *facts, struct compile_notes *notes);
