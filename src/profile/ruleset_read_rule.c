/* SPDX-License-Identifier: Apache-2.0 */

#include "document/scalar.h"
#include "ruleset_reader.h"

static bool read_integer(struct ruleset_reader *reader, const struct node *node,
                         const struct path *path, const char *key, uint64_t max, uint64_t *valuep)
{
	struct path way = { .up = path, .key = key };

	if (node->kind == NODE_SCALAR && scalar_get_uint64(node, valuep) && *valuep <= max)
		return true;
	check_integer(&reader->check, node, &way, max);
	return false;
}

static void read_comparison(struct ruleset_reader *reader, const struct node *node,
                            const struct path *path, enum comparison *comparisonp)
{
	struct path way = { .up = path, .key = "op" };
	const char *name = ruleset_reader_word(reader, node, &way);

	if (name && !comparison_parse(name, comparisonp))
		ruleset_reader_unknown(reader, LINT_UNKNOWN_OPERATOR, node, &way, "operator", name,
		                       NULL, NULL);
}

static void read_argument(struct ruleset_reader *reader, const struct node *node,
                          const struct path *path, struct rule_argument *argument)
{
	static const char *const keys[] = { "index", "value", "valueTwo", "op" };
	const struct node *index = ruleset_reader_find(node, "index");
	const struct node *value = ruleset_reader_find(node, "value");
	const struct node *value_two = ruleset_reader_find(node, "valueTwo");
	const struct node *comparison = ruleset_reader_find(node, "op");
	uint64_t number = 0;

	if (!index || !value || !comparison) {
		check_found(&reader->check, node, path, "a mapping with index, value and op");
		return;
	}
	ruleset_reader_refuse_cases(reader, node, path, keys, ARRAY_SIZE(keys));
	argument->node = node;
	if (read_integer(reader, index, path, "index", RULE_N_ARGUMENTS - 1, &number))
		argument->index = (uint32_t)number;
	read_integer(reader, value, path, "value", UINT64_MAX, &argument->value);
	if (value_two)
		argument->has_value_two = read_integer(reader, value_two, path, "valueTwo",
		                                       UINT64_MAX, &argument->value_two);
	read_comparison(reader, comparison, path, &argument->comparison);
}

static void read_arguments(struct ruleset_reader *reader, const struct node *node,
                           const struct path *up, struct rule *rule)
{
	struct path path = { .up = up, .key = "args" };

	if (!node || !ruleset_reader_is_list(reader, node, &path,
	                                     "a list of mappings with index, value and op"))
		return;
	rule->arguments = ruleset_reader_alloc(reader, node->n, sizeof(*rule->arguments));
	if (!rule->arguments)
		return;
	for (size_t i = 0; i < node->n; i++) {
		struct path way = { .up = &path, .index = i };

		read_argument(reader, node_resolve(node->items[i]), &way, &rule->arguments[i]);
	}
	rule->n_arguments = node->n;
}

/* Moby's old `name` is a list of one. */
static void read_names(struct ruleset_reader *reader, const struct node *node,
                       const struct path *path, struct rule *rule)
{
	const struct node *names = ruleset_reader_find(node, "names");
	const struct node *name = ruleset_reader_find(node, "name");
	struct path names_way = { .up = path, .key = "names" };
	struct path name_way = { .up = path, .key = "name" };

	if (!names && !name) {
		check_error(&reader->check, LINT_MISSING_KEY, node, path,
		            "required key names is missing");
	} else if (names && name) {
		check_error(&reader->check, LINT_EXCLUSIVE_KEYS, name, &name_way,
		            "found with names: allowed is one of the two");
	} else if (names) {
		if (ruleset_reader_words(reader, names, &names_way, &rule->names) &&
		    rule->names.n_words == 0)
			check_error(&reader->check, LINT_EMPTY_NAMES, names, &names_way,
			            "found an empty list, allowed is a list of one or more names "
			            "of system calls");
	} else {
		rule->names.words = ruleset_reader_alloc(reader, 1, sizeof(*rule->names.words));
		if (!rule->names.words)
			return;
		rule->names.words[0].text = ruleset_reader_word(reader, name, &name_way);
		rule->names.words[0].node = name;
		rule->names.n_words = 1;
	}
}

void ruleset_read_rule(struct ruleset_reader *reader, const struct node *node,
                       const struct path *path, size_t index, struct rule *rule)
{
	static const char *const keys[] = { "names", "action",   "errnoRet", "args",
		                            "name",  "includes", "excludes", "errno" };

	if (node->kind != NODE_MAPPING) {
		check_found(&reader->check, node, path, "a mapping with names and action");
		return;
	}
	ruleset_reader_refuse_cases(reader, node, path, keys, ARRAY_SIZE(keys));
	rule->node = node;
	rule->index = index;
	read_names(reader, node, path, rule);
	ruleset_reader_action(reader, node, ruleset_reader_find(node, "action"), path, "action",
	                      &rule->action);
	ruleset_reader_errno(reader, ruleset_reader_find(node, "errnoRet"),
	                     ruleset_reader_find(node, "errno"), path, "errnoRet", &rule->has_errno,
	                     &rule->errno_ret);
	read_arguments(reader, ruleset_reader_find(node, "args"), path, rule);
	ruleset_read_condition(reader, ruleset_reader_find(node, "includes"), path, "includes",
	                       &rule->includes);
	ruleset_read_condition(reader, ruleset_reader_find(node, "excludes"), path, "excludes",
	                       &rule->excludes);
}
