/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>

#include "deny_check.h"
#include "deny_list.h"
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

/* Conditions are on indices of their own, so there is room. */
static void read_box(const struct node *entry, struct argument_box *box)
{
	const struct node *node = node_resolve(node_find(entry, "args"));
	struct rule_argument arguments[RULE_N_ARGUMENTS];
	size_t n = check_is_given(node) ? node->n : 0;

	for (size_t i = 0; i < n; i++)
		read_argument(node_resolve(node->items[i]), &arguments[i]);
	argument_box_of(arguments, n, box);
}

static const struct node *get_names(const struct node *entry)
{
	return node_resolve(node_find(entry, "names"));
}

static bool read_entry(const struct node *entry, struct deny_list *list)
{
	const struct node *names = get_names(entry);
	struct denial denial = {
		.errno_ret = (uint32_t)get_number(entry, "errnoRet", RULE_ERRNO_DEFAULT),
		.reason = node_resolve(node_find(entry, "reason"))->text,
	};

	read_box(entry, &denial.box);
	for (size_t i = 0; i < names->n; i++) {
		denial.name = node_resolve(names->items[i])->text;
		if (!deny_list_add(list, &denial))
			return false;
	}
	return true;
}

static size_t count_names(const struct node *value)
{
	size_t n = 0;

	for (size_t i = 0; i < value->n; i++)
		n += get_names(node_resolve(value->items[i]))->n;
	return n;
}

static int read_list(const struct node *value, const struct path *path, struct check *check,
                     struct deny_list **listp)
{
	_cleanup_(deny_list_unrefp) struct deny_list *list = NULL;
	size_t n = count_names(value);

	if (n > DENIALS_MAX) {
		check_error(check, LINT_INVALID_VALUE, value, path,
		            "denies %zu calls, allowed are %d", n, DENIALS_MAX);
		return DENY_E_INVALID;
	}
	list = deny_list_new(n);
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < value->n; i++) {
		if (!read_entry(node_resolve(value->items[i]), list))
			return -ENOMEM;
	}
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
