/* SPDX-License-Identifier: Apache-2.0 */

#include "base/command.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"

void command_deinit(struct command *command)
{
	for (size_t i = 0; command->paths[i]; i++)
		free(command->paths[i]);
	for (size_t i = 0; command->words[i]; i++)
		free(command->words[i]);
	*command = COMMAND_INIT;
}

/* Takes word, which is NULL without memory. */
static int add(char **list, size_t max, char *word)
{
	size_t n = 0;

	while (list[n])
		n++;
	assert(n < max);
	list[n] = word;
	return word ? 0 : -ENOMEM;
}

static _printf_(1, 0) char *format_word(const char *format, va_list values)
{
	char *word;

	return vasprintf(&word, format, values) < 0 ? NULL : word;
}

int command_add_path(struct command *command, const char *format, ...)
{
	va_list values;
	int r;

	va_start(values, format);
	r = add(command->paths, COMMAND_PATHS_MAX, format_word(format, values));
	va_end(values);
	return r;
}

int command_add_word(struct command *command, const char *format, ...)
{
	va_list values;
	int r;

	va_start(values, format);
	r = add(command->words, COMMAND_WORDS_MAX, format_word(format, values));
	va_end(values);
	return r;
}

int command_add_room(struct command *command, size_t size, char **wordp)
{
	*wordp = calloc(1, size);
	return add(command->words, COMMAND_WORDS_MAX, *wordp);
}

int command_add_fd(struct command *command, const char *name, int fd)
{
	assert(command->n_fds < COMMAND_FDS_MAX);
	command->fds[command->n_fds++] = fd;
	return command_add_word(command, "--%s=%d", name, fd);
}

int command_open_program(const struct command *command, const char **pathp)
{
	int fd = -1;

	errno = ENOENT;
	*pathp = "";
	for (size_t i = 0; command->paths[i] && fd < 0; i++) {
		*pathp = command->paths[i];
		if (!access(*pathp, X_OK))
			fd = open(*pathp, O_PATH | O_CLOEXEC);
	}
	return fd < 0 ? -errno : fd;
}

/* Of a script the interpreter opens the descriptor, by a name below /dev/fd: there it must be. */
static void execute(int program_fd, char *const *words)
{
	execveat(program_fd, "", words, environ, AT_EMPTY_PATH);
	if (errno == ENOENT && !fcntl(program_fd, F_SETFD, 0))
		execveat(program_fd, "", words, environ, AT_EMPTY_PATH);
}

/* Signals and the terminal are the business of whoever starts it. */
static void run(const struct command *command, int program_fd)
{
	sigset_t none;

	for (size_t i = 0; i < command->n_fds; i++)
		fcntl(command->fds[i], F_SETFD, 0);
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	execute(program_fd, command->words);
	log_error("%s cannot be executed: %s", command->words[0], strerror(errno));
	if (!log_goes_to_stderr())
		fprintf(stderr, "seccompfs: %s cannot be executed: %s\n", command->words[0],
		        strerror(errno));
}

pid_t command_start(const struct command *command, int program_fd)
{
	pid_t pid = fork();

	if (!pid) {
		run(command, program_fd);
		_exit(COMMAND_NOT_RUN);
	}
	return pid < 0 ? -errno : pid;
}

void command_reap_others(pid_t one, pid_t other)
{
	siginfo_t ended = { 0 };

	while (!waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) && ended.si_pid &&
	       ended.si_pid != one && ended.si_pid != other)
		waitpid(ended.si_pid, NULL, 0);
}

void command_describe_end(int status, char text[COMMAND_END_MAX])
{
	if (WIFSIGNALED(status))
		snprintf(text, COMMAND_END_MAX, "killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) == COMMAND_NOT_RUN)
		snprintf(text, COMMAND_END_MAX, "cannot be run");
	else
		snprintf(text, COMMAND_END_MAX, "ended with status %d", WEXITSTATUS(status));
}
