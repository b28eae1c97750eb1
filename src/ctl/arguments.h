#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* The command line: one table of options for all verbs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "profile/profile.h"

#define EXIT_USAGE 2

struct patch_argument {
	const char *text; /* of -p, or the file's name */
	bool is_file;     /* from --patch-file */
};

enum output_format {
	OUTPUT_TEXT,
	OUTPUT_JSON,
	OUTPUT_YAML,
};

/* What is said of a node in the place of what this machine is. */
struct node_argument {
	const char *architecture; /* NULL: not given */
	bool has_kernel;
	uint32_t kernel_major, kernel_minor;
	bool has_capabilities;
	uint64_t capabilities;
};

struct arguments {
	const char *control;            /* --control; NULL: not given */
	struct profile_options profile; /* without facts: node_facts_choose() */
	struct node_argument node;
	unsigned int runtimes; /* LINT_*; 0: none was named */
	enum output_format output;
	struct patch_argument *patches; /* owned; files behind all texts, as talosctl has it */
	size_t n_patches;
	bool help;
	bool version;
	const char *verb;      /* as typed; NULL: none */
	const char **operands; /* owned; what stands behind the verb */
	size_t n_operands;
};

#define ARGUMENTS_INIT ((struct arguments){ .control = NULL })

void arguments_deinit(struct arguments *arguments);

/* 0, or an exit status after a message on stderr. */
_must_check_ int arguments_parse(struct arguments *arguments, int argc, char **argv);

/* The help on the options that verb takes (NULL: on all). */
void arguments_print_options(const char *verb, FILE *file);
