#pragma once
/* SPDX-License-Identifier: Apache-2.0 */

/* Sources on the way to filters, for tests of what is served for them. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "differential.h"

#include "base/file.h"
#include "document/yaml_reader.h"
#include "profile/bases.h"
#include "profile/profile.h"

#define SOURCE_FILE_MAX (1UL << 20)

struct served {
	struct arena *arena;   /* owned */
	struct stream *stream; /* owned: of the bytes */
	struct ruleset *ruleset;
	struct filter filter;
};

static inline void served_deinit(struct served *served)
{
	stream_free(served->stream);
	arena_free(served->arena);
	filter_deinit(&served->filter);
}

/* Refusals of libseccomp that are of the source, not of what is made of it. */
static inline bool is_known_refusal(const struct diag *diag)
{
	const struct diag_entry *entry = diag_first_error(diag);

	return entry && (strstr(entry->message, "and they cannot be combined") ||
	                 strstr(entry->message, "it may never end") ||
	                 strstr(entry->message, "another byte order than this machine"));
}

static inline void print_errors(const struct diag *diag)
{
	if (diag->n_errors > 0)
		diag_print(diag, stderr, "# ");
}

/* Reads what is served, as a runtime does, and builds a filter of it. False: libseccomp refuses. */
static inline bool serve(const struct buffer *bytes, struct served *served)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r;

	*served = (struct served){ .arena = arena_new(0) };
	assert_non_null(served->arena);
	r = yaml_read_bytes("file", bytes->data, bytes->n_data, &served->stream, NULL, &diag);
	assert_int_equal(r, 0);
	r = ruleset_read(served->arena, served->stream->documents[0].root, NULL, &served->ruleset,
	                 &diag);
	print_errors(&diag);
	assert_int_equal(r, 0);
	assert_true(served->ruleset->is_plain);
	r = filter_build(served->ruleset, NULL, &served->filter, &diag);
	if (r == FILTER_E_REFUSED && is_known_refusal(&diag))
		return false;
	print_errors(&diag);
	assert_int_equal(r, 0);
	node_swap_program(&served->filter);
	assert_true(bpf_is_valid(&served->filter));
	return true;
}

typedef size_t (*source_fn)(struct differential *differential, const struct node *value);

static inline bool source_has_base(const struct node *value)
{
	const struct node *extension = node_resolve(node_find(value, "x-seccompfs"));

	return extension && node_find(extension, "base");
}

/* What bases add is no source's. */
static inline size_t visit_file(struct differential *differential, int directory_fd,
                                const char *name, source_fn visit)
{
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT, text = BUFFER_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;

	buffer_printf(&path, "%s/input.yaml", name);
	if (file_read(directory_fd, path.data, SOURCE_FILE_MAX, &text, NULL) != 0 ||
	    yaml_read_bytes(name, text.data, text.n_data, &stream, NULL, NULL) != 0 ||
	    stream->n_documents != 1 || source_has_base(stream->documents[0].root))
		return 0;
	differential->source = text.data;
	return visit(differential, stream->documents[0].root);
}

/* Visits path/NAME/input.yaml; returns for how many of them visit() returned more than 0. */
static inline size_t visit_directory(struct differential *differential, const char *path,
                                     source_fn visit)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] != '.')
			n += visit_file(differential, dirfd(directory), entry->d_name, visit) > 0;
	}
	closedir(directory);
	differential->source = NULL;
	return n;
}

/* The folder below the directory that an environment variable names. */
static inline void visit_below(const char *variable, const char *folder, size_t n_least,
                               source_fn visit)
{
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT;
	struct differential differential;
	size_t n;

	if (!getenv(variable)) {
		print_message("# %s is not set: no profiles of others\n", variable);
		return;
	}
	buffer_printf(&path, "%s/%s", getenv(variable), folder);
	differential_init(&differential);
	n = visit_directory(&differential, path.data, visit);
	if (differential.counts.n_filters > 0)
		differential_print(&differential, folder);
	print_message("# of %zu profiles\n", n);
	assert_true(n >= n_least);
	differential_deinit(&differential);
}
