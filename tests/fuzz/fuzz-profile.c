/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Compiling. Whatever the value: no crash, an error has a reason, what comes out is plain and canonical,
 * compiling it again changes nothing, and every call is decided as the rules of the source decide it
 * whose conditions hold, by an evaluator of its own.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "document/canonical_json.h"
#include "document/yaml_reader.h"
#include "profile/bases.h"
#include "profile/plain.h"
#include "profile/profile.h"

#define SIZE_MAX_CHECKED 16384 /* bytes of a value whose calls are compared */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static const struct facts facts = {
	.architecture = "SCMP_ARCH_X86_64",
	.go_architecture = "amd64",
	.kernel_major = 5,
	.kernel_minor = 10,
	.capabilities = CAPABILITIES_DEFAULT,
	.bases = &base_table_builtin,
};

static bool has(const struct rule_words *words, const char *word)
{
	for (size_t i = 0; i < words->n_words; i++) {
		if (strcmp(words->words[i].text, word) == 0)
			return true;
	}
	return false;
}

static size_t count_held(const struct rule_words *words, uint64_t capabilities)
{
	unsigned int number;
	size_t n = 0;

	for (size_t i = 0; i < words->n_words; i++)
		n += capability_parse(words->words[i].text, &number) &&
		     (capabilities & UINT64_C(1) << number);
	return n;
}

static bool is_reached(const char *kernel)
{
	return strtod(kernel, NULL) < 5 || strcmp(kernel, "5") == 0 ||
	       (strncmp(kernel, "5.", 2) == 0 && atoi(kernel + 2) <= 10);
}

static bool is_in_force(const struct rule *rule, uint64_t capabilities)
{
	const struct rule_condition *in = &rule->includes, *out = &rule->excludes;

	if (has(&out->architectures, "amd64") || count_held(&out->capabilities, capabilities) ||
	    (out->kernel && is_reached(out->kernel)))
		return false;
	return (in->architectures.n_words == 0 || has(&in->architectures, "amd64")) &&
	       count_held(&in->capabilities, capabilities) == in->capabilities.n_words &&
	       (!in->kernel || is_reached(in->kernel));
}

static struct ruleset *keep_in_force(struct arena *arena, const struct ruleset *source)
{
	struct ruleset *kept = ruleset_copy(arena, source);
	uint64_t capabilities = source->has_capabilities ? source->capabilities
	                                                 : facts.capabilities;
	size_t n = 0;

	require(kept != NULL, "there is memory");
	for (size_t i = 0; i < kept->n_rules; i++) {
		if (is_in_force(&kept->rules[i], capabilities))
			kept->rules[n++] = kept->rules[i];
	}
	kept->n_rules = n;
	return kept;
}

static void compare_call(const struct ruleset *a, const struct ruleset *b, const char *name)
{
	static const uint64_t calls[][RULE_N_ARGUMENTS] = {
		{ 0 },
		{ 1, 1, 1, 1, 1, 1 },
		{ 2, 3, 5, 8, 13, 21 },
		{ UINT64_MAX, UINT64_MAX, UINT32_MAX, INT64_MAX, 0x7e020000, 38 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct decision left = ruleset_decide(a, name, calls[i]);
		struct decision right = ruleset_decide(b, name, calls[i]);

		require(left.action == right.action && left.errno_ret == right.errno_ret,
		        "a call is decided as the source does");
	}
}

static void compare_calls(const struct profile_work *work)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct ruleset *kept = keep_in_force(arena, work->source);

	/* A base allows more than the source does. */
	if (work->source->base)
		return;
	for (size_t i = 0; i < work->source->n_rules; i++) {
		const struct rule_words *names = &work->source->rules[i].names;

		for (size_t j = 0; j < names->n_words; j++)
			compare_call(kept, work->served, names->words[j].text);
	}
	compare_call(kept, work->served, "no such call");
}

/* What came out, read and compiled again. */
static void check_again(const struct buffer *bytes, const struct profile_options *options)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	_cleanup_(buffer_deinit) struct buffer again = BUFFER_INIT, compiled = BUFFER_INIT;
	struct profile_work work;

	/* A raw character of a name may not be allowed in YAML. */
	if (yaml_read_bytes("output", bytes->data, bytes->n_data, &stream, NULL, NULL))
		return;
	require(profile_is_plain(stream->documents[0].root), "what comes out is plain");
	require(canonical_json_write(stream->documents[0].root, NULL, &again, NULL) == 0,
	        "what comes out can be written");
	/* In YAML a raw U+0085 is a line break. */
	if (memmem(bytes->data, bytes->n_data, "\xc2\x85", 2))
		return;
	require(again.n_data == bytes->n_data && !memcmp(again.data, bytes->data, bytes->n_data),
	        "what comes out is canonical");
	require(profile_build(arena, stream->documents[0].root, options, NULL, NULL, &work, NULL,
	                      NULL) == 0 &&
	                ruleset_write(work.served, &compiled) == 0,
	        "what comes out can be compiled");
	require(compiled.n_data == bytes->n_data &&
	                !memcmp(compiled.data, bytes->data, bytes->n_data),
	        "compiling what comes out changes nothing");
}

static void render(const struct node *value, enum validate_mode validate, enum compile_mode mode,
                   size_t size)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct profile_options options = { validate, mode, &facts };
	struct compile_notes notes = { .arena = arena };
	struct profile_work work;
	int r = profile_render(NULL, value, &options, NULL, NULL, &bytes, &diag);

	require(r == 0 || r == PROFILE_E_INVALID, "rendering answers");
	require((r != 0) == (diag.n_errors > 0), "an error has a reason");
	if (r || profile_is_plain(node_resolve(value)) || mode == COMPILE_OFF ||
	    size > SIZE_MAX_CHECKED)
		return;
	require(mode == COMPILE_ON, "what is not plain is refused");
	r = profile_build(arena, node_resolve(value), &options, NULL, NULL, &work, &notes, NULL);
	require(r == 0, "what can be rendered can be built");
	compare_calls(&work);
	check_again(&bytes, &options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;

	if (yaml_read_bytes("input", data, size, &stream, NULL, NULL))
		return 0;
	for (size_t i = 0; i < stream->n_documents; i++) {
		const struct node *value = stream->documents[i].root;

		render(value, VALIDATE_STRICT, COMPILE_ON, size);
		render(value, VALIDATE_OFF, COMPILE_ON, size);
		render(value, VALIDATE_STRICT, COMPILE_REJECT, size);
		render(value, VALIDATE_OFF, COMPILE_OFF, size);
	}
	return 0;
}
