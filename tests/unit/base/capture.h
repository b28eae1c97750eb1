#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* What a program writes to standard error, in place of that. Include <cmocka.h> first. */

#include <stdio.h>
#include <unistd.h>

struct capture {
	FILE *file;
	int saved_fd;
};

static inline void capture_begin(struct capture *capture)
{
	capture->saved_fd = dup(STDERR_FILENO);
	capture->file = tmpfile();
	assert_non_null(capture->file);
	fflush(stderr);
	dup2(fileno(capture->file), STDERR_FILENO);
}

/* Puts standard error back. text gets what was written, up to n_text - 1 bytes of it, and a 0. */
static inline void capture_end(struct capture *capture, char *text, size_t n_text)
{
	size_t n;

	fflush(stderr);
	dup2(capture->saved_fd, STDERR_FILENO);
	close(capture->saved_fd);
	rewind(capture->file);
	n = fread(text, 1, n_text - 1, capture->file);
	text[n] = '\0';
	fclose(capture->file);
}
