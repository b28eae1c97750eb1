/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A config and a patch, with a NUL between them; without one a fixed config. What a patch makes of
 * a config must be a config again, from the text alone, and a refusal must say why.
 */

#include <stdint.h>
#include <string.h>

#include "model/patch.h"
#include "profile_modes.h"

#define NAME "machine.yaml"

static const char fixed[] = "# comment\n"
			    "machine:\n"
			    "  type: worker\n"
			    "  seccompProfiles:\n"
			    "    - name: audit.json # kept\n"
			    "      value: &v\n"
			    "        defaultAction: SCMP_ACT_LOG\n"
			    "    - {name: deny.json, value: {<<: *v, x: [1, {y: 0x2}]}}\n"
			    "  kubelet: {extraConfig: {n: 1, s: s, l: [1]}}\n"
			    "cluster: {}\n"
			    "---\n"
			    "apiVersion: v1alpha1\n"
			    "kind: HostnameConfig\n"
			    "hostname: a\n";

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_same(const struct machine_config *left, const struct machine_config *right)
{
	require(left && right && left->n_profiles == right->n_profiles);
	for (size_t i = 0; i < left->n_profiles; i++) {
		const struct config_profile *a = &left->profiles[i];
		const struct config_profile *b = &right->profiles[i];

		require(strcmp(a->name, b->name) == 0 && a->index == b->index);
		require(a->n_bytes == b->n_bytes && !memcmp(a->digest, b->digest, DIGEST_SIZE));
		require(!a->bytes || !b->bytes || strcmp(a->bytes, b->bytes) == 0);
		require(a->span.offset == b->span.offset && a->span.n == b->span.n);
	}
}

static void require_same_diag(const struct diag *left, const struct diag *right)
{
	require(left->n_errors == right->n_errors && left->n_warnings == right->n_warnings);
	require(left->n_entries == right->n_entries);
	for (size_t i = 0; i < left->n_entries; i++) {
		_cleanup_(buffer_deinit) struct buffer a = BUFFER_INIT, b = BUFFER_INIT;

		diag_entry_format(&left->entries[i], &a);
		diag_entry_format(&right->entries[i], &b);
		require(left->entries[i].severity == right->entries[i].severity);
		require(a.n_data == b.n_data && !memcmp(a.data, b.data, a.n_data));
	}
}

/* With and without the trees of the entries: the profiles and what is said of them are the same. */
static struct machine_config *parse_in(const struct profile_options *options, const void *bytes,
                                       size_t n_bytes)
{
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT, same = DIAG_INIT;
	_cleanup_(freep) char *text = calloc(1, n_bytes + 1);
	_cleanup_(machine_config_freep) struct machine_config *profiles = NULL;
	struct machine_config *config = NULL;
	int r = machine_config_parse(NAME, bytes, n_bytes, options, &config, &diag);

	require(text);
	memcpy(text, bytes, n_bytes);
	require(r == machine_config_parse_profiles(NAME, text, n_bytes, false, options, NULL,
	                                           &profiles, &same));
	require_same_diag(&diag, &same);
	if (r)
		return NULL;
	require_same(config, profiles);
	return config;
}

static struct machine_config *parse(const void *bytes, size_t n_bytes)
{
	machine_config_free(parse_in(&options_strict, bytes, n_bytes));
	return parse_in(&options_off, bytes, n_bytes);
}

/* The text alone gives the same profiles. */
static void check_result(const struct machine_config *config)
{
	const struct source *source = config->stream->source;
	_cleanup_(machine_config_freep) struct machine_config *read = parse(source->text,
	                                                                    source->n_text);

	require_same(read, config);
}

/* hopeless: no more bytes would mend the patch, so it must be refused as it is. */
static void apply(const struct machine_config *config, const void *patch, size_t n_patch,
                  const struct profile_options *options, bool hopeless)
{
	_cleanup_(machine_config_freep) struct machine_config *result = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = patch_apply_bytes(config, patch, n_patch, options, &result, &diag);

	require(r == 0 || r == PATCH_E_INVALID || r == PATCH_E_UNCHANGED);
	require((r == 0) == (result != NULL));
	require((r == PATCH_E_INVALID) == (diag.n_errors > 0));
	require(r == PATCH_E_INVALID || !hopeless);
	if (result)
		check_result(result);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
	const uint8_t *patch = nul ? nul + 1 : data;
	size_t n_patch = size - (size_t)(patch - data);
	_cleanup_(machine_config_freep) struct machine_config *config =
		nul ? parse(data, (size_t)(nul - data)) : parse(fixed, sizeof(fixed) - 1);
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *read = NULL;
	bool hopeless = patch_is_hopeless(patch, n_patch, &read, &diag);

	require(config || nul);
	require(hopeless == (diag.n_errors > 0));
	require(!read || !hopeless);
	if (config) {
		apply(config, patch, n_patch, &options_off, hopeless);
		apply(config, patch, n_patch, &options_strict, hopeless);
	}
	return 0;
}
