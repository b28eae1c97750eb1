/* SPDX-License-Identifier: Apache-2.0 */

#include "json_apply.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "document/scalar.h"

#include "draft.h"
#include "json_value.h"

/* Bytes that the operations of one patch may take beside the patch itself: reading and changing a
 * long list by turns would take any amount. */
#define WORK_MAX (16UL << 20)
/* Nodes in all that a patch copies: copies of copies would double it each time. */
#define COPIED_MAX 250000

struct patching {
	struct arena *arena;
	const struct source *source; /* of the config */
	struct slot root;
	const struct json_operation *operation; /* the one being applied */
	size_t n_copies_left;                   /* nodes */
	struct diag *diag;
};

/* Reports why the operation cannot be applied. */
static int fail(struct patching *patching, const char *format, ...) _printf_(2, 3);

static int fail(struct patching *patching, const char *format, ...)
{
	_cleanup_(buffer_deinit) struct buffer message = BUFFER_INIT;
	const struct json_operation *operation = patching->operation;
	struct path path = { .index = operation->index };
	va_list args;

	va_start(args, format);
	buffer_vprintf(&message, format, args);
	va_end(args);
	node_error(patching->diag, operation->node, &path, "%s \"%s\": %s", operation->name,
	           operation->path.text, message.data ? message.data : "no memory");
	return JSON_APPLY_E_FAILED;
}

/* An index of an item that exists. */
static int find_item(struct patching *patching, size_t n_items, const struct json_token *token,
                     size_t *indexp)
{
	if (!json_token_get_index(token, indexp))
		return fail(patching, "\"%s\" is no index of a list", token->text);
	if (*indexp >= n_items)
		return fail(patching, "there is no item %s in a list of %zu", token->text, n_items);
	return 0;
}

/* A key of a JSON object is a string, whatever it looks like. */
static const struct node *new_key(struct arena *arena, const struct json_token *token)
{
	struct node *key = node_new_scalar(arena, token->text, token->n_text, NODE_STYLE_PLAIN);

	if (key && !scalar_is_string(key))
		key->style = NODE_STYLE_DOUBLE_QUOTED;
	return key;
}

/* The slot number of an entry, DRAFT_NONE when there is none. */
static int find_entry(struct patching *patching, struct draft *draft,
                      const struct json_token *token, size_t *atp)
{
	const struct node *key;

	*atp = draft_find(draft, token->text, token->n_text);
	if (*atp != DRAFT_NONE || !draft_find_inherited(draft, token->text))
		return 0;
	key = new_key(patching->arena, token);
	return key ? draft_find_own(draft, key, atp) : -ENOMEM;
}

/* The slot number of the child of an open slot that token leads to. */
static int find_child(struct patching *patching, struct draft *draft,
                      const struct json_token *token, size_t *atp)
{
	int r;

	if (!draft->is_mapping)
		return find_item(patching, draft->n, token, atp);
	r = find_entry(patching, draft, token, atp);
	if (r == 0 && *atp == DRAFT_NONE)
		return fail(patching, "there is no \"%s\"", token->text);
	return r;
}

static int open_collection(struct patching *patching, struct slot *slot,
                           const struct json_token *below)
{
	int r = slot_open(slot);

	if (r == -EINVAL)
		return fail(patching, "there can be no \"%s\" below %s", below->text,
		            node_describe(slot->value));
	return r;
}

/* Opens the collection that holds what pointer, not the empty one, leads to. */
static int open_parent(struct patching *patching, const struct json_pointer *pointer,
                       struct draft **parentp)
{
	struct slot *slot = &patching->root;

	for (size_t i = 0; i < pointer->n_tokens; i++) {
		size_t at;
		int r = open_collection(patching, slot, &pointer->tokens[i]);

		if (r)
			return r;
		*parentp = slot->draft;
		if (i + 1 == pointer->n_tokens)
			break;
		r = find_child(patching, slot->draft, &pointer->tokens[i], &at);
		if (r)
			return r;
		slot = &slot->draft->slots[at];
	}
	return 0;
}

