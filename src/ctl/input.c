/* SPDX-License-Identifier: Apache-2.0 */

#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "document/source.h"
#include "verb.h"

#define CHUNK_SIZE 65536 /* bytes of one read(2) */

int input_read_fd(int fd, struct buffer *out)
{
	char chunk[CHUNK_SIZE];
	ssize_t n;

	do {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			buffer_append(out, chunk, (size_t)n);
	} while (n != 0 && !buffer_error(out));
	return buffer_reserve(out, 0);
}

int input_read(const char *name, struct buffer *out)
{
	_cleanup_(closep) int file_fd = -1;
	int r;

	if (name) {
		file_fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (file_fd < 0)
			return failure("cannot open %s: %s", name, strerror(errno));
	}
	out->limit = SOURCE_SIZE_MAX;
	r = input_read_fd(name ? file_fd : STDIN_FILENO, out);
	if (r)
		return failure("cannot read %s: %s", name ? name : "standard input", strerror(-r));
	return 0;
}
