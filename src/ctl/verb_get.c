/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "control_dir.h"
#include "node_name.h"
#include "resource_list.h"
#include "verb.h"

static bool is_profile_type(const char *type)
{
	/* sp and sps are ambiguous for Talos, which has static pods too; here they are not. */
	static const char *const names[] = {
		"seccompprofiles",
		"seccompprofile",
		"seccompprofiles.cri",
		"seccompprofiles.cri.talos",
		"seccompprofiles.cri.talos.dev",
		"sp",
		"sps",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i], type) == 0)
			return true;
	}
	return false;
}

/* The words of talosctl, so that what looks for them finds them. */
static int not_found(const struct resource_list *list, const char *node, const char *name)
{
	struct suggestion suggestion;

	suggestion_begin(&suggestion, name);
	for (size_t i = 0; i < list->n_rows; i++)
		suggestion_consider(&suggestion, list->rows[i].id);
	fprintf(stderr,
	        "error getting resource on node %s: rpc error: code = NotFound desc = resource " RESOURCE_TYPE
	        "(" RESOURCE_NAMESPACE "/%s@undefined) doesn't exist\n",
	        node, name);
	if (suggestion.best)
		fprintf(stderr, "did you mean %s?\n", suggestion.best);
	return EXIT_FAILURE;
}

static int print_table(const struct resource_row *rows, size_t n_rows)
{
	_cleanup_(buffer_deinit) struct buffer table = BUFFER_INIT;

	resource_write_table(rows, n_rows, &table);
	if (buffer_error(&table))
		return out_of_memory();
	fwrite(table.data, 1, table.n_data, stdout);
	return finish_output();
}

/* After what was found, which is nothing. */
static int tell_missing(const struct resource_list *list, const char *name, const char *control_dir)
{
	_cleanup_(freep) char *node = node_name_read(control_dir);

	return node ? not_found(list, node, name) : out_of_memory();
}

static int print_one(const struct resource_list *list, const char *name, const char *control_dir)
{
	int r;

	for (size_t i = 0; i < list->n_rows; i++) {
		if (strcmp(list->rows[i].id, name) == 0)
			return print_table(&list->rows[i], 1);
	}
	r = print_table(NULL, 0);
	return r ? r : tell_missing(list, name, control_dir);
}

static int get_table(const char *control_dir, const char *name)
{
	_cleanup_(resource_list_deinit) struct resource_list list = RESOURCE_LIST_INIT;
	int r = resource_list_read(&list, control_dir);

	if (r)
		return r;
	return name ? print_one(&list, name, control_dir) : print_table(list.rows, list.n_rows);
}

static int get_whole(const char *control_dir, enum output_format format, const char *name)
{
	_cleanup_(resource_list_deinit) struct resource_list list = RESOURCE_LIST_INIT;
	bool found;
	int r = resource_list_print(control_dir, format, name, &found);

	if (r || found)
		return r;
	r = resource_list_read(&list, control_dir);
	return r ? r : tell_missing(&list, name, control_dir);
}

static int run_get(const struct arguments *arguments)
{
	const char *name = arguments->n_operands > 1 ? arguments->operands[1] : NULL;
	_cleanup_(freep) char *control_dir = NULL;
	int r;

	if (!is_profile_type(arguments->operands[0]))
		return usage_error("resource \"%s\" is not registered: known is seccompprofiles",
		                   arguments->operands[0]);
	r = control_dir_find(arguments, &control_dir);
	if (r)
		return r;
	return arguments->output == OUTPUT_TEXT ? get_table(control_dir, name)
	                                        : get_whole(control_dir, arguments->output, name);
}

const struct verb verb_get = {
	.name = "get",
	.operands = "seccompprofiles [NAME]",
	.summary = "list the profiles and their versions",
	.help = "Prints the table of the profiles, as talosctl does, or with -o yaml or json the\n"
		"resources whole: times, values, and what machine.seccompDeny has changed.\n"
		"Other names of the type:\n"
		"seccompprofile, sp, sps, and seccompprofiles.cri.talos.dev and its short forms.\n",
	.min_operands = 1,
	.max_operands = 2,
	.run = run_get,
};
