/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A config and a patch, with a NUL between them; without one a fixed config. What a patch makes of
 * a config must be a config again, from the text alone, and a refusal must say why.
 */

#include <stdint.h>
#include <string.h>

#include "model/patch.h"

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

static struct machine_config *parse(const void *bytes, size_t n_bytes)
{
	struct machine_config *config = NULL;

	if (machine_config_parse(NAME, bytes, n_bytes, VALIDATE_OFF, &config, NULL))
		return NULL;
	return config;
}

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* The text alone gives the same profiles. */
static void check_result(const struct machine_config *config)
{
	const struct source *source = config->stream->source;
	_cleanup_(machine_config_freep) struct machine_config *read = parse(source->text,
	                                                                    source->n_text);

	require(read && read->n_profiles == config->n_profiles);
	for (size_t i = 0; i < read->n_profiles; i++) {
		const struct config_profile *a = &read->profiles[i];
		const struct config_profile *b = &config->profiles[i];

		require(strcmp(a->name, b->name) == 0);
		require(a->n_bytes == b->n_bytes && memcmp(a->bytes, b->bytes, a->n_bytes) == 0);
	}
}

/* hopeless: no more bytes would mend the patch, so it must be refused as it is. */
static void apply(const struct machine_config *config, const void *patch, size_t n_patch,
                  enum validate_mode mode, bool hopeless)
{
	_cleanup_(machine_config_freep) struct machine_config *result = NULL;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = patch_apply(config, patch, n_patch, mode, &result, &diag);

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
	bool hopeless = patch_is_hopeless(patch, n_patch, &diag);

	require(config || nul);
	require(hopeless == (diag.n_errors > 0));
	if (config) {
		apply(config, patch, n_patch, VALIDATE_OFF, hopeless);
		apply(config, patch, n_patch, VALIDATE_STRICT, hopeless);
	}
	return 0;
}
