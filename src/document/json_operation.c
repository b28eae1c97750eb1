/* SPDX-License-Identifier: Apache-2.0 */

#include "json_operation.h"

#include <errno.h>
#include <stdbool.h>

#include "base/suggest.h"
#include "document/scalar.h"

static const struct {
	const char *name;
	enum json_operation_kind kind;
	bool has_from;
	bool has_value;
} kinds[] = {
	{ "add", JSON_ADD, false, true },         { "remove", JSON_REMOVE, false, false },
	{ "replace", JSON_REPLACE, false, true }, { "move", JSON_MOVE, true, false },
	{ "copy", JSON_COPY, true, false },       { "test", JSON_TEST, false, true },
};

#define KINDS "add, remove, replace, move, copy and test"

/* The member of an operation that must be a string; reported and NULL otherwise. */
static const struct node *read_string(const struct node *node, const struct path *path,
                                      const char *name, struct diag *diag)
{
	const struct node *value = node_resolve(node_find(node, name));
	struct path member = { .up = path, .key = name };

	if (!value)
		node_error(diag, node, path, "the operation has no %s", name);
	else if (!scalar_is_string(value))
		node_error(diag, value, &member, "%s must be a string, found %s", name,
		           node_describe(value));
	else
		return value;
	return NULL;
}

static void refuse_kind(const struct node *name, const struct path *path, struct diag *diag)
{
	struct path member = { .up = path, .key = "op" };
	struct suggestion suggestion;

	suggestion_begin(&suggestion, name->text);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		suggestion_consider(&suggestion, kinds[i].name);
	if (suggestion.best)
		node_error(diag, name, &member, "unknown op \"%s\": did you mean \"%s\"?",
		           name->text, suggestion.best);
	else
		node_error(diag, name, &member, "unknown op \"%s\": there are " KINDS, name->text);
}

/* The number of the kind in the table, or ARRAY_SIZE(kinds). */
static size_t read_kind(const struct node *node, const struct path *path, struct diag *diag)
{
	const struct node *name = read_string(node, path, "op", diag);

	if (!name)
		return ARRAY_SIZE(kinds);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (node_is_text(name, kinds[i].name))
			return i;
	}
	refuse_kind(name, path, diag);
	return ARRAY_SIZE(kinds);
}

static int read_pointer(struct arena *arena, const struct node *node, const struct path *path,
                        const char *name, struct json_pointer *pointer, struct diag *diag)
{
	const struct node *text = read_string(node, path, name, diag);
	struct path member = { .up = path, .key = name };
	const char *reason;
	int r;

	if (!text)
		return JSON_OPERATION_E_INVALID;
	r = json_pointer_parse(arena, text->text, text->n, pointer, &reason);
	if (r <= 0)
		return r;
	node_error(diag, text, &member, "\"%s\" is no JSON pointer: %s", text->text, reason);
	return JSON_OPERATION_E_INVALID;
}

int json_operation_read(struct arena *arena, const struct node *node, size_t index,
                        struct json_operation *operation, struct diag *diag)
{
	struct path path = { .index = index };
	int worst = 0;
	size_t kind;
	int r;

	*operation = (struct json_operation){ .node = node, .index = index };
	node = node_resolve(node);
	if (node->kind != NODE_MAPPING) {
		node_error(diag, node, &path, "an operation must be a mapping, found %s",
		           node_describe(node));
		return JSON_OPERATION_E_INVALID;
	}
	r = read_pointer(arena, node, &path, "path", &operation->path, diag);
	if (r < 0)
		return r;
	worst = r;
	kind = read_kind(node, &path, diag);
	if (kind == ARRAY_SIZE(kinds))
		return JSON_OPERATION_E_INVALID;
	operation->kind = kinds[kind].kind;
	operation->name = kinds[kind].name;
	if (kinds[kind].has_from) {
		r = read_pointer(arena, node, &path, "from", &operation->from, diag);
		if (r < 0)
			return r;
		worst = r ? r : worst;
	}
	if (kinds[kind].has_value) {
		operation->value = node_find(node, "value");
		if (!operation->value) {
			node_error(diag, node, &path, "%s needs a value (null must be written out)",
			           operation->name);
			worst = JSON_OPERATION_E_INVALID;
		}
	}
	return worst;
}