/* The way on from token number begin, where nothing has been opened yet. */
static int read_closed(struct patching *patching, const struct node *node,
                       const struct json_pointer *pointer, size_t begin, const struct node **nodep)
{
	for (size_t i = begin; i < pointer->n_tokens; i++) {
		const struct json_token *token = &pointer->tokens[i];
		size_t at;
		int r;

		node = node_resolve(node);
		if (node->kind == NODE_SEQUENCE) {
			r = find_item(patching, node->n, token, &at);
			if (r)
				return r;
			node = node->items[at];
			continue;
		}
		if (node->kind != NODE_MAPPING)
			return fail(patching, "there can be no \"%s\" below %s", token->text,
			            node_describe(node));
		node = node_find(node, token->text);
		if (!node)
			return fail(patching, "there is no \"%s\"", token->text);
	}
	*nodep = node;
	return 0;
}

/* What pointer leads to, as a node. */
static int read_value(struct patching *patching, const struct json_pointer *pointer,
                      const struct node **nodep)
{
	struct slot *slot = &patching->root;
	size_t i = 0;
	size_t at;
	int r;

	for (; slot->draft && i < pointer->n_tokens; i++) {
		r = find_child(patching, slot->draft, &pointer->tokens[i], &at);
		if (r)
			return r;
		slot = &slot->draft->slots[at];
	}
	r = slot_close(slot, patching->arena, patching->source);
	if (r < 0)
		return r;
	return read_closed(patching, slot->value, pointer, i, nodep);
}

/* Puts value into slot; an equal one keeps its text. */
static int put(struct patching *patching, struct slot *slot, const struct node *value)
{
	bool equal;
	int r;

	r = slot_close(slot, patching->arena, patching->source);
	if (r < 0)
		return r;
	r = node_equal(slot->value, value, &equal);
	if (r == 0 && !equal)
		slot_put(slot, value);
	return r;
}

static int add_item(struct patching *patching, struct draft *list, const struct json_token *token,
                    const struct node *value)
{
	size_t at = list->n;

	if (!json_token_is_end(token) && !json_token_get_index(token, &at))
		return fail(patching, "\"%s\" is no index of a list", token->text);
	if (at > list->n)
		return fail(patching, "there is no place %s in a list of %zu", token->text,
		            list->n);
	return draft_insert(list, at, NULL, value);
}

static int add(struct patching *patching, const struct json_pointer *path, const struct node *value)
{
	const struct json_token *last;
	const struct node *key;
	struct draft *parent;
	size_t at;
	int r;

	if (path->n_tokens == 0)
		return put(patching, &patching->root, value);
	last = &path->tokens[path->n_tokens - 1];
	r = open_parent(patching, path, &parent);
	if (r)
		return r;
	if (!parent->is_mapping)
		return add_item(patching, parent, last, value);
	r = find_entry(patching, parent, last, &at);
	if (r < 0)
		return r;
	if (at != DRAFT_NONE)
		return put(patching, &parent->slots[at], value);
	key = new_key(patching->arena, last);
	return key ? draft_insert(parent, parent->n, key, value) : -ENOMEM;
}

static int replace(struct patching *patching, const struct json_pointer *path,
                   const struct node *value)
{
	struct draft *parent;
	size_t at;
	int r;

	if (path->n_tokens == 0)
		return put(patching, &patching->root, value);
	r = open_parent(patching, path, &parent);
	if (r == 0)
		r = find_child(patching, parent, &path->tokens[path->n_tokens - 1], &at);
	return r ? r : put(patching, &parent->slots[at], value);
}

static int remove_value(struct patching *patching, const struct json_pointer *path)
{
	const struct json_token *last;
	struct draft *parent;
	size_t at;
	int r;

	if (path->n_tokens == 0)
		return fail(patching, "the whole document cannot be removed");
	last = &path->tokens[path->n_tokens - 1];
	r = open_parent(patching, path, &parent);
	if (r)
		return r;
	if (parent->is_mapping && draft_find_inherited(parent, last->text)) {
		r = draft_flatten(parent, patching->arena);
		if (r < 0)
			return r;
	}
	r = find_child(patching, parent, last, &at);
	if (r)
		return r;
	if (parent->is_mapping)
		draft_drop(parent, at);
	else
		draft_remove_item(parent, at);
	return 0;
}

