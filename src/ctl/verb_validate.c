/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "document/canonical_json.h"
#include "document/yaml_reader.h"
#include "input.h"
#include "model/machine_config.h"
#include "node_facts.h"
#include "profile/lint.h"
#include "verb.h"

#define EXIT_WARNINGS 3

struct validation {
	const struct arguments *arguments;
	const struct profile_options *options;
	const char *name; /* of the file, for places */
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
	int r;

	if (!arena)
		return -ENOMEM;
	if (!options->facts)
		return 0;
	r = profile_check_value(NULL, value, options, path, NULL);
	if (r == 0)
		r = profile_build(arena, node_resolve(value), options, NULL, path, &work, NULL,
		                  NULL);
	if (r || !work.source)
		return r < 0 ? r : 0;
	return lint_profile(work.source, work.compiled, path, &lint, &validation->diag);
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
	const struct place file = { .source = validation->name };
	const struct node *value;
	int r;

	if (stream->n_documents != 1) {
		diag_error(&validation->diag, &file, NULL,
		           "found %zu documents, allowed is one profile or a machine config",
		           stream->n_documents);
		return 0;
	}
	value = stream->documents[0].root;
	r = profile_render(NULL, value, validation->options, NULL, NULL, &bytes, &validation->diag);
	return r ? r : lint(validation, value, NULL);
}

static void write_string(const char *key, const char *text, struct buffer *out)
{
	if (!text)
		return;
	buffer_printf(out, ",\"%s\":", key);
	canonical_json_string(text, strlen(text), out);
}

static void write_number(const char *key, uint32_t number, struct buffer *out)
{
	if (number)
		buffer_printf(out, ",\"%s\":%" PRIu32, key, number);
}

static int print_json(const struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;

	for (size_t i = 0; i < diag->n_entries; i++) {
		const struct diag_entry *entry = &diag->entries[i];

		buffer_printf(&text, "%s{\"level\":\"%s\"", i ? ",\n " : "[",
		              entry->severity == DIAG_ERROR ? "error" : "warning");
		write_string("rule", entry->rule, &text);
		write_string("file", entry->source, &text);
		write_number("line", entry->line, &text);
		write_number("column", entry->column, &text);
		write_string("path", entry->path, &text);
		write_string("message", entry->message, &text);
		write_string("remedy", entry->remedy, &text);
		buffer_append_char(&text, '}');
	}
	buffer_append_string(&text, diag->n_entries ? "]\n" : "[]\n");
	if (buffer_error(&text))
		return out_of_memory();
	fwrite(text.data, 1, text.n_data, stdout);
	return finish_output();
}

static int report(const struct validation *validation)
{
	const struct diag *diag = &validation->diag;
	size_t n_more = diag->n_errors + diag->n_warnings - diag->n_entries;
	int r;

	if (validation->arguments->output == OUTPUT_JSON) {
		r = print_json(diag);
	} else {
		diag_print(diag, stdout, "");
		r = finish_output();
	}
	if (n_more > 0)
		fprintf(stderr, "seccompctl: %zu more findings are not shown\n", n_more);
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

static int run_validate(const struct arguments *arguments)
{
	const char *name = arguments->operands[0];
	bool is_stdin = strcmp(name, "-") == 0;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	struct validation validation = {
		.arguments = arguments,
		.name = is_stdin ? "stdin" : name,
	};
	struct profile_options options;
	struct facts facts;
	int r;

	if (arguments->output == OUTPUT_YAML)
		return usage_error("--output: validate has text and json");
	r = node_facts_choose(arguments, &facts, &options);
	if (r)
		return r;
	r = input_read(is_stdin ? NULL : name, &text);
	if (r)
		return r;
	buffer_append_string(&text, "");
	validation.options = &options;
	r = validate(&validation, &text);
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
