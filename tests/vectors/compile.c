/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The vectors of what is compiled: NAME/input.yaml is what stands under `value:`; NAME/LABEL.json the
 * exact bytes of the file on the node that `nodes` calls LABEL, or NAME/LABEL.error what is said when
 * the value is refused there; NAME/LABEL.notes what is told of each decision. What comes out must be
 * plain, and compiling it again must change nothing.
 *
 * usage: compile DIRECTORY; TAP on the standard output. The profiles of other projects below
 * $SECCOMPFS_VECTORS/yaml-json have no expected bytes: the rest is asked of them as well.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/file.h"
#include "document/canonical_json.h"
#include "document/yaml_reader.h"
#include "profile/bases.h"
#include "profile/plain.h"
#include "profile/profile.h"

#include "vectors.h"

static const char *const runc_1_1_5[] = { "close", "execve", "futex", "write" };
static const char *const runc_1_2_0[] = { "close", "execve", "futex", "openat2", "write" };
static const char *const crun_1_8_1[] = { "execve", "exit_group" };

/* Not those that this program is built with: they are measured anew from time to time. */
static const struct base_set sets[] = {
	{ "crun", "1.8.1", NULL, 0, crun_1_8_1, ARRAY_SIZE(crun_1_8_1) },
	{ "runc", "1.1.5", NULL, 0, runc_1_1_5, ARRAY_SIZE(runc_1_1_5) },
	{ "runc", "1.2.0", NULL, 0, runc_1_2_0, ARRAY_SIZE(runc_1_2_0) },
};

static const struct base_table bases = { sets, ARRAY_SIZE(sets) };

#define SYS_ADMIN (UINT64_C(1) << 21)
#define BPF       (UINT64_C(1) << 39)

struct node_facts {
	const char *label;
	struct facts facts;
};

#define AMD64 "SCMP_ARCH_X86_64", "amd64"
#define ARM64 "SCMP_ARCH_AARCH64", "arm64"
#define S390X "SCMP_ARCH_S390X", "s390x"
#define X86   "SCMP_ARCH_X86", "386"

static const struct node_facts nodes[] = {
	{ "amd64", { AMD64, 6, 1, CAPABILITIES_DEFAULT, &bases } },
	{ "amd64-4.8", { AMD64, 4, 8, CAPABILITIES_DEFAULT, &bases } },
	{ "amd64-4.7", { AMD64, 4, 7, CAPABILITIES_DEFAULT, &bases } },
	{ "amd64-3.19", { AMD64, 3, 19, CAPABILITIES_DEFAULT, &bases } },
	{ "amd64-admin", { AMD64, 6, 1, CAPABILITIES_DEFAULT | SYS_ADMIN, &bases } },
	{ "amd64-admin-bpf", { AMD64, 6, 1, CAPABILITIES_DEFAULT | SYS_ADMIN | BPF, &bases } },
	{ "amd64-nothing", { AMD64, 6, 1, 0, &bases } },
	{ "arm64", { ARM64, 6, 1, CAPABILITIES_DEFAULT, &bases } },
	{ "s390x", { S390X, 6, 1, CAPABILITIES_DEFAULT, &bases } },
	{ "x86", { X86, 6, 1, CAPABILITIES_DEFAULT, &bases } },
};

struct vector {
	int dir_fd;
	const char *name;
	bool third_party;
	struct stream *stream;
	struct buffer bytes;    /* of the node at hand */
	struct buffer messages; /* or notes: what differs from what is expected */
	const char *label;      /* of the node that fails */
	const char *reason;
};

static void vector_deinit(struct vector *vector)
{
	closep(&vector->dir_fd);
	stream_free(vector->stream);
	buffer_deinit(&vector->bytes);
	buffer_deinit(&vector->messages);
}

static const struct node *vector_value(const struct vector *vector)
{
	return vector->stream->documents[0].root;
}

/* NAME/LABEL.kind; -ENOENT when there is none. The last line break does not count. */
static int read_expected(const struct vector *vector, const char *kind, struct buffer *out)
{
	char name[64];
	int r;

	snprintf(name, sizeof(name), "%s.%s", vector->label, kind);
	r = file_read(vector->dir_fd, name, VECTOR_FILE_MAX, out, NULL);
	if (r == 0 && out->n_data > 0 && out->data[out->n_data - 1] == '\n')
		out->data[--out->n_data] = '\0';
	return r;
}

static bool buffer_equal(const struct buffer *a, const struct buffer *b)
{
	return a->n_data == b->n_data && (a->n_data == 0 || !memcmp(a->data, b->data, a->n_data));
}

static void list_messages(const struct diag *diag, struct buffer *out)
{
	for (size_t i = 0; i < diag->n_entries; i++) {
		if (diag->entries[i].severity == DIAG_WARNING)
			continue;
		diag_entry_format(&diag->entries[i], out);
		buffer_append_char(out, '\n');
	}
	if (out->n_data > 0)
		out->data[--out->n_data] = '\0';
}

static int render(const struct node *value, const struct facts *facts, struct buffer *bytes,
                  struct buffer *messages)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	const struct profile_options options = { .compile = COMPILE_ON, .facts = facts };
	int r = profile_render(NULL, value, &options, NULL, NULL, bytes, &diag);

	list_messages(&diag, messages);
	return r;
}