static int move(struct patching *patching, const struct json_operation *operation)
{
	const struct node *value;
	int r;

	if (json_pointer_is_proper_prefix(&operation->from, &operation->path))
		return fail(patching, "what is at \"%s\" cannot be moved into itself",
		            operation->from.text);
	r = read_value(patching, &operation->from, &value);
	if (r || json_pointer_equal(&operation->from, &operation->path))
		return r;
	r = remove_value(patching, &operation->from);
	return r ? r : add(patching, &operation->path, value);
}

/* Counts down *n_leftp, the nodes that there may be; copies count as often as they stand in the
 * tree. False: too many, or too deep. */
static bool check_size(const struct node *node, size_t depth, size_t *n_leftp)
{
	node = node_resolve(node);
	if (depth == 0 || *n_leftp == 0)
		return false;
	(*n_leftp)--;
	for (size_t i = 0; node->kind == NODE_SEQUENCE && i < node->n; i++) {
		if (!check_size(node->items[i], depth - 1, n_leftp))
			return false;
	}
	for (size_t i = 0; node->kind == NODE_MAPPING && i < node->n; i++) {
		if (!check_size(node->entries[i].value, depth - 1, n_leftp))
			return false;
	}
	return true;
}

static int copy(struct patching *patching, const struct json_operation *operation)
{
	const struct node *value;
	int r = read_value(patching, &operation->from, &value);

	if (r)
		return r;
	if (!check_size(value, NODE_DEPTH_MAX, &patching->n_copies_left))
		return fail(patching,
		            "the copies of this patch have more than %d values, or are too deep",
		            COPIED_MAX);
	return add(patching, &operation->path, value);
}

static int test(struct patching *patching, const struct json_operation *operation)
{
	const struct node *value;
	bool equal;
	int r;

	r = read_value(patching, &operation->path, &value);
	if (r)
		return r;
	r = json_value_equal(patching->arena, value, operation->value, &equal);
	if (r < 0)
		return r;
	return equal ? 0 : fail(patching, "the value is not the one that is tested for");
}

static int apply(struct patching *patching, const struct json_operation *operation)
{
	patching->operation = operation;
	switch (operation->kind) {
	case JSON_ADD:
		return add(patching, &operation->path, operation->value);
	case JSON_REMOVE:
		return remove_value(patching, &operation->path);
	case JSON_REPLACE:
		return replace(patching, &operation->path, operation->value);
	case JSON_MOVE:
		return move(patching, operation);
	case JSON_COPY:
		return copy(patching, operation);
	case JSON_TEST:
		return test(patching, operation);
	}
	return -EINVAL;
}

static int apply_all(struct patching *patching, const struct json_operation *operations, size_t n)
{
	size_t n_left = NODE_EXPANDED_MAX;
	size_t begin = arena_used(patching->arena);
	int r;

	for (size_t i = 0; i < n; i++) {
		r = apply(patching, &operations[i]);
		if (r)
			return r;
		if (arena_used(patching->arena) - begin > WORK_MAX)
			return fail(patching, "the patch takes too much memory: split it");
	}
	r = slot_close(&patching->root, patching->arena, patching->source);
	if (r < 0)
		return r;
	if (!check_size(patching->root.value, NODE_DEPTH_MAX, &n_left))
		return fail(patching, "the result is too large or too deep");
	return 0;
}

int json_apply(const struct json_operation *operations, size_t n_operations, struct arena *arena,
               const struct source *source, const struct node **rootp, struct diag *diag)
{
	struct patching patching = {
		.arena = arena,
		.source = source,
		.root = { .value = *rootp },
		.n_copies_left = COPIED_MAX,
		.diag = diag,
	};
	int r = apply_all(&patching, operations, n_operations);

	if (r == 0)
		*rootp = patching.root.value;
	slot_deinit(&patching.root);
	return r;
}
