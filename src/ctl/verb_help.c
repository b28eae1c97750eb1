/* SPDX-License-Identifier: Apache-2.0 */

#include "verb.h"

static int run_help(const struct arguments *arguments)
{
	const struct verb *verb = NULL;

	if (arguments->n_operands) {
		verb = verb_find(arguments->operands[0]);
		if (!verb)
			return usage_error("unknown verb %s", arguments->operands[0]);
	}
	verb_print_help(verb);
	return finish_output();
}

const struct verb verb_help = {
	.name = "help",
	.operands = "[VERB]",
	.summary = "print this help, or that of a verb",
	.help = "Prints the help of a verb, or without one that of the program.\n",
	.max_operands = 1,
	.run = run_help,
};