/* What came out is plain, canonical, and what it is compiled to. */
static const char *check_stable(const struct vector *vector, const struct facts *facts)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(buffer_deinit) struct buffer again = BUFFER_INIT, compiled = BUFFER_INIT;
	const struct profile_options options = { .compile = COMPILE_ON, .facts = facts };
	struct profile_work work;
	const struct node *value;

	if (!arena || yaml_read_bytes("output", vector->bytes.data, vector->bytes.n_data, &stream,
	                              NULL, NULL))
		return "what comes out cannot be read";
	value = stream->documents[0].root;
	if (!profile_is_plain(value))
		return "what comes out is not plain";
	if (canonical_json_write(value, NULL, &again, NULL) ||
	    !buffer_equal(&again, &vector->bytes))
		return "what comes out is not canonical";
	if (profile_build(arena, value, &options, NULL, NULL, &work, NULL, NULL) ||
	    ruleset_write(work.served, &compiled))
		return "what comes out cannot be compiled";
	if (!profile_is_plain(vector_value(vector)) && !buffer_equal(&compiled, &vector->bytes))
		return "compiling what comes out changes it";
	return NULL;
}

static const char *check_notes(struct vector *vector, const struct facts *facts)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buffer_deinit) struct buffer expected = BUFFER_INIT;
	const struct profile_options options = { .compile = COMPILE_ON, .facts = facts };
	struct compile_notes notes = { .arena = arena };
	struct profile_work work;

	if (read_expected(vector, "notes", &expected) == -ENOENT)
		return NULL;
	if (!arena ||
	    profile_build(arena, vector_value(vector), &options, NULL, NULL, &work, &notes, NULL))
		return "it cannot be built";
	for (size_t i = 0; i < notes.n_notes; i++) {
		const struct place place = node_place(notes.notes[i].node);

		buffer_printf(&vector->messages, "%s%u: %s", i ? "\n" : "", place.line,
		              notes.notes[i].message);
	}
	return buffer_equal(&vector->messages, &expected) ? NULL : "the notes are others";
}

static const char *check_node(struct vector *vector, const struct facts *facts)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT, error = BUFFER_INIT;
	bool is_expected = read_expected(vector, "json", &bytes) == 0;
	bool is_refused = read_expected(vector, "error", &error) == 0;
	const char *reason;
	int r;

	buffer_clear(&vector->bytes);
	buffer_clear(&vector->messages);
	r = render(vector_value(vector), facts, &vector->bytes, &vector->messages);
	if (r < 0)
		return strerror(-r);
	if (is_refused)
		return r > 0 && buffer_equal(&error, &vector->messages)
		               ? NULL
		               : "it must be refused, with other words";
	if (r > 0)
		return "it must not be refused";
	if (is_expected && !buffer_equal(&bytes, &vector->bytes))
		return "the bytes are others";
	reason = check_stable(vector, facts);
	return reason ? reason : check_notes(vector, facts);
}

static bool has_expectation(const struct vector *vector)
{
	static const char *const kinds[] = { "json", "error" };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		_cleanup_(buffer_deinit) struct buffer ignored = BUFFER_INIT;

		if (read_expected(vector, kinds[i], &ignored) == 0)
			return true;
	}
	return false;
}

static void run(struct vector *vector)
{
	_cleanup_(buffer_deinit) struct buffer input = BUFFER_INIT;
	size_t n_expected = 0;

	if (file_read(vector->dir_fd, "input.yaml", VECTOR_FILE_MAX, &input, NULL) ||
	    yaml_read_bytes("input.yaml", input.data ? input.data : "", input.n_data,
	                    &vector->stream, NULL, NULL)) {
		vector->reason = "input.yaml cannot be read";
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(nodes) && !vector->reason; i++) {
		vector->label = nodes[i].label;
		if (has_expectation(vector))
			n_expected++;
		else if (!vector->third_party)
			continue;
		vector->reason = check_node(vector, &nodes[i].facts);
	}
	if (!vector->reason && n_expected == 0 && !vector->third_party)
		vector->reason = "it says of no node what is expected";
}

/* Not every text of other projects that makes good bytes is a profile. */
static bool is_profile(const char *name)
{
	return strncmp(name, "real-", 5) == 0;
}

/* What the rules refuse, whatever it would be compiled to: an error number above 4095. */
static bool is_refused(const char *name)
{
	return strncmp(name, "real-moby-example-", 18) == 0;
}

static bool run_vector(int dir_fd, const char *name, size_t number)
{
	_cleanup_(vector_deinit) struct vector vector = {
		.dir_fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.name = name,
		.third_party = vector_is_third_party(name),
	};

	if (!vector.third_party || is_profile(name))
		run(&vector);
	if (vector.third_party && is_refused(name))
		vector.reason = vector.reason ? NULL : "it must be refused";
	printf("%s %zu - %s\n", vector.reason ? "not ok" : "ok", number, name);
	if (vector.reason)
		printf("# %s: %s\n# bytes: %s\n# words: %s\n", vector.label ? vector.label : "",
		       vector.reason, vector.bytes.data ? vector.bytes.data : "",
		       vector.messages.data ? vector.messages.data : "");
	return !vector.reason;
}

static bool differs(const char *name)
{
	(void)name;
	return false;
}

int main(int argc, char *argv[])
{
	struct vector_totals totals = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	vectors_run_directory(argv[1], false, run_vector, differs, &totals);
	vectors_run_third_party("yaml-json", run_vector, differs, &totals);
	return vectors_finish(&totals);
}
