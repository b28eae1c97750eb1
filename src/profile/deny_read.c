/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>

#include "deny_check.h"
#include "deny_list.h"
#include "deny_width.h"
#include "document/scalar.h"

/* Of values that have passed deny_check(): what is there is right. */

static uint64_t get_number(const struct node *mapping, const char *key, uint64_t otherwise)
{
	const struct node *node = node_resolve(node_find(mapping, key));
	uint64_t value;

	return check_is_given(node) && scalar_get_uint64(node, &value) ? value : otherwise;
}

static void read_argument(const struct node *node, struct rule_argument *argument)
{
	*argument = (struct rule_argument){
		.index = (uint32_t)get_number(node, "index", 0),
		.value = get_number(node, "value", 0),
		.value_two = get_number(node, "valueTwo", 0),
	};
	comparison_parse(node_resolve(node_find(node, "op"))->text, &argument->comparison);
}

size_t deny_read_arguments(const struct node *node, struct rule_argument *arguments)
{
	size_t n = check_is_given(node) ? node->n : 0;

	for (size_t i = 0; i < n; i++)
		read_argument(node_resolve(node->items[i]), &arguments[i]);
	return n;
}

static const struct node *get_names(const struct node *entry)
{
	return node_resolve(node_find(entry, "names"));
}

/* With out, adds what one name of an entry denies; returns how many parts it has. */
static size_t read_name(const struct node *entry, const char *name, struct deny_list *out,
                        bool *no_memoryp)
{
	struct rule_argument arguments[RULE_N_ARGUMENTS];
	size_t n = deny_read_arguments(node_resolve(node_find(entry, "args")), arguments);
	struct denial denial = {
		.name = name,
		.errno_ret = (uint32_t)get_number(entry, "errnoRet", RULE_ERRNO_DEFAULT),
		.reason = node_resolve(node_find(entry, "reason"))->text,
	};
	struct deny_parts parts;

	deny_parts_of(name, arguments, n, &parts);
	for (size_t i = 0; i < parts.n_boxes && out; i++) {
		denial.box = parts.boxes[i];
		denial.is_more = i > 0;
		if (!deny_list_add(out, &denial))
			*no_memoryp = true;
	}
	return parts.n_boxes;
}

static size_t read_entries(const struct node *value, struct deny_list *out, bool *no_memoryp)
{
	size_t n = 0;

	for (size_t i = 0; i < value->n; i++) {
		const struct node *entry = node_resolve(value->items[i]);
		const struct node *names = get_names(entry);

		for (size_t j = 0; j < names->n; j++)
			n += read_name(entry, node_resolve(names->items[j])->text, out, no_memoryp);
	}
	return n;
}

static int read_list(const struct node *value, const struct path *path, struct check *check,
                     struct deny_list **listp)
{
	_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;
	bool no_memory = false;
	size_t n = read_entries(value, NULL, NULL);

	if (n > DENIALS_MAX) {
		check_error(check, LINT_INVALID_VALUE, value, path,
		            "denies %zu calls, or parts of them, allowed are %d", n, DENIALS_MAX);
		return DENY_E_INVALID;
	}
	list = deny_list_new(n);
	if (!list)
		return -ENOMEM;
	read_entries(value, list, &no_memory);
	if (no_memory)
		return -ENOMEM;
	*listp = steal_ptr(list);
	return 0;
}

int deny_check_entry(const struct node *entry, const struct path *path, struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);

	deny_check_one(&check, node_resolve(entry), path);
	return check_result(&check, DENY_E_INVALID);
}

int deny_list_read(const struct node *value, const struct path *path, struct deny_list **listp,
                   struct diag *diag)
{
	_cleanup_(check_deinit) struct check check = CHECK_INIT(diag);
	const struct node *resolved = node_resolve(value);
	int r;

	*listp = NULL;
	if (!check_is_given(resolved))
		return 0;
	deny_check(&check, resolved, path);
	r = check_result(&check, DENY_E_INVALID);
	if (r || resolved->n == 0)
		return r;
	return read_list(resolved, path, &check, listp);
}
