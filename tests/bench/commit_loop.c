/* SPDX-License-Identifier: Apache-2.0 */

/* COUNT CONTROL PATCH-A PATCH-B: writes the two patches in turn, COUNT in all, as a shell does with
 * `echo "$patch" > CONTROL`: open, write, close. Each changes what the other one said, so that each
 * is a commit. Answers the time of all, and their number. */

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

struct patch {
	char *text;
	size_t n_text;
};

static void load(struct patch *patch, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(path);
	patch->n_text = (size_t)st.st_size;
	patch->text = malloc(patch->n_text + 1);
	if (!patch->text || read(fd, patch->text, patch->n_text) != st.st_size)
		die(path);
	close(fd);
}

static void commit(const char *control, const struct patch *patch)
{
	int fd = open(control, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		die(control);
	if (write(fd, patch->text, patch->n_text) != (ssize_t)patch->n_text || close(fd) < 0)
		die(control);
}

int main(void)
{
	struct command command = { 0 };
	unsigned long n_done = 0;

	while (command_read(&command, 4)) {
		unsigned long count = strtoul(command.words[0], NULL, 10);
		struct patch patches[2];
		uint64_t begin;

		load(&patches[0], command.words[2]);
		load(&patches[1], command.words[3]);
		begin = now_ns();
		for (unsigned long i = 0; i < count; i++)
			commit(command.words[1], &patches[n_done++ % 2]);
		command_answer(now_ns() - begin, count);
		free(patches[0].text);
		free(patches[1].text);
	}
	free(command.line);
	return 0;
}
