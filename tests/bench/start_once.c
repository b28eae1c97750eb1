/* SPDX-License-Identifier: Apache-2.0 */

/* PATH PROGRAM ARGUMENT...: starts the program, which goes into the background when it serves, and
 * reads the path. Answers the time from the fork until the path was read, and its bytes. */

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

static char buffer[1 << 20];

static void start(char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		/* Its standard output is not where answers are expected. */
		if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
			die("dup2");
		execv(argv[0], argv);
		die(argv[0]);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		refuse(argv[0], "has not started");
}

int main(void)
{
	struct command command = { 0 };

	while (command_read(&command, 2)) {
		const char *path = command.words[0];
		uint64_t begin = now_ns();
		ssize_t n;
		int fd;

		start(&command.words[1]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			die(path);
		n = read(fd, buffer, sizeof(buffer));
		if (n <= 0)
			die(path);
		command_answer(now_ns() - begin, (uint64_t)n);
		close(fd);
	}
	free(command.line);
	return 0;
}
