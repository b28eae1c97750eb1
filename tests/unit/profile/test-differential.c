/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a source says against what a kernel does with what is served for it: the source, evaluated by
 * evaluate.h, and the filter that libseccomp builds from the bytes of the file, run by bpf.h. For the
 * sources of tests/data/compile, for those of $SECCOMPFS_VECTORS/yaml-json, and for many made at
 * random.
 */

#include "accumulator.h"
#include "differential.h"
#include "evaluate.h"
#include "random_source.h"

#include "sources.h"

#define RANDOM_SOURCES 2500
#define RULES_MAX      10 /* of one */

#define SYS_ADMIN (UINT64_C(1) << 21)

/* Some of them let other rules stay. The last is another machine's. */
static const struct facts nodes[] = {
	{ NULL, NULL, 6, 1, CAPABILITIES_DEFAULT, &base_table_builtin },
	{ NULL, NULL, 4, 7, CAPABILITIES_DEFAULT | SYS_ADMIN, &base_table_builtin },
	{ NULL, NULL, 6, 2, 0, &base_table_builtin },
	{ NULL, NULL, 6, 18, UINT64_MAX, &base_table_builtin },
	{ "SCMP_ARCH_AARCH64", "arm64", 6, 1, CAPABILITIES_DEFAULT, &base_table_builtin },
};

static struct facts facts_of(size_t i)
{
	struct facts facts = nodes[i];

	if (!facts.architecture) {
		facts.architecture = test_node()->architectures[0].name;
		facts.go_architecture = test_node()->go;
	}
	return facts;
}

/* False: libseccomp builds none. */
static bool compare(struct differential *differential, const struct node *value,
                    const struct facts *facts, const struct buffer *bytes)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(served_deinit) struct served served = { 0 };

	assert_non_null(arena);
	if (!serve(bytes, &served))
		return false;
	differential->counts.n_confused += accumulator_is_confused(&served.filter);
	if (accumulator_is_confused(&served.filter))
		return true;
	differential_compare(differential, evaluate(arena, value, facts), &served.filter);
	return true;
}

/* False when the value is refused, or libseccomp builds no filter of it. */
static bool compare_on(struct differential *differential, const struct node *value, size_t i,
                       struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	const struct facts facts = facts_of(i);
	const struct profile_options options = { VALIDATE_STRICT, COMPILE_ON, &facts };
	int r = profile_render(NULL, value, &options, NULL, NULL, &bytes, diag);

	assert_true(r == 0 || r == PROFILE_E_INVALID);
	return r == 0 && compare(differential, value, &facts, &bytes);
}

static void test_random_sources(void **state)
{
	const size_t n = node_share(RANDOM_SOURCES);
	struct differential differential;
	size_t n_refused = 0;

	differential_init(&differential);
	for (size_t i = 0; i < n; i++) {
		_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
		_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
		_cleanup_(stream_freep) struct stream *stream = NULL;

		random_write(&differential, RULES_MAX, &text);
		differential.source = text.data;
		assert_int_equal(yaml_read_bytes("random", text.data, text.n_data, &stream, NULL,
		                                 &diag),
		                 0);
		if (!compare_on(&differential, stream->documents[0].root, i % ARRAY_SIZE(nodes),
		                &diag))
			n_refused++;
		print_errors(&diag);
		assert_int_equal(diag.n_errors, 0);
	}
	differential_print(&differential, "random sources");
	print_message("# refused by libseccomp: %zu\n", n_refused);
	assert_true(differential.counts.n_filters >= n * 3 / 4);
	differential_deinit(&differential);
}

/* What is no profile of the specification is not for runtimes. */
static size_t compare_on_nodes(struct differential *differential, const struct node *value)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		n += compare_on(differential, value, i, &diag);
	return n;
}

static void test_own_sources(void **state)
{
	visit_below("SECCOMPFS_TEST_DATA", "compile", 15, compare_on_nodes);
}

static void test_real_sources(void **state)
{
	visit_below("SECCOMPFS_VECTORS", "yaml-json", 15, compare_on_nodes);
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
