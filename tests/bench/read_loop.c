/* SPDX-License-Identifier: Apache-2.0 */

/* COUNT PATH...: reads each path COUNT times as a program does that knows what it reads: open, fstat,
 * read, close. Answers the time that the COUNT reads of a path took, the median path's. With any argument it reads what has
 * no size, such as a file of procfs. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

static char buffer[1 << 20];

static void read_once(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	if (read(fd, buffer, sizeof(buffer)) != st.st_size || st.st_size == 0)
		refuse(path, "not read whole");
	close(fd);
}

static void read_stream(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || read(fd, buffer, sizeof(buffer)) <= 0)
		die(path);
	close(fd);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char *argv[])
{
	void (*read_path)(const char *path) = argc > 1 ? read_stream : read_once;
	struct command command = { 0 };

	while (command_read(&command, 2)) {
		unsigned long count = strtoul(command.words[0], NULL, 10);
		size_t n_paths = command.n_words - 1;
		uint64_t times[COMMAND_WORDS_MAX];

		for (size_t i = 0; i < n_paths; i++) {
			uint64_t begin = now_ns();

			for (unsigned long k = 0; k < count; k++)
				read_path(command.words[1 + i]);
			times[i] = now_ns() - begin;
		}
		qsort(times, n_paths, sizeof(times[0]), compare);
		command_answer(times[n_paths / 2], count);
	}
	free(command.line);
	return 0;
}
