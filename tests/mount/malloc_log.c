/* SPDX-License-Identifier: Apache-2.0 */

/* Loaded before the C library (LD_PRELOAD): writes a byte to $MALLOC_LOG for each allocation of
 * seccompfs itself. Its children inherit the variables, and are none of it. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static void note(char what)
{
	const char *path = getenv("MALLOC_LOG");
	int fd, error = errno;

	if (!path || strcmp(program_invocation_short_name, "seccompfs") != 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &what, 1) != 1)
		abort();
	close(fd);
	errno = error;
}

void *malloc(size_t size)
{
	note('m');
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	note('c');
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	note('r');
	return __libc_realloc(p, size);
}
