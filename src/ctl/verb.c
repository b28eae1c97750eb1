/* SPDX-License-Identifier: Apache-2.0 */

#include "verb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct verb *const verbs[] = {
	&verb_get, &verb_patch, &verb_read, &verb_explain, &verb_render, &verb_validate, &verb_help,
};

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i]->name, name) == 0 ||
		    (verbs[i]->alias && strcmp(verbs[i]->alias, name) == 0))
			return verbs[i];
	}
	return NULL;
}

static void print_program_help(void)
{
	puts("usage: seccompctl [OPTION]... VERB [ARGUMENT]...\n"
	     "\n"
	     "Lists, patches, reads and explains the seccomp profiles that seccompfs serves.\n"
	     "\n"
	     "Verbs:");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		char left[64];

		snprintf(left, sizeof(left), "%s %s", verbs[i]->name, verbs[i]->operands);
		printf("  %-28s %s\n", left, verbs[i]->summary);
	}
	arguments_print_options(NULL, stdout);
	puts("\nExit status: 0 done, 1 failed, 2 usage, 3 only warnings (validate). See\n"
	     "seccompctl(1).");
}

void verb_print_help(const struct verb *verb)
{
	if (!verb) {
		print_program_help();
		return;
	}
	printf("usage: seccompctl [OPTION]... %s %s\n\n%s", verb->name, verb->operands, verb->help);
	if (verb->alias)
		printf("\n%s is another name of this verb.\n", verb->alias);
	arguments_print_options(verb->name, stdout);
}

int failure(const char *format, ...)
{
	va_list args;

	fputs("seccompctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

int usage_hint(void)
{
	fputs("Try 'seccompctl --help'.\n", stderr);
	return EXIT_USAGE;
}

int out_of_memory(void)
{
	return failure("out of memory");
}

int finish_output(void)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return failure("cannot write: %s", strerror(errno));
	return 0;
}
