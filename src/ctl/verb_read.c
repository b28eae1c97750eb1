/* SPDX-License-Identifier: Apache-2.0 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/suggest.h"
#include "control_dir.h"
#include "verb.h"

#define CHUNK_SIZE 65536 /* bytes of one read(2) */

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static void suggest_name(const char *directory, const char *name)
{
	_cleanup_(closedirp) DIR *dir = opendir(directory);
	const struct dirent *entry;
	struct suggestion suggestion;
	char best[NAME_MAX + 1] = "";

	suggestion_begin(&suggestion, name);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		suggestion_consider(&suggestion, entry->d_name);
		/* The entry is gone with the next readdir(). */
		if (suggestion.best == entry->d_name)
			snprintf(best, sizeof(best), "%s", entry->d_name);
		suggestion.best = NULL;
	}
	if (best[0])
		fprintf(stderr, "did you mean %s?\n", best);
}

static int cannot_read(const char *directory, const char *name, int error)
{
	fprintf(stderr, "error reading: open %s/%s: %s\n", directory, name, strerror(error));
	if (error == ENOENT)
		suggest_name(directory, name);
	return EXIT_FAILURE;
}

static int copy(int fd, const char *directory, const char *name)
{
	char chunk[CHUNK_SIZE];
	ssize_t n;

	do {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			return cannot_read(directory, name, errno);
		if (n > 0)
			fwrite(chunk, 1, (size_t)n, stdout);
	} while (n != 0 && !ferror(stdout));
	return finish_output();
}

static int read_profile(const char *directory, const char *name)
{
	_cleanup_(closep) int directory_fd = -1, file_fd = -1;
	struct stat st;

	directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory_fd < 0)
		return failure("cannot open %s: %s", directory, strerror(errno));
	/* No profile has such a name; without this the name could lead elsewhere. */
	if (name[0] == '.' || name[0] == '\0' || strchr(name, '/'))
		return cannot_read(directory, name, ENOENT);
	file_fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (file_fd < 0 || fstat(file_fd, &st) < 0)
		return cannot_read(directory, name, errno);
	if (!S_ISREG(st.st_mode))
		return cannot_read(directory, name, EINVAL);
	return copy(file_fd, directory, name);
}

static int run_read(const struct arguments *arguments)
{
	_cleanup_(freep) char *control_dir = NULL, *directory = NULL;
	int r;

	r = control_dir_find(arguments, &control_dir);
	if (r)
		return r;
	r = profiles_dir_find(control_dir, &directory);
	if (r)
		return r;
	return read_profile(directory, arguments->operands[0]);
}

const struct verb verb_read = {
	.name = "read",
	.alias = "cat",
	.operands = "NAME",
	.summary = "print a profile exactly as it is served",
	.help = "Prints the bytes of a profile as a container runtime reads them, from the mount\n"
		"point that belongs to the control directory. Nothing is added.\n",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_read,
};
