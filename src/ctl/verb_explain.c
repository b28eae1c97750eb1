/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "control_dir.h"
#include "document/canonical_json.h"
#include "explanation.h"
#include "input.h"
#include "json_output.h"
#include "model/machine_config.h"
#include "node_facts.h"
#include "verb.h"

/* The machine config of an instance, read as the instance reads it. */
static int read_config(const char *control_dir, const struct profile_options *options,
                       struct machine_config **configp)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = input_read_below(control_dir, "machineconfig", &text);

	if (r)
		return r;
	r = machine_config_parse("machineconfig", text.data ? text.data : "", text.n_data, options,
	                         configp, &diag);
	if (r < 0)
		return out_of_memory();
	if (r > 0)
		diag_print(&diag, stderr, "seccompctl: ");
	return r > 0 ? EXIT_FAILURE : 0;
}

/* Of the path of a file the last part is a name. */
static int no_such_profile(const struct machine_config *config, const char *name)
{
	const char *slash = strrchr(name, '/');
	struct suggestion suggestion;

	suggestion_begin(&suggestion, slash ? slash + 1 : name);
	for (size_t i = 0; i < config->n_profiles; i++)
		suggestion_consider(&suggestion, config->profiles[i].name);
	if (suggestion.best)
		return failure("no profile %s: did you mean %s?", name, suggestion.best);
	return failure("no profile %s", name);
}

/* Entry number index of the one list of profiles that the config has. */
static const struct node *find_value(const struct machine_config *config, size_t index,
                                     const char *name)
{
	for (size_t i = 0; i < config->stream->n_documents; i++) {
		const struct node *machine = node_find(config->stream->documents[i].root,
		                                       "machine");
		const struct node *list = node_resolve(node_find(machine, "seccompProfiles"));
		const struct node *entry;

		if (!list || list->kind != NODE_SEQUENCE || list->n <= index)
			continue;
		entry = node_resolve(list->items[index]);
		if (node_is_text(node_resolve(node_find(entry, "name")), name))
			return node_find(entry, "value");
	}
	return NULL;
}

static int compute(struct explanation *explanation, const struct machine_config *config,
                   const struct path *path)
{
	int r = profile_build(explanation->notes.arena, node_resolve(explanation->value),
	                      explanation->options, config->deny, path, &explanation->work,
	                      &explanation->notes, NULL);

	if (r == 0)
		r = canonical_json_write(node_resolve(explanation->value), path,
		                         &explanation->source, NULL);
	if (r == 0 && explanation->work.keeps_bytes)
		buffer_append(&explanation->result, explanation->source.data,
		              explanation->source.n_data);
	else if (r == 0)
		r = ruleset_write(explanation->work.served, &explanation->result);
	return r ? r : buffer_error(&explanation->result);
}

static int print(const struct explanation *explanation, enum output_format format)
{
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	int r = format == OUTPUT_TEXT ? explanation_write_text(explanation, &text)
	                              : explanation_write_json(explanation, &text);

	if (r < 0)
		return out_of_memory();
	if (r > 0)
		return failure("%s cannot be shown in this form", explanation->name);
	return json_output_print(&text, format, explanation->name);
}

/* What is served; a profile that cannot be read is told of, not fatal. */
static bool read_served(const char *control_dir, const char *name, struct buffer *out)
{
	_cleanup_(freep) char *directory = NULL;

	return profiles_dir_find(control_dir, &directory) == 0 &&
	       input_read_below(directory, name, out) == 0;
}

static int explain(const struct arguments *arguments, const struct profile_options *options,
                   const struct machine_config *config, const struct config_profile *profile,
                   const char *control_dir)
{
	_cleanup_(explanation_deinit) struct explanation explanation = EXPLANATION_INIT;
	_cleanup_(buffer_deinit) struct buffer served = BUFFER_INIT;
	_cleanup_(arena_freep) struct arena *arena = arena_new(0);
	int r;

	explanation.name = profile->name;
	explanation.options = options;
	explanation.notes.arena = arena;
	explanation.value = find_value(config, profile->index, profile->name);
	if (!explanation.value)
		return failure("cannot find the value of %s in the machine config", profile->name);
	r = arena ? compute(&explanation, config, NULL) : -1;
	if (r < 0)
		return out_of_memory();
	if (r > 0)
		return failure("%s cannot be computed here", profile->name);
	if (read_served(control_dir, profile->name, &served))
		explanation.served = &served;
	return print(&explanation, arguments->output);
}

static int run_explain(const struct arguments *arguments)
{
	_cleanup_(machine_config_freep) struct machine_config *config = NULL;
	_cleanup_(freep) char *control_dir = NULL;
	const char *name = arguments->operands[0];
	struct profile_options options;
	struct facts facts;
	int r;

	r = control_dir_find(arguments, &control_dir);
	if (r)
		return r;
	r = node_facts_read(control_dir, &facts, &options);
	if (r)
		return r;
	r = read_config(control_dir, &options, &config);
	if (!config)
		return r;
	for (size_t i = 0; i < config->n_profiles; i++) {
		if (strcmp(config->profiles[i].name, name) == 0)
			return explain(arguments, &options, config, &config->profiles[i],
			               control_dir);
	}
	return no_such_profile(config, name);
}

const struct verb verb_explain = {
	.name = "explain",
	.operands = "NAME",
	.summary = "tell why a profile is served as it is",
	.help = "Prints the value of a profile as the machine config has it, what became of each\n"
		"condition and each key that runtimes do not know, for the node of the instance,\n"
		"and what is served. Says so when this program computes other bytes than are\n"
		"served. Only root may read the machine config.\n",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_explain,
};
