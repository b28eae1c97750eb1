/* SPDX-License-Identifier: Apache-2.0 */

/* Runs a fuzz target over every file of a directory, one TAP line each. No file is a failure. */

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX ((size_t)16 << 20)

static int run_file(int dir_fd, const char *name, unsigned int number)
{
	_cleanup_(buffer_deinit) struct buffer input = BUFFER_INIT;
	int r = file_read(dir_fd, name, INPUT_MAX, &input, NULL);

	if (r) {
		printf("not ok %u - %s: cannot be read\n", number, name);
		return r;
	}
	/* A failing target aborts: then the line below is missing, and the test fails. */
	LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.n_data);
	printf("ok %u - %s\n", number, name);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int n = 0;
	int failed = 0;
	struct dirent *entry;
	DIR *dir;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	dir = opendir(argv[1]);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (run_file(dirfd(dir), entry->d_name, ++n))
			failed = 1;
	}
	if (dir)
		closedir(dir);
	printf("1..%u\n", n);
	return n && !failed ? 0 : 1;
}
