#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* A program to be started again and again: everything that needs memory is done before. */

#include <sys/types.h>

#include "base/util.h"

#define COMMAND_PATHS_MAX 4
#define COMMAND_WORDS_MAX 32
#define COMMAND_FDS_MAX   8
#define COMMAND_END_MAX   64
#define COMMAND_NOT_RUN   127 /* exit status of what could not be executed, as a shell has it */

struct command {
	char *paths[COMMAND_PATHS_MAX + 1]; /* where its program may be */
	char *words[COMMAND_WORDS_MAX + 1]; /* argv */
	int fds[COMMAND_FDS_MAX];           /* that it gets, of the same numbers; borrowed */
	size_t n_fds;
};

#define COMMAND_INIT ((struct command){ 0 })

void command_deinit(struct command *command);

/* Add one more. 0 or -ENOMEM. More than the maximum is an error of the caller. */
_must_check_ int command_add_path(struct command *command, const char *format, ...) _printf_(2, 3);
_must_check_ int command_add_word(struct command *command, const char *format, ...) _printf_(2, 3);

/*
 * A word that is another one at each start: *wordp is borrowed, has room for size bytes, and may be
 * written at any time, so that this needs no memory then. It is empty at first. 0 or -ENOMEM.
 */
_must_check_ int command_add_room(struct command *command, size_t size, char **wordp);

/* A descriptor that it gets, and the word that says so: --NAME=FD. 0 or -ENOMEM. */
_must_check_ int command_add_fd(struct command *command, const char *name, int fd);

/*
 * The program that is at the first of the paths where one can be executed. Returns owned a
 * descriptor of it, by which it stays the same whatever comes to stand at that path; or the -errno
 * of the last path, which *pathp gets.
 */
_must_check_ int command_open_program(const struct command *command, const char **pathp);

/* Starts a program in a session of its own, with no signal blocked or ignored. If it cannot be
 * executed the reason goes to the log and to stderr. Its process id, or -errno. */
_must_check_ pid_t command_start(const struct command *command, int program_fd);

/*
 * Forgets children that have ended and that nobody here has started: the first process of a container
 * gets those of whoever dies there. One and other (0: none) are still to be waited for; when one of
 * these has ended meanwhile, all that come after it are left for the next call.
 */
void command_reap_others(pid_t one, pid_t other);

/* How it ended, by the status of waitpid(2): "killed by signal 9". */
void command_describe_end(int status, char text[COMMAND_END_MAX]);
