/* SPDX-License-Identifier: Apache-2.0 */

#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "document/yaml_reader.h"
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

int input_try_read(const char *name, struct buffer *out, const char **whatp)
{
	_cleanup_(closep) int file_fd = -1;

	*whatp = "open";
	if (name) {
		file_fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (file_fd < 0)
			return -errno;
	}
	*whatp = "read";
	out->limit = SOURCE_SIZE_MAX;
	return input_read_fd(name ? file_fd : STDIN_FILENO, out);
}

int input_read(const char *name, struct buffer *out)
{
	const char *what;
	int r = input_try_read(name, out, &what);

	if (r)
		return failure("cannot %s %s: %s", what, name ? name : "standard input",
		               strerror(-r));
	return 0;
}

int input_read_below(const char *directory, const char *name, struct buffer *out)
{
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return out_of_memory();
	return input_read(path, out);
}

const char *input_find_file(const char *operand, const char **namep)
{
	bool is_stdin = strcmp(operand, "-") == 0;

	*namep = is_stdin ? "stdin" : operand;
	return is_stdin ? NULL : operand;
}

const struct node *input_find_root(const struct stream *stream, const char *allowed,
                                   struct diag *diag)
{
	const struct place file = { .source = stream->source->name };
	struct place second;

	if (stream->n_documents == 1)
		return stream->documents[0].root;
	if (stream->n_documents == 0) {
		diag_error(diag, &file, NULL, "found nothing: allowed is %s", allowed);
		return NULL;
	}
	second = node_place(stream->documents[1].root);
	diag_error(diag, &second, NULL, "found a second document: allowed is %s", allowed);
	return NULL;
}
