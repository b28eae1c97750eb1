/* SPDX-License-Identifier: Apache-2.0 */

/* Whether a profile fits where others carry profiles. */

#include <errno.h>
#include <string.h>

#include "lint_internal.h"

/* Of a profile as an OCI artifact: KEP-6061 of Kubernetes, a proposal. */
#define ARTIFACT_ENTRIES_MAX 128
#define ARTIFACT_SIZE_MAX    ((size_t)1 << 20)

#define ENTRY_SIZE_LEAST 40 /* `{"action":"SCMP_ACT_LOG","names":["x"]},` */

/* A lower bound of the bytes, without writing them. */
static size_t estimate_size(const struct ruleset *ruleset)
{
	size_t n = 0;

	for (size_t i = 0; i < ruleset->n_rules; i++) {
		const struct rule *rule = &ruleset->rules[i];

		n += ENTRY_SIZE_LEAST + ENTRY_SIZE_LEAST * rule->n_arguments;
		for (size_t j = 0; j < rule->names.n_words; j++)
			n += strlen(rule->names.words[j].text) + 3;
	}
	return n;
}

static size_t measure_size(struct lint *lint)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	size_t n = estimate_size(lint->compiled);

	if (n < ARTIFACT_SIZE_MAX / 4)
		return n;
	if (ruleset_write(lint->compiled, &bytes) < 0)
		lint->fault = -ENOMEM;
	return bytes.n_data;
}

void lint_size(struct lint *lint)
{
	size_t n_entries = lint->compiled->n_rules, n = measure_size(lint);
	struct lint_place place;

	lint_place_value(lint, "syscalls", &place);
	if (n_entries > ARTIFACT_ENTRIES_MAX)
		lint_add(lint, LINT_MANY_ENTRIES, DIAG_WARNING, &place, NULL,
		         "%zu rules: as an OCI artifact (KEP-6061) a profile has at most %d",
		         n_entries, ARTIFACT_ENTRIES_MAX);
	lint_place_value(lint, NULL, &place);
	if (n > ARTIFACT_SIZE_MAX)
		lint_add(lint, LINT_LARGE_PROFILE, DIAG_WARNING, &place, NULL,
		         "%zu bytes: as an OCI artifact (KEP-6061) a profile has at most %zu", n,
		         ARTIFACT_SIZE_MAX);
}
