/* SPDX-License-Identifier: Apache-2.0 */

#include "lint_judge.h"

#include <string.h>

#include "document/yaml_reader.h"
#include "model/machine_config.h"
#include "profile/filter.h"
#include "profile/lint.h"
#include "profile/profile.h"

static bool judge_profile(const struct node *value, const struct profile_options *options,
                          const struct lint_options *lint, struct diag *diag)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	struct profile_work work = { 0 };
	int r = profile_check_value(NULL, value, options, NULL, diag);

	if (!arena || r)
		return r > 0;
	r = profile_build(arena, value, options, NULL, NULL, &work, NULL, diag);
	if (r)
		return r >= 0;
	if (!work.source)
		return lint_unread(value, NULL, diag) == 0;
	return lint_profile(work.source, work.compiled, NULL, lint, diag) == 0;
}

static bool judge_config(const char *name, const struct buffer *text,
                         const struct profile_options *options, struct diag *diag)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;

	return machine_config_parse(name, text->data, text->n_data, options, &config, diag) >= 0;
}

bool lint_judge(const char *name, const struct buffer *text, const struct base_table *bases,
                struct diag *diag)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	const struct facts facts = {
		.architecture = "SCMP_ARCH_X86_64",
		.go_architecture = "amd64",
		.kernel_major = 6,
		.kernel_minor = 1,
		.capabilities = CAPABILITIES_DEFAULT,
		.bases = bases,
	};
	const struct profile_options options = {
		.validate = VALIDATE_STRICT,
		.compile = strstr(text->data, "compile=off")      ? COMPILE_OFF
		           : strstr(text->data, "compile=reject") ? COMPILE_REJECT
		                                                  : COMPILE_ON,
		.facts = &facts,
	};
	const struct lint_options lint = {
		.facts = &facts,
		.runtimes = (strstr(text->data, "runtimes=runc") ? LINT_RUNC : 0) |
		            (strstr(text->data, "runtimes=crun") ? LINT_CRUN : 0),
		.with_filter = true,
	};
	const struct node *root;

	if (yaml_read_bytes(name, text->data, text->n_data, &stream, NULL, diag) ||
	    stream->n_documents != 1)
		return false;
	root = stream->documents[0].root;
	return node_find(root, "machine") ? judge_config(name, text, &options, diag)
	                                  : judge_profile(root, &options, &lint, diag);
}

void lint_judge_format(const struct diag *diag, const char *rule, struct buffer *out)
{
	for (size_t i = 0; i < diag->n_entries; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		if (rule && (!entry->rule || strcmp(entry->rule, rule) != 0))
			continue;
		buffer_append_string(out, entry->severity == DIAG_ERROR ? "error: " : "warning: ");
		diag_entry_format_rule(entry, out);
		buffer_printf(out, "\n    %s\n", entry->remedy ? entry->remedy : "");
	}
}
