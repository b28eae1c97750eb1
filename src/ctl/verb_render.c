/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>

#include "document/yaml_reader.h"
#include "input.h"
#include "node_facts.h"
#include "verb.h"

static int render(const struct stream *stream, const struct profile_options *options,
                  struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	const struct node *value = input_find_root(stream, "one profile", diag);
	int r;

	if (!value)
		return PROFILE_E_INVALID;
	r = profile_render(NULL, value, options, NULL, NULL, &bytes, diag);
	if (r)
		return r;
	fwrite(bytes.data, 1, bytes.n_data, stdout);
	return 0;
}

static int run_render(const struct arguments *arguments)
{
	const char *name, *file = input_find_file(arguments->operands[0], &name);
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	struct profile_options options;
	struct facts facts;
	int r;

	r = node_facts_choose(arguments, &facts, &options);
	if (r)
		return r;
	r = input_read(file, &text);
	if (r)
		return r;
	r = yaml_read_bytes(name, text.data, text.n_data, &stream, NULL, &diag);
	if (r == 0)
		r = render(stream, &options, &diag);
	diag_print(&diag, stderr, "");
	if (r < 0)
		return out_of_memory();
	return r > 0 ? EXIT_FAILURE : finish_output();
}

const struct verb verb_render = {
	.name = "render",
	.operands = "FILE|-",
	.summary = "print what would be served for a value",
	.help = "Reads a profile as it stands under `value:`, in YAML or JSON, and prints the\n"
		"exact bytes that would be served for it, without a line break at the end: on\n"
		"this machine, or one that options tell of. What is wrong with it is said on\n"
		"standard error, with file, line, column and path.\n",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_render,
};
