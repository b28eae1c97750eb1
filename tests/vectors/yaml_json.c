/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The vectors of the bytes: NAME/input.yaml is what stands under `value:`, NAME/expected.json the
 * exact bytes of the file, or NAME/expected.error says that Talos refuses it. Where we differ on
 * purpose, `differences` says so, with the number of the difference (docs/talos.md); a vector that
 * is listed there and behaves as Talos does is a failure.
 *
 * usage: yaml_json DIRECTORY; TAP on the standard output. Vectors with text of other projects are
 * not part of this one: they are taken from $SECCOMPFS_VECTORS/yaml-json when that is set.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "document/canonical_json.h"
#include "document/yaml_reader.h"

#include "vectors.h"

struct difference {
	const char *name;
	const char *number;
	const char *json; /* NULL: it is refused */
};

static const struct difference differences[] = {
	/* Talos serves the four bytes `null`. What is empty is refused one layer up. */
	{ "empty-map", "D3", "{}" },
	{ "key-null", "D3", NULL },
	{ "null-doc", "D3", NULL },
	{ "tilde-doc", "D3", NULL },

	/* Talos refuses what every JSON reader and YAML 1.2 accept. */
	{ "doc-directive", "D15", "{\"a\":1}" },
	{ "str-escape-u", "D15",
	  "{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80"
	  "A/\\\\\\\"\"}" },

	/* libyaml cannot read it. */
	{ "bom-mid", "D17", NULL },
	{ "key-long-implicit", "D17", NULL },
};

struct vector {
	int dir_fd;
	const char *name;
	const struct difference *difference; /* NULL: as Talos */
	struct buffer expected;              /* of Talos; nothing when it refuses */
	bool is_accepted;                    /* by Talos */
	struct buffer json;                  /* ours */
	struct diag diag;
	const char *reason; /* why the vector fails */
};

static void vector_deinit(struct vector *vector)
{
	closep(&vector->dir_fd);
	buffer_deinit(&vector->expected);
	buffer_deinit(&vector->json);
	diag_deinit(&vector->diag);
}

static const struct difference *find_difference(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(differences); i++) {
		if (strcmp(differences[i].name, name) == 0)
			return &differences[i];
	}
	return NULL;
}

/* 0, a positive answer when the text is refused, or a fault. */
static int convert(struct vector *vector, const struct buffer *input)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	int r = yaml_read_bytes("input.yaml", input->data ? input->data : "", input->n_data,
	                        &stream, NULL, &vector->diag);

	if (r)
		return r;
	if (stream->n_documents != 1) {
		diag_error(&vector->diag, NULL, NULL, "there are %zu documents",
		           stream->n_documents);
		return YAML_E_SYNTAX;
	}
	return canonical_json_write(stream->documents[0].root, NULL, &vector->json, &vector->diag);
}

static bool is_json(const struct vector *vector, const char *json, size_t n_json)
{
	return vector->json.n_data == n_json && !memcmp(vector->json.data, json, n_json);
}

static const char *check_difference(const struct vector *vector, bool is_refused)
{
	const char *json = vector->difference->json;

	if (is_refused != !json)
		return json ? "it must not be refused" : "it must be refused";
	if (is_refused)
		return vector->is_accepted ? NULL : "Talos refuses it as well";
	if (!is_json(vector, json, strlen(json)))
		return "these are not the bytes in the table of differences";
	if (vector->is_accepted && is_json(vector, vector->expected.data, vector->expected.n_data))
		return "Talos has the same bytes";
	return NULL;
}

/* NULL, or why the vector fails. */
static const char *check(const struct vector *vector, int r)
{
	bool is_refused = r > 0;

	if (r < 0)
		return strerror(-r);
	if (is_refused && !vector->diag.n_errors)
		return "it is refused without a reason";
	if (vector->difference)
		return check_difference(vector, is_refused);
	if (is_refused == vector->is_accepted)
		return vector->is_accepted ? "Talos accepts it" : "Talos refuses it";
	if (is_refused || is_json(vector, vector->expected.data, vector->expected.n_data))
		return NULL;
	return "the bytes are not those of Talos";
}

static const char *run(struct vector *vector)
{
	_cleanup_(buffer_deinit) struct buffer input = BUFFER_INIT;
	int r;

	if (vector->dir_fd < 0)
		return strerror(errno);
	r = file_read(vector->dir_fd, "input.yaml", VECTOR_FILE_MAX, &input, NULL);
	if (r < 0)
		return "input.yaml cannot be read";
	vector->is_accepted = faccessat(vector->dir_fd, "expected.json", F_OK, 0) == 0;
	if (vector->is_accepted)
		r = file_read(vector->dir_fd, "expected.json", VECTOR_FILE_MAX, &vector->expected,
		              NULL);
	else
		r = faccessat(vector->dir_fd, "expected.error", F_OK, 0);
	if (r < 0)
		return "neither expected.json nor expected.error can be read";
	return check(vector, convert(vector, &input));
}

static bool run_vector(int dir_fd, const char *name, size_t number)
{
	_cleanup_(vector_deinit) struct vector vector = {
		.dir_fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.name = name,
		.difference = find_difference(name),
	};
	const char *reason = run(&vector);

	printf("%s %zu - %s%s%s\n", reason ? "not ok" : "ok", number, name,
	       vector.difference ? ", difference " : "",
	       vector.difference ? vector.difference->number : "");
	if (reason) {
		printf("# %s\n# found: %s\n", reason, vector.json.data ? vector.json.data : "");
		diag_print(&vector.diag, stdout, "#   ");
	}
	return !reason;
}

static bool differs(const char *name)
{
	return find_difference(name) != NULL;
}

int main(int argc, char *argv[])
{
	struct vector_totals totals = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	vectors_run_directory(argv[1], false, run_vector, differs, &totals);
	/* All differences are of vectors that are our own. */
	if (totals.n_differ != ARRAY_SIZE(differences))
		vectors_report(&totals, "the table of differences",
		               "it lists vectors that do not exist");
	vectors_run_third_party("yaml-json", run_vector, differs, &totals);
	return vectors_finish(&totals);
}
