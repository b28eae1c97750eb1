/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "document/yaml_reader.h"
#include "findings.h"
#include "input.h"
#include "model/machine_config.h"
#include "node_facts.h"
#include "profile/lint_value.h"
#include "verb.h"

#define EXIT_WARNINGS 3

struct validation {
	const struct arguments *arguments;
	const struct profile_options *options;
	const char *name;             /* of the file, for places */
	const struct deny_list *deny; /* borrowed: of the config that is judged; NULL: none */
	struct diag diag;
};

/* A config is told from a profile by keys that no profile has. */
static bool is_config(const struct stream *stream)
{
	static const char *const keys[] = { "machine", "cluster", "apiVersion", "kind", "version" };

	for (size_t i = 0; i < stream->n_documents; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(keys); j++) {
			if (node_find(stream->documents[i].root, keys[j]))
				return true;
		}
	}
	return false;
}

/* The linter judges what can be built: of all else the rules have said what is wrong. */
static int lint(struct validation *validation, const struct node *value, const struct path *path)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	const struct profile_options *options = validation->options;
	const struct lint_options lint = {
		.facts = options->facts,
		.runtimes = validation->arguments->runtimes,
		.with_filter = true,
	};
	struct profile_work work;
	size_t n_before;
	int r;

	if (!arena)
		return -ENOMEM;
	if (!options->facts)
		return 0;
	r = profile_check_value(NULL, value, options, path, NULL);
	if (r == 0)
		r = profile_build(arena, node_resolve(value), options, NULL, path, &work, NULL,
		                  NULL);
	if (r)
		return r < 0 ? r : 0;
	if (!work.source)
		return lint_unread(node_resolve(value), path, &validation->diag);
	n_before = validation->diag.n_errors;
	r = lint_profile(work.source, work.compiled, path, &lint, &validation->diag);
	if (r == 0 && validation->deny && validation->diag.n_errors == n_before)
		r = lint_denied(value, options, validation->deny, NULL, path, &validation->diag);
	return r;
}

static int lint_list(struct validation *validation, const struct node *list,
                     const struct path *path)
{
	if (!list || list->kind != NODE_SEQUENCE)
		return 0;
	for (size_t i = 0; i < list->n; i++) {
		const struct path item = { .up = path, .index = i };
		const struct path way = { .up = &item, .key = "value" };
		const struct node *value = node_find(node_resolve(list->items[i]), "value");
		int r = value ? lint(validation, value, &way) : 0;

		if (r)
			return r;
	}
	return 0;
}

static int validate_config(struct validation *validation, const struct stream *stream,
                           const struct buffer *text)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	const struct path machine_way = { .key = "machine" };
	const struct path way = { .up = &machine_way, .key = "seccompProfiles" };
	int r = machine_config_parse(validation->name, text->data, text->n_data,
	                             validation->options, &config, &validation->diag);

	validation->deny = config ? config->deny : NULL;
	for (size_t i = 0; i < stream->n_documents && r >= 0; i++) {
		const struct node *machine = node_find(stream->documents[i].root, "machine");

		r = lint_list(validation, node_resolve(node_find(machine, "seccompProfiles")),
		              &way);
	}
	return r;
}

static int validate_profile(struct validation *validation, const struct stream *stream)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	const struct node *value = input_find_root(stream, "one profile, or a machine config",
	                                           &validation->diag);
	int r;

	if (!value)
		return 0;
	r = profile_render(NULL, value, validation->options, NULL, NULL, &bytes, &validation->diag);
	return r ? r : lint(validation, value, NULL);
}

static int report(struct validation *validation)
{
	struct diag *diag = &validation->diag;
	int r;

	findings_sort(diag);
	r = findings_print(diag, validation->name, validation->arguments->output);
	if (r)
		return r;
	return diag->n_errors ? EXIT_FAILURE : diag->n_warnings ? EXIT_WARNINGS : 0;
}

static int validate(struct validation *validation, const struct buffer *text)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	int r = yaml_read_bytes(validation->name, text->data, text->n_data, &stream, NULL,
	                        &validation->diag);

	if (r == 0)
		r = is_config(stream) ? validate_config(validation, stream, text)
		                      : validate_profile(validation, stream);
	if (r == -ENOMEM)
		return out_of_memory();
	if (r < 0)
		return failure("cannot judge %s: %s", validation->name, strerror(-r));
	return report(validation);
}

/* For programs it is a finding too: they read a list in any case. */
static int tell_unreadable(struct validation *validation, const char *what, int error)
{
	const struct place file = { .source = validation->name };
	int r = failure("cannot %s %s: %s", what, validation->name, strerror(error));

	if (validation->arguments->output == OUTPUT_TEXT)
		return r;
	diag_error(&validation->diag, &file, NULL, "cannot %s: %s", what, strerror(error));
	return report(validation);
}

static int run_validate(const struct arguments *arguments)
{
	const char *name, *what, *file = input_find_file(arguments->operands[0], &name);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	struct validation validation = {
		.arguments = arguments,
		.name = name,
	};
	struct profile_options options;
	struct facts facts;
	int r;

	r = node_facts_choose(arguments, &facts, &options);
	if (r)
		return r;
	validation.options = &options;
	r = input_try_read(file, &text, &what);
	buffer_append_string(&text, "");
	r = r ? tell_unreadable(&validation, what, -r) : validate(&validation, &text);
	diag_deinit(&validation.diag);
	return r;
}

const struct verb verb_validate = {
	.name = "validate",
	.operands = "FILE|-",
	.summary = "judge a profile or a machine config",
	.help = "Judges a profile as it stands under `value:`, or all of a machine config, in\n"
		"YAML or JSON, for this machine or one that options tell of: by the rules of the\n"
		"OCI runtime specification, and by what runtimes and libseccomp make of it. Each\n"
		"finding has file, line, column, path, reason and the id of its rule.\n"
		"\n"
		"Exit status: 0 nothing found, 1 errors, 2 usage, 3 warnings only.\n",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_validate,
};
