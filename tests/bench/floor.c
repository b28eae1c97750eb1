/* SPDX-License-Identifier: Apache-2.0 */

/* [DIRECTORY N-BYTES]...: what it takes at least to replace a file in each directory durably by one of
 * that many bytes: write, fsync, rename, fsync of the directory. Answers the time of all. */

#include <fcntl.h>
#include <unistd.h>

#include "command.h"

static void write_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, data, n);

		if (written < 0)
			die("write");
		data += written;
		n -= (size_t)written;
	}
}

static void replace(const char *directory, const char *data, size_t n)
{
	int directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(directory_fd, "new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		die(directory);
	write_all(fd, data, n);
	if (fsync(fd) < 0 || close(fd) < 0)
		die(directory);
	if (renameat(directory_fd, "new", directory_fd, "file") < 0 || fsync(directory_fd) < 0)
		die(directory);
	close(directory_fd);
}

int main(void)
{
	struct command command = { 0 };

	while (command_read(&command, 2)) {
		size_t n_most = 0;
		uint64_t begin;
		char *data;

		for (size_t i = 1; i < command.n_words; i += 2) {
			size_t n = strtoul(command.words[i], NULL, 10);

			n_most = n > n_most ? n : n_most;
		}
		data = malloc(n_most + 1);
		if (!data)
			die("malloc");
		memset(data, 'x', n_most);
		begin = now_ns();
		for (size_t i = 1; i < command.n_words; i += 2)
			replace(command.words[i - 1], data, strtoul(command.words[i], NULL, 10));
		command_answer(now_ns() - begin, command.n_words / 2);
		free(data);
	}
	free(command.line);
	return 0;
}
