/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a source says against what a kernel does with what is served for it: the source, evaluated by
 * evaluate.h, and the filter that libseccomp builds from the bytes of the file, run by bpf.h. For the
 * sources of tests/data/compile, for those of $SECCOMPFS_VECTORS/yaml-json, and for many made at
 * random.
 */

#include "differential.h"
#include "evaluate.h"
#include "random_source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "document/yaml_reader.h"
#include "profile/bases.h"
#include "profile/profile.h"

#define RANDOM_SOURCES 2500
#define RULES_MAX      10 /* of one */
#define FILE_MAX       (1UL << 20)

#define SYS_ADMIN (UINT64_C(1) << 21)

/* Of the first each number is compared in any case; some of the others let other rules stay. */
static const struct facts nodes[] = {
	{ "SCMP_ARCH_X86_64", "amd64", 6, 1, CAPABILITIES_DEFAULT, &base_table_builtin },
	{ "SCMP_ARCH_X86_64", "amd64", 4, 7, CAPABILITIES_DEFAULT | SYS_ADMIN,
	  &base_table_builtin },
	{ "SCMP_ARCH_X86_64", "amd64", 6, 2, 0, &base_table_builtin },
	{ "SCMP_ARCH_X86_64", "amd64", 6, 18, UINT64_MAX, &base_table_builtin },
	{ "SCMP_ARCH_AARCH64", "arm64", 6, 1, CAPABILITIES_DEFAULT, &base_table_builtin },
};

struct result {
	struct arena *arena;   /* owned */
	struct stream *stream; /* owned: of the bytes */
	struct ruleset *ruleset;
};

static void result_deinit(struct result *result)
{
	stream_free(result->stream);
	arena_free(result->arena);
}

/* Reads what is served as a runtime does. */
static void read_bytes(const struct buffer *bytes, struct result *result)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r;

	result->arena = arena_new(0);
	assert_non_null(result->arena);
	assert_int_equal(yaml_read_bytes("file", bytes->data, bytes->n_data, &result->stream, NULL,
	                                 &diag),
	                 0);
	r = ruleset_read(result->arena, result->stream->documents[0].root, NULL, &result->ruleset,
	                 &diag);
	if (r != 0)
		diag_print(&diag, stderr, "# ");
	assert_int_equal(r, 0);
	assert_true(result->ruleset->is_plain);
}

/* Refusals of libseccomp are of the source, not of what is made of it. */
static bool is_known_refusal(const struct diag *diag)
{
	const struct diag_entry *entry = diag_first_error(diag);

	return entry && (strstr(entry->message, "and they cannot be combined") ||
	                 strstr(entry->message, "it may never end"));
}

/* False: libseccomp builds none. */
static bool compare(struct differential *differential, const struct node *value,
                    const struct facts *facts, const struct buffer *bytes)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(result_deinit) struct result result = { 0 };
	_cleanup_(filter_deinit) struct filter filter = { 0 };
	const struct ruleset *source;
	int r;

	assert_non_null(arena);
	read_bytes(bytes, &result);
	r = filter_build(result.ruleset, NULL, &filter, &diag);
	if (r == FILTER_E_REFUSED && is_known_refusal(&diag))
		return false;
	if (r != 0)
		diag_print(&diag, stderr, "# ");
	assert_int_equal(r, 0);
	assert_true(bpf_is_valid(&filter));
	source = evaluate(arena, value, facts);
	differential_compare(differential, source, &filter);
	return true;
}

/* False when the value is refused, or libseccomp builds no filter of it. */
static bool compare_on(struct differential *differential, const struct node *value,
                       const struct facts *facts, struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	const struct profile_options options = { VALIDATE_STRICT, COMPILE_ON, facts };
	int r = profile_render(NULL, value, &options, NULL, NULL, &bytes, diag);

	assert_true(r == 0 || r == PROFILE_E_INVALID);
	return r == 0 && compare(differential, value, facts, &bytes);
}

static void test_random_sources(void **state)
{
	struct differential differential;
	size_t n_refused = 0;

	differential_init(&differential);
	for (size_t i = 0; i < RANDOM_SOURCES; i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		_cleanup_(stream_freep) struct stream *stream = NULL;

		random_write(&differential, RULES_MAX, &text);
		differential.source = text.data;
		assert_int_equal(yaml_read_bytes("random", text.data, text.n_data, &stream, NULL,
		                                 &diag),
		                 0);
		if (!compare_on(&differential, stream->documents[0].root,
		                &nodes[i % ARRAY_SIZE(nodes)], &diag))
			n_refused++;
		if (diag.n_errors > 0)
			diag_print(&diag, stderr, "# ");
		assert_int_equal(diag.n_errors, 0);
	}
	differential_print(&differential, "random sources");
	print_message("# refused by libseccomp: %zu\n", n_refused);
	assert_true(differential.counts.n_filters >= 2000);
	differential_deinit(&differential);
}

static bool has_base(const struct node *value)
{
	const struct node *extension = node_resolve(node_find(value, "x-seccompfs"));

	return extension && node_find(extension, "base");
}

/* What is no profile of the specification is not for runtimes; what bases add is no source's. */
static size_t compare_file(struct differential *differential, int directory_fd, const char *name)
{
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT, text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	size_t n = 0;

	buffer_printf(&path, "%s/input.yaml", name);
	if (file_read(directory_fd, path.data, FILE_MAX, &text, NULL) != 0 ||
	    yaml_read_bytes(name, text.data, text.n_data, &stream, NULL, NULL) != 0 ||
	    stream->n_documents != 1 || has_base(stream->documents[0].root))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		n += compare_on(differential, stream->documents[0].root, &nodes[i], &diag);
	return n;
}

/* The number of profiles. */
static size_t compare_directory(struct differential *differential, const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	size_t n = 0;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] != '.')
			n += compare_file(differential, dirfd(directory), entry->d_name) > 0;
	}
	closedir(directory);
	return n;
}

static void compare_below(const char *variable, const char *folder, size_t n_least)
{
	_cleanup_(buffer_deinit) struct buffer path = BUFFER_INIT;
	struct differential differential;
	size_t n;

	buffer_printf(&path, "%s/%s", getenv(variable), folder);
	differential_init(&differential);
	n = compare_directory(&differential, path.data);
	differential_print(&differential, folder);
	print_message("# of %zu profiles\n", n);
	assert_true(n >= n_least);
	differential_deinit(&differential);
}

static void test_own_sources(void **state)
{
	compare_below("SECCOMPFS_TEST_DATA", "compile", 15);
}

static void test_real_sources(void **state)
{
	if (getenv("SECCOMPFS_VECTORS"))
		compare_below("SECCOMPFS_VECTORS", "yaml-json", 15);
	else
		print_message("# SECCOMPFS_VECTORS is not set: no profiles of others\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_sources),
		cmocka_unit_test(test_real_sources),
		cmocka_unit_test(test_random_sources),
	};

	filter_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
