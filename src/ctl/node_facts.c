/* SPDX-License-Identifier: Apache-2.0 */

#include "node_facts.h"

#include "document/yaml_reader.h"
#include "input.h"
#include "profile/bases.h"
#include "profile/facts_text.h"
#include "verb.h"

int node_facts_choose(const struct arguments *arguments, struct facts *facts,
                      struct profile_options *options)
{
	const struct node_argument *node = &arguments->node;
	int r = facts_measure(facts);

	if (r)
		*facts = (struct facts){ .capabilities = CAPABILITIES_DEFAULT,
			                 .bases = &base_table_builtin };
	*options = arguments->profile;
	options->facts = facts;
	if (r && (!node->architecture || !node->has_kernel)) {
		options->facts = NULL;
		if (options->compile == COMPILE_OFF)
			return 0;
		return failure("cannot tell what this machine is: say --arch and --kernel");
	}
	if (node->architecture)
		facts_set_architecture(facts, node->architecture);
	if (node->has_kernel) {
		facts->kernel_major = node->kernel_major;
		facts->kernel_minor = node->kernel_minor;
	}
	if (node->has_capabilities)
		facts->capabilities = node->capabilities;
	return 0;
}

int node_facts_read(const char *control_dir, struct facts *facts, struct profile_options *options)
{
	_cleanup_(stream_freep) struct stream *stream = NULL;
	_cleanup_(buffer_deinit) struct buffer text = BUFFER_INIT;
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	int r = input_read_below(control_dir, "facts", &text);

	if (r)
		return r;
	r = yaml_read_bytes("facts", text.data ? text.data : "", text.n_data, &stream, NULL, &diag);
	if (r == 0 && stream->n_documents != 1)
		return failure("cannot understand %s/facts", control_dir);
	if (r == 0)
		r = facts_text_read(stream->documents[0].root, facts, options, &diag);
	diag_print(&diag, stderr, "seccompctl: ");
	if (r < 0)
		return out_of_memory();
	return r > 0 ? EXIT_FAILURE : 0;
}
