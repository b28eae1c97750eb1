/* SPDX-License-Identifier: Apache-2.0 */

/* list DIRECTORY: reads the directory, and the attributes of each entry as ls -l does. Answers the
 *                 time and the number of entries.
 * learn DIRECTORY: takes down the names that are there.
 * stat DIRECTORY: the attributes of these names in that directory, which is not read itself. */

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

struct names {
	char (*names)[NAME_MAX + 1];
	size_t n_names;
};

static DIR *open_directory(const char *path)
{
	DIR *directory = opendir(path);

	if (!directory)
		die(path);
	return directory;
}

static void stat_name(int directory_fd, const char *name)
{
	struct stat st;

	if (fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		die(name);
}

static uint64_t list(const char *path)
{
	DIR *directory = open_directory(path);
	const struct dirent *entry;
	uint64_t n = 0;

	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		stat_name(dirfd(directory), entry->d_name);
		n++;
	}
	closedir(directory);
	return n;
}

static uint64_t learn(struct names *names, const char *path)
{
	DIR *directory = open_directory(path);
	const struct dirent *entry;

	names->n_names = 0;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		names->names = realloc(names->names, (names->n_names + 1) * sizeof(*names->names));
		if (!names->names)
			die(path);
		snprintf(names->names[names->n_names++], sizeof(*names->names), "%s",
		         entry->d_name);
	}
	closedir(directory);
	return names->n_names;
}

static uint64_t stat_each(const struct names *names, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	for (size_t i = 0; i < names->n_names; i++)
		stat_name(fd, names->names[i]);
	close(fd);
	return names->n_names;
}

int main(void)
{
	struct command command = { 0 };
	struct names names = { 0 };

	while (command_read(&command, 2)) {
		const char *verb = command.words[0], *path = command.words[1];
		uint64_t begin = now_ns(), n = 0;

		if (strcmp(verb, "list") == 0)
			n = list(path);
		else if (strcmp(verb, "learn") == 0)
			n = learn(&names, path);
		else if (strcmp(verb, "stat") == 0)
			n = stat_each(&names, path);
		else
			refuse(verb, "no such command");
		command_answer(now_ns() - begin, n);
	}
	free(names.names);
	free(command.line);
	return 0;
}
