/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the programs of the benchmark share: each lives through the whole run, takes a command a line
 * from standard input, its words separated by tabs, does and times that, and answers with a line of
 * numbers, the first being nanoseconds. So neither a fork nor the other end of the pipe is in what
 * is measured. On any error the program says it and ends: a wrong figure is worse than none. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Ends the program with errno's reason. */
static inline _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Ends the program for what is no system call's failure. */
static inline _Noreturn void refuse(const char *what, const char *reason)
{
	fprintf(stderr, "%s: %s\n", what, reason);
	exit(1);
}

#define COMMAND_WORDS_MAX 64

struct command {
	char *line;
	size_t n_line;
	char *words[COMMAND_WORDS_MAX + 1]; /* into line; NULL behind the last, for execv(3) */
	size_t n_words;
};

/* The next one, with at least n_min words. False: whoever gives them has gone. */
static inline int command_read(struct command *command, size_t n_min)
{
	ssize_t n = getline(&command->line, &command->n_line, stdin);
	char *rest = command->line, *word;

	if (n < 0)
		return 0;
	if (n > 0 && rest[n - 1] == '\n')
		rest[n - 1] = '\0';
	command->n_words = 0;
	while ((word = strsep(&rest, "\t"))) {
		if (command->n_words == COMMAND_WORDS_MAX)
			refuse(word, "too many words");
		command->words[command->n_words++] = word;
	}
	command->words[command->n_words] = NULL;
	if (command->n_words < n_min)
		refuse(command->words[0], "too few words");
	return 1;
}

/* The time of all, and how many it was. */
static inline void command_answer(uint64_t ns, uint64_t count)
{
	printf("%" PRIu64 " %" PRIu64 "\n", ns, count);
	fflush(stdout);
}
