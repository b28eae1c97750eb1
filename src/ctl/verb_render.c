/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "document/yaml_reader.h"
#include "input.h"
#include "verb.h"

static int render(const struct stream *stream, const struct profile_options *options,
                  struct diag *diag)
{
	_cleanup_(buffer_deinit) struct buffer bytes = BUFFER_INIT;
	const struct place file = { .source = stream->source->name };
	int r;

	if (stream->n_documents == 0) {
		diag_error(diag, &file, NULL, "found nothing, allowed is a profile");
		return PROFILE_E_INVALID;
	}
	if (stream->n_documents > 1) {
		const struct place second = node_place(stream->documents[1].root);

		diag_error(diag, &second, NULL, "found a second document, allowed is one");
		return PROFILE_E_INVALID;
	}
	r = profile_render(NULL, stream->documents[0].root, options, NULL, NULL, &bytes, diag);
	if (r)
		return r;
	fwrite(bytes.data, 1, bytes.n_data, stdout);
	return 0;
}

/* What the worker on this machine would do with these options. */
static int render_here(const struct arguments *arguments, const struct stream *stream,
                       struct diag *diag)
{
	struct profile_options options = arguments->profile;
	struct facts facts;
	int r = facts_measure(&facts);

	facts.capabilities = arguments->capabilities;
	if (!r)
		options.facts = &facts;
	else if (options.compile != COMPILE_OFF)
		return r;
	return render(stream, &options, diag);
}

static int run_render(const struct arguments *arguments)
{
	const char *name = arguments->operands[0];
	bool is_stdin = strcmp(name, "-") == 0;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(stream_freep) struct stream *stream = NULL;
	int r;

	r = input_read(is_stdin ? NULL : name, &text);
	if (r)
		return r;
	r = yaml_read_bytes(is_stdin ? "stdin" : name, text.data, text.n_data, &stream, NULL,
	                    &diag);
	if (r == 0)
		r = render_here(arguments, stream, &diag);
	diag_print(&diag, stderr, "");
	if (r == -ENOTSUP) {
		fprintf(stderr, "seccompctl: nothing can be compiled on this machine: "
		                "--compile off prints a value as it stands\n");
		return EXIT_FAILURE;
	}
	if (r < 0)
		return out_of_memory();
	return r > 0 ? EXIT_FAILURE : finish_output();
}

const struct verb verb_render = {
	.name = "render",
	.operands = "FILE|-",
	.summary = "print what would be served for a value",
	.help = "Reads a profile as it stands under `value:`, in YAML or JSON, and prints the\n"
		"exact bytes that would be served for it on this machine, without a line break at\n"
		"the end. What is wrong with it is said on standard error, with file, line,\n"
		"column and path.\n",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_render,
};
