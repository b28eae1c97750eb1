/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>

#include "base/suggest.h"
#include "config.h"
#include "verb.h"

static int unknown_verb(const char *name)
{
	static const struct verb *const known[] = { &verb_explain, &verb_get,    &verb_patch,
		                                    &verb_read,    &verb_render, &verb_validate };
	struct suggestion suggestion;

	suggestion_begin(&suggestion, name);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		suggestion_consider(&suggestion, known[i]->name);
	if (suggestion.best)
		return usage_error("unknown verb %s: did you mean %s?", name, suggestion.best);
	return usage_error("unknown verb %s", name);
}

static int run(const struct arguments *arguments)
{
	const struct verb *verb = arguments->verb ? verb_find(arguments->verb) : NULL;

	if (arguments->verb && !verb)
		return unknown_verb(arguments->verb);
	if (arguments->help) {
		verb_print_help(verb);
		return finish_output();
	}
	if (arguments->version) {
		puts("seccompctl " SECCOMPFS_VERSION);
		return finish_output();
	}
	if (!verb)
		return usage_error("a verb is missing");
	if (arguments->n_operands < verb->min_operands)
		return usage_error("something is missing: seccompctl %s %s", verb->name,
		                   verb->operands);
	if (arguments->n_operands > verb->max_operands)
		return usage_error("too much: seccompctl %s %s", verb->name, verb->operands);
	return verb->run(arguments);
}

int main(int argc, char **argv)
{
	_cleanup_(arguments_deinit) struct arguments arguments = ARGUMENTS_INIT;
	int r;

	r = arguments_parse(&arguments, argc, argv);
	return r ? r : run(&arguments);
}
